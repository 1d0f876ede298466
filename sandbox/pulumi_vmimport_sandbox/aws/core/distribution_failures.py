"""Scheduled failures of Image Builder's distributions."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class DistributionFailure:
    """Where a distribution is to fail, and the words of the failure."""

    region: str
    account: str | None
    """None is the first account of the Region."""
    step: str | None
    """An imageConfigurationStep; None is the copy of the AMI."""
    message: str


class DistributionFailures:
    """The failures that have not occurred yet. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scheduled: list[DistributionFailure] = []

    def add(self, failure: DistributionFailure, times: int) -> None:
        """Schedule a failure."""
        with self._lock:
            self._scheduled += [failure] * times

    def next(self, region: str, account: str, step: str | None) -> str | None:
        """The words of the failure of a step in an account and Region, which then has occurred."""
        with self._lock:
            for failure in self._scheduled:
                if (failure.region, failure.step) == (region, step) and failure.account in {None, account}:
                    self._scheduled.remove(failure)
                    return failure.message
            return None

    def clear(self) -> None:
        """Remove all failures."""
        with self._lock:
            self._scheduled.clear()
