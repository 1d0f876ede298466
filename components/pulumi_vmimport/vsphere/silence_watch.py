"""Watches a download while its reader waits for bytes."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from pulumi_vmimport.vsphere.session import Wait

_POLL_SECONDS = 1.0
# The reader itself asks whether the run must end, as long as bytes arrive.
_QUIET_SECONDS = 2.0
_REPORTED_SECONDS = 25.0


class Watched(Protocol):
    """A download in progress."""

    @property
    def received_at(self) -> float:
        """When bytes arrived last, on the monotonic clock."""

    def interrupt(self) -> None:
        """End a read that waits."""


class SilenceWatch:
    """A context manager around the reads of one download: shows a silence, and ends the read with the run.

    An exception of `wait` ends the read; `failure` is that exception.
    """

    def __init__(self, download: Watched, wait: Wait, show: Callable[[float], None]) -> None:
        """`show` is called with the seconds of the silence, once for each."""
        self.failure: BaseException | None = None
        self._download, self._wait, self._show = download, wait, show
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch-download", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure from error

    def _watch(self) -> None:
        shown_at = None
        while not self._stopped.wait(_POLL_SECONDS):
            received_at = self._download.received_at
            silence = time.monotonic() - received_at
            if silence < _QUIET_SECONDS:
                continue
            try:
                self._wait(0)
                if silence >= _REPORTED_SECONDS and shown_at != received_at:
                    shown_at = received_at
                    self._show(silence)
            except BaseException as error:  # noqa: BLE001 - raised by the reading thread
                self.failure = error
                self._download.interrupt()
                return
