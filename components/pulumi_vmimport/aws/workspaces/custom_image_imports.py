"""Imports of WorkSpaces images that EC2 Image Builder runs.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportCustomWorkspaceImage.html,
API_DescribeCustomWorkspaceImageImport.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers
from pulumi_vmimport.aws.workspaces.workspace_images import NOT_FOUND, ImageError, errors

_ENDS = frozenset({"COMPLETED", "ERROR"})


@dataclass(frozen=True)
class CustomImageImport:
    """An import as DescribeCustomWorkspaceImageImport shows it."""

    image_id: str
    state: str
    """One of 14, of which COMPLETED and ERROR are the last."""
    message: str | None
    progress: int | None
    """In percent; estimated."""
    errors: tuple[ImageError, ...]

    @property
    def is_over(self) -> bool:
        return self.state in _ENDS

    @property
    def line(self) -> str:
        """How it stands, for people."""
        percent = f" {self.progress} %" if self.progress is not None else ""
        return f"{self.state.lower().replace('_', ' ')}{percent}" + (f": {self.message}" if self.message else "")

    @classmethod
    def read(cls, image_id: str, answer: Mapping[str, Any]) -> "CustomImageImport":
        """The import in the answer of the call."""
        return cls(
            image_id=image_id,
            state=answer.get("State", "PENDING"),
            message=answer.get("StateMessage"),
            progress=answer.get("ProgressPercentage"),
            errors=errors(answer.get("ErrorDetails", [])) or _told(answer),
        )


def _told(answer: Mapping[str, Any]) -> tuple[ImageError, ...]:
    """The message of a failed import that has no details."""
    return (ImageError("ERROR", answer.get("StateMessage", "no message")),) if answer.get("State") == "ERROR" else ()


def describe(aws: AwsConnection, image_ids: list[str]) -> dict[str, CustomImageImport]:
    """The imports of these images, a call each; an id that the service does not know is left out."""
    found: dict[str, CustomImageImport] = {}
    for image_id in image_ids:
        try:
            answer: Any = aws.client("workspaces").describe_custom_workspace_image_import(ImageId=image_id)
        except ClientError as error:
            if error_code(error) not in NOT_FOUND:
                raise
        else:
            found[image_id] = CustomImageImport.read(image_id, answer)
    return found


POLLERS = Pollers[CustomImageImport](describe)
