"""Start a stand-in: `python -P standins/__main__.py aws|vsphere VERSION ENGINE_PID`, then the engine's arguments.

It runs by path instead of -m, which would import the sandbox, and with it pulumi_aws and moto, at every command. For
the same reason it does not import pulumi, of which it needs only the protocol's messages.
"""

import gc
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def main() -> None:
    """Import this folder as a separate package and serve the provider of the command line."""
    folder = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(
        "standins", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is not a Python package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["standins"] = package
    spec.loader.exec_module(package)
    without_initialization("pulumi", "pulumi.runtime", "pulumi.runtime.proto")
    name, version, engine_pid = sys.argv[1:4]
    gc.disable()  # the collector would search the imported modules again and again; `serve` enables it
    importlib.import_module("standins.provider").serve(
        name, version, int(engine_pid), lambda: importlib.import_module(f"standins.{name}_provider").TABLES
    )


def without_initialization(*packages: str) -> None:
    """Make the modules of these packages importable without the code of the packages' `__init__`.

    Pulumi's imports the whole SDK, which takes two thirds of the time that a stand-in needs to start.
    """
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ImportError(f"{name} is not installed", name=name)
        package = ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[name] = package


if __name__ == "__main__":
    main()
