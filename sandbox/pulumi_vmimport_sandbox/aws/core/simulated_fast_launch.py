"""EC2 Fast Launch of an AMI, on the sandbox's clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class SimulatedFastLaunch:
    """EC2 Fast Launch of one AMI. Its snapshots are not simulated.

    States: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-fast-launch-monitor.html
    """

    image_id: str
    owner_id: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The members of the response that the request sets"""
    state: str = "disabled"
    reason: str = ""
    since: float = 0.0
    times_enabled: int = 0
    _ends_at: float = 0.0
    _failure: str | None = None

    def enable(self, settings: Mapping[str, Any], *, at: float, seconds: float, failure: str | None) -> None:
        """Start to prepare snapshots. An AMI that is enabled stays so, and a failure shows at once."""
        self.times_enabled += settings != self.settings or self.state != "enabling"
        self.settings = settings
        if self.state == "enabled":
            self._set("enabled-failed" if failure else "enabled", failure, at)
        elif self.state != "enabling":
            self._start("enabling", at, seconds, failure)

    def disable(self, *, at: float, seconds: float, failure: str | None) -> None:
        """Start to delete the snapshots."""
        if self.state != "disabling":
            self._start("disabling", at, seconds, failure)

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        if self.state not in {"enabling", "disabling"} or now < self._ends_at:
            return
        ended = self.state.removesuffix("ing") + "ed"
        self._set(f"{self.state}-failed" if self._failure else ended, self._failure, self._ends_at)

    def _start(self, state: str, at: float, seconds: float, failure: str | None) -> None:
        self._set(state, None, at)
        self._ends_at, self._failure = at + seconds, failure

    def _set(self, state: str, failure: str | None, at: float) -> None:
        self.state, self.since = state, at
        self.reason = failure or "Client.UserInitiated"
