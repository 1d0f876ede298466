"""One sandbox per directory: a lock that the operating system releases when the process exits."""

import fcntl
import os
from pathlib import Path
from typing import IO

_FILE = "sandbox.lock"


class AlreadyRunning(RuntimeError):  # noqa: N818 - describes the state, as FileExistsError does
    """A sandbox is already running in the directory, in this process or another."""


def hold(directory: Path) -> IO[str]:
    """Lock a directory until the returned file is closed or the process exits.

    Raises:
        AlreadyRunning: Another sandbox holds the lock.
    """
    lock = (directory / _FILE).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise AlreadyRunning(f"a sandbox is running in {directory}; stop it or use another directory") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def holder(directory: Path) -> int | None:
    """The id of the process that holds the lock of a directory; None if it is not locked."""
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
