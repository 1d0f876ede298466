"""A pool of large buffers that are reused. Its size bounds the memory of a transfer."""

import threading
from collections.abc import Callable

_POLL_SECONDS = 1.0


class BufferPool:
    """Lends at most `count` buffers at a time, allocated on first use."""

    def __init__(self, count: int, *, on_wait: Callable[[], None] = lambda: None) -> None:
        """`on_wait` is called every second while `acquire` waits; an exception that it raises ends the wait."""
        self._count = count
        self._on_wait = on_wait
        self._free: list[bytearray] = []
        self._lent = 0
        self._closed = False
        self._changed = threading.Condition()

    def acquire(self, size_bytes: int) -> bytearray | None:
        """A buffer of this size with arbitrary content. Waits while all are lent. None if the pool is closed."""
        while True:
            with self._changed:
                if self._closed:
                    return None
                if self._lent < self._count:
                    self._lent += 1
                    break
                self._changed.wait(_POLL_SECONDS)
            self._on_wait()
        with self._changed:
            while self._free:
                buffer = self._free.pop()
                if len(buffer) == size_bytes:
                    return buffer
        return bytearray(size_bytes)

    def release(self, buffer: bytearray) -> None:
        """Return a buffer that no thread uses any more."""
        with self._changed:
            self._lent -= 1
            if not self._closed:
                self._free.append(buffer)
            self._changed.notify()

    def close(self) -> None:
        """Release all memory; threads that wait in `acquire` get None."""
        with self._changed:
            self._closed = True
            self._free.clear()
            self._changed.notify_all()
