"""WorkSpaces images with the state PENDING, which moto lacks."""

from collections.abc import Sequence
from typing import Any

from moto.workspaces.models import WorkspaceImage

from pulumi_vmimport_sandbox.aws.core.fault_injection import WorkspaceImageFailure
from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem


class PendingWorkspaceImage(WorkspaceImage):  # type: ignore[misc] # moto has no types
    """An image that is PENDING until `ready_at`, then AVAILABLE or ERROR."""

    guest: GuestSystem | None = None
    """Its operating system; None if unknown."""

    def __init__(self, name: str, description: str, tags: list[dict[str, str]], account_id: str) -> None:
        super().__init__(name, description, tags, account_id)
        self.operating_system = {"Type": "WINDOWS"}
        self.state = "PENDING"

    def start(
        self, *, at: float, seconds: float, tenancy: str, failure: WorkspaceImageFailure | None, workspace: Any = None
    ) -> None:
        """Start the creation. The WorkSpace that it is created from is SUSPENDED meanwhile."""
        self.created = at
        self.ready_at = at + seconds
        self.required_tenancy = tenancy
        self._failure = failure
        self._workspace = workspace
        if workspace is not None:
            workspace.state = "SUSPENDED"

    @property
    def is_byol(self) -> bool:
        """Whether it is a BYOL image."""
        return bool(self.required_tenancy == "DEDICATED")

    @property
    def shared_with(self) -> list[str]:
        """The accounts that may copy it."""
        return [shared["SharedAccountId"] for shared in self.image_permissions]

    def offer_update(self) -> None:
        """Make an update available."""
        self.updates = {"UpdateAvailable": True, "Description": "This WorkSpace image has updates available"}

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        if self.state != "PENDING" or now < self.ready_at:
            return
        self.end(self._failure)
        if self._workspace is not None:
            self._workspace.state = "AVAILABLE"

    def end(self, failure: WorkspaceImageFailure | None) -> None:
        """Set the final state."""
        self.state = "ERROR" if failure else "AVAILABLE"
        if failure:
            # The messages are assumed.
            self.error_code = failure.codes[0]
            self.error_message = f"The image could not be created: {', '.join(failure.codes)}."
            self.error_details = details(failure.codes)


def details(codes: Sequence[str]) -> list[dict[str, str]]:
    """ErrorDetails for error codes; messages assumed."""
    return [{"ErrorCode": code, "ErrorMessage": f"The image did not pass the check {code}."} for code in codes]
