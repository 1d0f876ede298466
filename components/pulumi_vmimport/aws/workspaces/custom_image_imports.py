"""Imports of WorkSpaces images with EC2 Image Builder.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportCustomWorkspaceImage.html,
API_DescribeCustomWorkspaceImageImport.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers
from pulumi_vmimport.aws.workspaces.workspace_images import NOT_FOUND, ImageError, errors

_SOURCES = {
    "Ec2ImportTaskId": "ec2_import_task_id",
    "ImageBuildVersionArn": "image_build_version_arn",
    "Ec2ImageId": "ec2_image_id",
}
_FINAL_STATES = frozenset({"COMPLETED", "ERROR"})


@dataclass(frozen=True)
class CustomImageImport:
    """An import as DescribeCustomWorkspaceImageImport returns it."""

    image_id: str
    state: str
    """One of 14 states; COMPLETED and ERROR are final."""
    message: str | None
    progress: int | None
    """Estimate in percent."""
    errors: tuple[ImageError, ...]
    infrastructure_configuration_arn: str | None = None
    source: Mapping[str, str] = field(default_factory=dict)
    """The import task, the Image Builder image or the AMI, by the Python names of the inputs."""

    @property
    def is_over(self) -> bool:
        return self.state in _FINAL_STATES

    @property
    def state_name(self) -> str:
        """The state in words."""
        return self.state.lower().replace("_", " ")

    @classmethod
    def read(cls, image_id: str, answer: Mapping[str, Any]) -> "CustomImageImport":
        """The import in the response of DescribeCustomWorkspaceImageImport."""
        source = answer.get("ImageSource", {})
        return cls(
            image_id=image_id,
            state=answer.get("State", "PENDING"),
            message=answer.get("StateMessage"),
            progress=answer.get("ProgressPercentage"),
            infrastructure_configuration_arn=answer.get("InfrastructureConfigurationArn"),
            source={name: source[member] for member, name in _SOURCES.items() if source.get(member)},
            errors=errors(answer.get("ErrorDetails", [])) or _error_without_details(answer),
        )


def _error_without_details(answer: Mapping[str, Any]) -> tuple[ImageError, ...]:
    """The message of a failed import without details."""
    return (ImageError("ERROR", answer.get("StateMessage", "no message")),) if answer.get("State") == "ERROR" else ()


def describe(aws: AwsConnection, image_ids: list[str]) -> dict[str, CustomImageImport]:
    """The imports of these images, with one call each, without unknown ids."""
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
