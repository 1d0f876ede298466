"""WorkSpaces images: what is there, its tags, its end.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_DescribeWorkspaceImages.html and the pages beside it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.errors import error_code
from pulumi_vmimport.aws.import_request import tag_list
from pulumi_vmimport.aws.task_poller import Pollers, batches

NOT_FOUND = frozenset({"ResourceNotFoundException"})
_IDS_A_CALL = 25  # the most that DescribeWorkspaceImages takes


@dataclass(frozen=True)
class WorkspaceImage:
    """A WorkSpaces image as DescribeWorkspaceImages shows it."""

    id: str
    name: str
    state: str
    description: str
    required_tenancy: str | None
    owner_account_id: str | None
    errors: tuple[str, ...]

    @property
    def pending(self) -> bool:
        return self.state == "PENDING"

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "WorkspaceImage":
        """The image in an element of `Images`."""
        details = [f"{d.get('ErrorCode', '')}: {d.get('ErrorMessage', '')}" for d in answer.get("ErrorDetails", [])]
        summary = [f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}"] if answer.get("ErrorCode") else []
        return cls(
            id=answer["ImageId"],
            name=answer.get("Name", ""),
            state=answer.get("State", "PENDING"),
            description=answer.get("Description", ""),
            required_tenancy=answer.get("RequiredTenancy"),
            owner_account_id=answer.get("OwnerAccountId"),
            errors=tuple(details or summary),
        )


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, WorkspaceImage]:
    """The images of these ids; an id that is gone is left out."""
    found: dict[str, WorkspaceImage] = {}
    for batch in batches(ids, _IDS_A_CALL):
        answer = aws.client("workspaces").describe_workspace_images(ImageIds=batch)
        found |= {image.id: image for image in map(WorkspaceImage.read, answer.get("Images", []))}
    return found


def find(aws: AwsConnection, image_id: str) -> WorkspaceImage | None:
    """The image, or None when there is none of this id."""
    try:
        return describe(aws, [image_id]).get(image_id)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise


def named(aws: AwsConnection, name: str) -> WorkspaceImage | None:
    """The account's own image of a name; names are unique in a Region. The API has no filter for them."""
    pages: Iterator[Any] = iter(
        aws.client("workspaces").get_paginator("describe_workspace_images").paginate(ImageType="OWNED")
    )
    return next((WorkspaceImage.read(i) for page in pages for i in page.get("Images", []) if i["Name"] == name), None)


def tags(aws: AwsConnection, image_id: str) -> dict[str, str]:
    """The tags of an image."""
    answer = aws.client("workspaces").describe_tags(ResourceId=image_id)
    return {t["Key"]: t.get("Value", "") for t in answer.get("TagList", [])}


def tag(aws: AwsConnection, image_id: str, new: Mapping[str, str]) -> None:
    """Put tags on an image."""
    if new:
        aws.client("workspaces").create_tags(ResourceId=image_id, Tags=tag_list(new))


def untag(aws: AwsConnection, image_id: str, keys: Iterable[str]) -> None:
    """Take tags off an image."""
    if names := sorted(keys):
        aws.client("workspaces").delete_tags(ResourceId=image_id, TagKeys=names)


def delete(aws: AwsConnection, image_id: str) -> None:
    """Delete an image that is not pending; one that is gone is fine."""
    try:
        aws.client("workspaces").delete_workspace_image(ImageId=image_id)
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise


def byol_is_enabled(aws: AwsConnection) -> bool:
    """Whether the account is approved for bring-your-own-licence WorkSpaces in the Region (WS-01)."""
    return aws.client("workspaces").describe_account().get("DedicatedTenancySupport") == "ENABLED"


POLLERS = Pollers[WorkspaceImage](describe)
