"""The command `vmimport`; also `python -m pulumi_vmimport.cli`."""

import errno
import importlib
import sys
from contextlib import suppress
from typing import NoReturn

from pulumi_vmimport.cli.terminal import discard_output, escape_unencodable_output, escaped

_EXTRA = frozenset({"click", "jinja2", "rich"})
# The exit statuses of shells: 128 plus the number of the signal.
_INTERRUPTED, _PIPE_CLOSED = 130, 141


def main() -> None:
    """Run the command that the arguments name. Every error is one line on stderr."""
    try:
        escape_unencodable_output()
        status: int = importlib.import_module("pulumi_vmimport.cli.invocation").invoke()
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        _end("interrupted", _INTERRUPTED)
    except BrokenPipeError:
        discard_output()
        sys.exit(_PIPE_CLOSED)
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in _EXTRA:
            _end(f"{missing} is not installed; run: pip install {' '.join(sorted(_EXTRA))}")
        _end(_defect(error))
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            discard_output()
            _end(f"cannot write the output: {error.strerror}")
        _end(_defect(error))
    sys.exit(status)


def _defect(error: Exception) -> str:
    return f"{type(error).__name__}: {error}; this is a bug in pulumi-vmimport, please report it"


def _end(message: str, status: int = 2) -> NoReturn:
    with suppress(OSError):
        print(f"vmimport: {escaped(message)}", file=sys.stderr)  # noqa: T201 - a command's output
    sys.exit(status)


if __name__ == "__main__":
    main()
