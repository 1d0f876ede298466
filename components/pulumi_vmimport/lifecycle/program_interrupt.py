"""Ends a Pulumi program without a traceback when the engine interrupts it.

The engine sends SIGINT to the program when the check of a resource fails, or when the user presses Ctrl-C. Python then
prints up to 50 lines about KeyboardInterrupt, which Pulumi shows beside the error. Everything else stays as it is:
KeyboardInterrupt is raised, `finally` blocks run, and the exit status is that of an interrupted program.
"""

import os
import sys
from types import FrameType, TracebackType
from typing import Any

# The script that the Python language host runs; the program runs inside it.
_LAUNCHER = "pulumi-language-python-exec"


def hide_interrupt_tracebacks() -> None:
    """Print no traceback of KeyboardInterrupt from here on.

    Has no effect in a process that Pulumi did not launch (a test, an inline program of the Automation API), nor where
    the program has a hook of its own.
    """
    if not _is_launched_by_pulumi():
        return
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _excepthook
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisablehook


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


def _unraisablehook(unraisable: Any) -> None:
    """Python joins its threads at exit and reports what interrupts that as unraisable."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


def _is_launched_by_pulumi() -> bool:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - runpy replaces sys.argv and sys.modules["__main__"]
    while frame is not None:
        if os.path.basename(frame.f_code.co_filename) == _LAUNCHER:  # noqa: PTH119 - a name is not a path
            return True
        frame = frame.f_back
    return False
