"""A WorkSpaces image in the making: moto's, which knows only finished ones, on the sandbox's clock."""

from typing import Any

from moto.workspaces.models import WorkspaceImage

from pulumi_vmimport.sandbox.aws.faults import WorkspaceImageFailure


class PendingWorkspaceImage(WorkspaceImage):  # type: ignore[misc] # moto has no types
    """PENDING until its time, then AVAILABLE or ERROR."""

    def __init__(self, name: str, description: str, tags: list[dict[str, str]], account_id: str) -> None:
        super().__init__(name, description, tags, account_id)
        self.operating_system = {"Type": "WINDOWS"}
        self.state = "PENDING"

    def start(
        self, *, at: float, seconds: float, tenancy: str, failure: WorkspaceImageFailure | None, workspace: Any = None
    ) -> None:
        """Begin: when, how long, and what for; a WorkSpace that is imaged is SUSPENDED meanwhile."""
        self.created = at
        self.ready_at = at + seconds
        self.required_tenancy = tenancy
        self._failure = failure
        self._workspace = workspace
        if workspace is not None:
            workspace.state = "SUSPENDED"

    def settle(self, now: float) -> None:
        """Take the state of a time."""
        if self.state != "PENDING" or now < self.ready_at:
            return
        self.state = "ERROR" if self._failure else "AVAILABLE"
        if self._workspace is not None:
            self._workspace.state = "AVAILABLE"
        if self._failure:
            # How the service words them is not public: assumed.
            self.error_code = self._failure.codes[0]
            self.error_message = f"The image could not be created: {', '.join(self._failure.codes)}."
            self.error_details = [
                {"ErrorCode": code, "ErrorMessage": f"The image did not pass the check {code}."}
                for code in self._failure.codes
            ]
