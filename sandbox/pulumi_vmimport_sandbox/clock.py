"""The time that the sandbox's AWS and guests live by."""

import threading
import time


class SandboxClock:
    """Seconds since 1970 in the sandbox: at real speed, faster, or only when told. Safe to use from any thread."""

    def __init__(self, factor: float) -> None:
        if factor < 0:
            raise ValueError(f"factor: expected 0 (stepped) or more, got {factor}")
        self.factor = factor
        """Sandbox seconds in a real second; 0 where the clock only moves by `advance`."""
        self._lock = threading.Lock()
        self._epoch = time.time()
        self._began = time.monotonic()
        self._advanced = 0.0

    @classmethod
    def real(cls) -> "SandboxClock":
        """As on the wall."""
        return cls(1)

    @classmethod
    def fast(cls, factor: float) -> "SandboxClock":
        """So many times faster than on the wall: with 600, an import of half an hour is over in three seconds."""
        if factor <= 0:
            raise ValueError(f"factor: expected more than 0, got {factor}; SandboxClock.stepped() stands still")
        return cls(factor)

    @classmethod
    def stepped(cls) -> "SandboxClock":
        """Standing still but for `advance`."""
        return cls(0)

    def now(self) -> float:
        """Seconds since 1970, never less than before."""
        with self._lock:
            return self._epoch + (time.monotonic() - self._began) * self.factor + self._advanced

    def advance(self, seconds: float) -> float:
        """Jump ahead, on any kind of clock; returns the time then."""
        if seconds < 0:
            raise ValueError(f"seconds: expected 0 or more, got {seconds}: AWS's time does not go back")
        with self._lock:
            self._advanced += seconds
        return self.now()
