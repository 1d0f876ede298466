"""Whether an account may bring its own Windows licences in a Region, and what ModifyAccount makes of that."""

from dataclasses import dataclass, field

from pulumi_vmimport_sandbox.aws.core.fault_injection import AccountFailure

FIRST_RANGE = "10.111.0.0/16"


@dataclass
class AccountModification:
    """One ModifyAccount."""

    cidr_range: str
    started_at: float
    ready_at: float
    failure: AccountFailure | None
    state: str = "PENDING"


@dataclass
class ByolState:
    """The BYOL of an account in a Region: enabled, unless the sandbox was told otherwise."""

    is_approved: bool = True
    """Whether AWS approved the account's application, without which it cannot be enabled."""
    cidr_range: str | None = FIRST_RANGE
    """Of the management network; None where BYOL is not enabled."""
    modifications: list[AccountModification] = field(default_factory=list)

    @property
    def is_enabled(self) -> bool:
        return self.cidr_range is not None

    @property
    def is_changing(self) -> bool:
        return any(modification.state == "PENDING" for modification in self.modifications)

    def update_state(self, now: float) -> None:
        """Take the state of a time."""
        for modification in self.modifications:
            if modification.state == "PENDING" and now >= modification.ready_at:
                modification.state = "FAILED" if modification.failure else "COMPLETED"
                if not modification.failure:
                    self.cidr_range = modification.cidr_range
