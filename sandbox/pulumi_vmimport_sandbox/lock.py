"""One sandbox a directory, whatever became of the one before: a lock that the system lets go with the process."""

import fcntl
import os
from pathlib import Path
from typing import IO

_FILE = "sandbox.lock"


class AlreadyRunning(RuntimeError):  # noqa: N818 - says what is, as FileExistsError does
    """A sandbox runs in the directory, in this process or another."""


def hold(directory: Path) -> IO[str]:
    """Hold a directory until the file is closed or the process ends, however it ends.

    Raises:
        AlreadyRunning: another sandbox holds it.
    """
    lock = (directory / _FILE).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise AlreadyRunning(f"a sandbox runs in {directory}: stop it, or take another directory") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def holder(directory: Path) -> int | None:
    """The id of the process whose sandbox holds a directory; None when there is none."""
    try:
        lock = (directory / _FILE).open()
    except FileNotFoundError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read())
    return None
