"""The clock of the sandbox's AWS and guests."""

import threading
import time


class SandboxClock:
    """Seconds since 1970 in the sandbox: real time, accelerated or manually advanced. Thread-safe."""

    def __init__(self, factor: float) -> None:
        if factor < 0:
            raise ValueError(f"factor: expected 0 (stepped) or more, got {factor}")
        self.factor = factor
        """Sandbox seconds per real second; 0 if only `advance` moves the clock."""
        self._lock = threading.Lock()
        self._epoch = time.time()
        self._started = time.monotonic()
        self._advanced = 0.0

    @classmethod
    def real(cls) -> "SandboxClock":
        """A clock in real time."""
        return cls(1)

    @classmethod
    def fast(cls, factor: float) -> "SandboxClock":
        """A clock that runs `factor` times faster than real time. With 600, a 30-minute import takes 3 seconds."""
        if factor <= 0:
            raise ValueError(f"factor: expected more than 0, got {factor}; see SandboxClock.stepped()")
        return cls(factor)

    @classmethod
    def stepped(cls) -> "SandboxClock":
        """A clock that only `advance` moves."""
        return cls(0)

    def now(self) -> float:
        """Seconds since 1970. Never decreases."""
        with self._lock:
            return self._epoch + (time.monotonic() - self._started) * self.factor + self._advanced

    def advance(self, seconds: float) -> float:
        """Move the clock forward, whatever its factor, and return the new time."""
        if seconds < 0:
            raise ValueError(f"seconds: expected 0 or more, got {seconds}")
        with self._lock:
            self._advanced += seconds
        return self.now()
