"""Start a stand-in: `python -P standins/__main__.py aws|vsphere VERSION ENGINE_PID`, then the engine's arguments.

It runs by path instead of -m, which would import the sandbox, and with it pulumi_aws and moto, at every command.
"""

import importlib
import importlib.util
import sys
from pathlib import Path


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
    name, version, engine_pid = sys.argv[1:4]
    importlib.import_module(f"standins.{name}_provider").main(version, int(engine_pid))


if __name__ == "__main__":
    main()
