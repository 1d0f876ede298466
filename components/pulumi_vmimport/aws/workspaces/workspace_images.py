"""WorkSpaces images: find and delete them.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_DescribeWorkspaceImages.html,
API_DeleteWorkspaceImage.html.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers, batches

NOT_FOUND = frozenset({"ResourceNotFoundException"})
_FINAL_STATES = frozenset({"AVAILABLE", "ERROR"})
_IDS_PER_CALL = 25  # the maximum of DescribeWorkspaceImages


@dataclass(frozen=True)
class ImageError:
    """A reason why the creation of an image failed."""

    code: str
    """A code of workspace_image_errors.toml, or one that is not listed there."""
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True)
class WorkspaceImage:
    """A WorkSpaces image as DescribeWorkspaceImages returns it."""

    id: str
    name: str
    state: str
    description: str
    required_tenancy: str | None
    owner_account_id: str | None
    errors: tuple[ImageError, ...]
    update_available: bool | None
    """Whether CreateUpdatedWorkspaceImage has updates to install; None if the response does not include it."""

    @property
    def pending(self) -> bool:
        """Whether WorkSpaces still works on the image: in any state but the two final ones, even an unknown one."""
        return self.state not in _FINAL_STATES

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "WorkspaceImage":
        """The image in an element of `Images`."""
        summary = errors([answer]) if answer.get("ErrorCode") else ()
        return cls(
            id=answer["ImageId"],
            name=answer.get("Name", ""),
            state=answer.get("State", "PENDING"),
            description=answer.get("Description", ""),
            required_tenancy=answer.get("RequiredTenancy"),
            owner_account_id=answer.get("OwnerAccountId"),
            errors=errors(answer.get("ErrorDetails", [])) or summary,
            update_available=answer.get("Updates", {}).get("UpdateAvailable"),
        )


def errors(details: Iterable[Mapping[str, Any]]) -> tuple[ImageError, ...]:
    """The reasons in a list of `ErrorDetails`."""
    return tuple(ImageError(d.get("ErrorCode", ""), d.get("ErrorMessage", "")) for d in details)


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, WorkspaceImage]:
    """The existing images of these ids."""
    found: dict[str, WorkspaceImage] = {}
    for batch in batches(ids, _IDS_PER_CALL):
        answer = aws.client("workspaces").describe_workspace_images(ImageIds=batch)
        found |= {image.id: image for image in map(WorkspaceImage.read, answer.get("Images", []))}
    return found


def find(aws: AwsConnection, image_id: str) -> WorkspaceImage | None:
    """The image, or None if there is none with this id."""
    try:
        return describe(aws, [image_id]).get(image_id)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise


def find_shared(aws: AwsConnection, image_id: str) -> WorkspaceImage | None:
    """The image, owned by the account or shared with it in this Region."""
    image = find(aws, image_id)
    if image is not None:
        return image
    # Whether a call without ImageType returns shared images is not documented.
    shared = aws.client("workspaces").describe_workspace_images(ImageIds=[image_id], ImageType="SHARED")
    return next(map(WorkspaceImage.read, shared.get("Images", [])), None)


def list_owned(aws: AwsConnection) -> Iterator[WorkspaceImage]:
    """The account's own images in the Region."""
    pages = aws.client("workspaces").get_paginator("describe_workspace_images").paginate(ImageType="OWNED")
    return (WorkspaceImage.read(image) for page in pages for image in page.get("Images", []))


def find_by_name(aws: AwsConnection, name: str) -> WorkspaceImage | None:
    """The account's own image with this name; names are unique in a Region. The API cannot filter by name."""
    return next((image for image in list_owned(aws) if image.name == name), None)


def delete(aws: AwsConnection, image_id: str) -> None:
    """Delete an image that is not pending; succeeds if it does not exist."""
    try:
        aws.client("workspaces").delete_workspace_image(ImageId=image_id)
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise


POLLERS = Pollers[WorkspaceImage](describe)
