"""A few large buffers that are filled again and again: what bounds the memory of a transfer."""

import threading
from collections.abc import Callable

_LOOK_SECONDS = 1.0


class BufferPool:
    """Hands out at most `count` buffers at a time, made when first needed."""

    def __init__(self, count: int, *, waiting: Callable[[], None] = lambda: None) -> None:
        """`waiting` is called every second while `take` waits; what it raises ends the wait."""
        self._count = count
        self._waiting = waiting
        self._free: list[bytearray] = []
        self._out = 0
        self._closed = False
        self._changed = threading.Condition()

    def take(self, size_bytes: int) -> bytearray | None:
        """A buffer of this size, with whatever was in it before; waits while all are out. None: the pool is closed."""
        while True:
            with self._changed:
                if self._closed:
                    return None
                if self._out < self._count:
                    self._out += 1
                    break
                self._changed.wait(_LOOK_SECONDS)
            self._waiting()
        with self._changed:
            while self._free:
                buffer = self._free.pop()
                if len(buffer) == size_bytes:
                    return buffer
        return bytearray(size_bytes)

    def give_back(self, buffer: bytearray) -> None:
        """Nobody looks at the buffer any more."""
        with self._changed:
            self._out -= 1
            if not self._closed:
                self._free.append(buffer)
            self._changed.notify()

    def close(self) -> None:
        """Let go of all buffers; whoever waits for one gets none."""
        with self._changed:
            self._closed = True
            self._free.clear()
            self._changed.notify_all()
