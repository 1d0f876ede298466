"""The BYOL state of an account in a Region and its modifications by ModifyAccount."""

from dataclasses import dataclass, field

from pulumi_vmimport_sandbox.aws.core.fault_injection import AccountFailure

FIRST_RANGE = "10.111.0.0/16"


@dataclass
class AccountModification:
    """One ModifyAccount call."""

    cidr_range: str
    started_at: float
    ready_at: float
    failure: AccountFailure | None
    state: str = "PENDING"


@dataclass
class ByolState:
    """The BYOL state of an account in a Region. Default: enabled."""

    is_approved: bool = True
    """Whether AWS has approved the account for BYOL, which is required to enable it."""
    cidr_range: str | None = FIRST_RANGE
    """CIDR range of the management network; None if BYOL is not enabled."""
    modifications: list[AccountModification] = field(default_factory=list)

    @property
    def is_enabled(self) -> bool:
        return self.cidr_range is not None

    @property
    def is_changing(self) -> bool:
        return any(modification.state == "PENDING" for modification in self.modifications)

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        for modification in self.modifications:
            if modification.state == "PENDING" and now >= modification.ready_at:
                modification.state = "FAILED" if modification.failure else "COMPLETED"
                if not modification.failure:
                    self.cidr_range = modification.cidr_range
