"""Images of ImportCustomWorkspaceImage and the states of their import.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_DescribeCustomWorkspaceImageImport.html. The
state PENDING of the image during the import and all messages are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.core.fault_injection import WorkspaceImageFailure
from pulumi_vmimport_sandbox.aws.core.simulation_settings import (
    COMPATIBLE_PERCENT,
    SimulationSettings,
    duration,
    seconds_until,
    stage_after,
)
from pulumi_vmimport_sandbox.aws.workspaces.pending_workspace_image import PendingWorkspaceImage, details

_SOURCE_FAILED = "UnknownError"  # assumed: the API has no list of codes


@dataclass(frozen=True)
class CustomImportProgress:
    """The progress of an import at a time."""

    state: str
    message: str
    percent: int
    at: float
    """The time of the last change."""


class CustomWorkspaceImage(PendingWorkspaceImage):
    """An image that is PENDING during its import."""

    def begin(
        self,
        request: Mapping[str, Any],
        settings: SimulationSettings,
        *,
        at: float,
        task: ConversionTask | None,
        failure: WorkspaceImageFailure | None,
    ) -> None:
        """Start the import, optionally after an EC2 import task, with an optional failure."""
        self.created = at
        self.required_tenancy = "DEDICATED"
        self._request, self._pace, self._task, self._failure = request, settings, task, failure
        self.update_state(at)

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        if self.state != "PENDING":
            return
        progress = self._progress(now)
        if progress.state == "COMPLETED":
            self.end(None)
        elif progress.state == "ERROR":
            self.end(self._failure or WorkspaceImageFailure((_SOURCE_FAILED,)))
        self.progress = progress

    def to_api(self) -> dict[str, Any]:
        """Its description in DescribeCustomWorkspaceImageImport."""
        failed = self.progress.state == "ERROR"
        why = details(self._failure.codes) if self._failure else None
        return {
            "ImageId": self.image_id,
            "InfrastructureConfigurationArn": self._request["InfrastructureConfigurationArn"],
            "State": self.progress.state,
            "StateMessage": self.progress.message,
            "ProgressPercentage": self.progress.percent,
            "Created": self.created,
            "LastUpdatedTime": self.progress.at,
            "ImageSource": dict(self._request["ImageSource"]),
            "ErrorDetails": (why or [{"ErrorCode": _SOURCE_FAILED, "ErrorMessage": self.progress.message}])
            if failed
            else [],
        }

    def _progress(self, now: float) -> CustomImportProgress:
        began = self.created
        if self._task is not None:
            source = self._task.status_at(now, self._pace)
            if source.status == "active":
                return CustomImportProgress("PENDING", f"Waiting for the import task {self._task.id}.", 0, now)
            if source.status != "completed":
                return CustomImportProgress(
                    "ERROR", f"The import task {self._task.id} failed: {source.message}", 0, now
                )
            began = max(began, source.ended_at or began)
        stages = self._pace.custom_import_stages
        seconds = duration(stages)
        if self._failure:
            seconds = seconds_until(stages, COMPATIBLE_PERCENT)
        if now < began + seconds:
            stage, percent = stage_after(stages, now - began)
            return CustomImportProgress(stage.message, f"{stage.message.replace('_', ' ').capitalize()}.", percent, now)
        if self._failure:
            text = f"The image did not pass its checks: {', '.join(self._failure.codes)}."
            return CustomImportProgress("ERROR", text, COMPATIBLE_PERCENT, began + seconds)
        return CustomImportProgress("COMPLETED", "The image was imported.", 100, began + seconds)
