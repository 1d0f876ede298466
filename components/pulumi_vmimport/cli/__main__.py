"""The command `vmimport`; also `python -m pulumi_vmimport.cli`."""

import errno
import importlib
import sys
from contextlib import suppress
from typing import NoReturn

from pulumi_vmimport.cli.terminal import escaped, let_go, prepare

_EXTRA = frozenset({"click", "rich"})
# As shells have it: 128 and the signal's number.
_INTERRUPTED, _PIPE_CLOSED = 130, 141


def main() -> None:
    """Run the command of the arguments; whatever goes wrong is told in a line."""
    try:
        prepare()
        status: int = importlib.import_module("pulumi_vmimport.cli.running").run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        _end("interrupted", _INTERRUPTED)
    except BrokenPipeError:
        let_go()
        sys.exit(_PIPE_CLOSED)
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in _EXTRA:
            _end(f"{missing} is not installed; run: pip install 'pulumi-vmimport[cli]'")
        _end(_defect(error))
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            let_go()
            _end(f"the output cannot be written: {error.strerror}")
        _end(_defect(error))
    sys.exit(status)


def _defect(error: Exception) -> str:
    return f"{type(error).__name__}: {error}; this is a defect, please report it"


def _end(words: str, status: int = 2) -> NoReturn:
    with suppress(OSError):
        print(f"vmimport: {escaped(words)}", file=sys.stderr)  # noqa: T201 - a command's output
    sys.exit(status)


if __name__ == "__main__":
    main()
