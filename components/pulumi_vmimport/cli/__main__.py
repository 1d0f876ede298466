"""The command `vmimport`; also `python -m pulumi_vmimport.cli`."""

import importlib
import sys
from typing import NoReturn

_EXTRA = frozenset({"click", "rich"})


def main() -> None:
    """Run the command of the arguments; whatever goes wrong is told in a line."""
    try:
        importlib.import_module("pulumi_vmimport.cli.group").vmimport.main(prog_name="vmimport")
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in _EXTRA:
            _end(f"{missing} is not installed; run: pip install 'pulumi-vmimport[cli]'")
        _end(_defect(error))
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        _end(_defect(error))


def _defect(error: Exception) -> str:
    return f"{type(error).__name__}: {error}; this is a defect, please report it"


def _end(words: str) -> NoReturn:
    print(f"vmimport: {words}", file=sys.stderr)  # noqa: T201 - a command's output
    sys.exit(2)


if __name__ == "__main__":
    main()
