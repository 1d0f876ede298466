"""WorkSpaces bundles: an image with compute type and storage.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceBundle.html,
API_UpdateWorkspaceBundle.html, API_DeleteWorkspaceBundle.html, API_DescribeWorkspaceBundles.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tag_list
from pulumi_vmimport.aws.task_poller import Pollers, batches

_NOT_FOUND = "ResourceNotFoundException"
_FINAL_STATES = frozenset({"AVAILABLE", "ERROR"})
_IDS_PER_CALL = 25  # the maximum of DescribeWorkspaceBundles


@dataclass(frozen=True)
class BundleDescription:
    """A bundle as DescribeWorkspaceBundles returns it."""

    id: str
    name: str
    image_id: str | None
    state: str
    description: str = ""
    owner: str | None = None
    """The account, or AMAZON."""
    compute_type: str | None = None
    root_storage_gib: int | None = None
    user_storage_gib: int | None = None

    @property
    def pending(self) -> bool:
        """Whether WorkSpaces still works on the bundle: in any state but the two final ones, even an unknown one."""
        return self.state not in _FINAL_STATES

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "BundleDescription":
        """The bundle in an element of `Bundles`, or in the response of CreateWorkspaceBundle."""
        return cls(
            id=answer["BundleId"],
            name=answer.get("Name", ""),
            image_id=answer.get("ImageId"),
            state=answer.get("State", "AVAILABLE"),  # older bundles have no state
            description=answer.get("Description", ""),
            owner=answer.get("Owner"),
            compute_type=answer.get("ComputeType", {}).get("Name"),
            root_storage_gib=_capacity(answer.get("RootStorage", {})),
            user_storage_gib=_capacity(answer.get("UserStorage", {})),
        )


def _capacity(volume: Mapping[str, str]) -> int | None:
    capacity = volume.get("Capacity", "")
    return int(capacity) if capacity.isdigit() else None


def create(aws: AwsConnection, members: Mapping[str, Any], tags: Mapping[str, str]) -> BundleDescription:
    """Call CreateWorkspaceBundle, which has no ClientToken."""
    answer = aws.client("workspaces").create_workspace_bundle(**members, Tags=tag_list(tags))
    return BundleDescription.read(answer["WorkspaceBundle"])


def set_image(aws: AwsConnection, bundle_id: str, image_id: str) -> None:
    """Replace the image of a bundle; existing WorkSpaces keep theirs until they are rebuilt."""
    aws.client("workspaces").update_workspace_bundle(BundleId=bundle_id, ImageId=image_id)


def delete(aws: AwsConnection, bundle_id: str) -> None:
    """Delete a bundle; succeeds if it does not exist."""
    try:
        aws.client("workspaces").delete_workspace_bundle(BundleId=bundle_id)
    except ClientError as error:
        if error_code(error) != _NOT_FOUND:
            raise


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, BundleDescription]:
    """The existing bundles of these ids."""
    found: dict[str, BundleDescription] = {}
    for batch in batches(ids, _IDS_PER_CALL):
        answer = aws.client("workspaces").describe_workspace_bundles(BundleIds=batch)
        found |= {bundle.id: bundle for bundle in map(BundleDescription.read, answer.get("Bundles", []))}
    return found


def find(aws: AwsConnection, bundle_id: str) -> BundleDescription | None:
    """The bundle, or None if there is none with this id."""
    try:
        return describe(aws, [bundle_id]).get(bundle_id)
    except ClientError as error:
        if error_code(error) == _NOT_FOUND:
            return None
        raise


def list_owned(aws: AwsConnection) -> Iterator[BundleDescription]:
    """The account's own bundles in the Region, which a call without an owner returns."""
    pages = aws.client("workspaces").get_paginator("describe_workspace_bundles").paginate()
    return (BundleDescription.read(bundle) for page in pages for bundle in page.get("Bundles", []))


def find_by_name(aws: AwsConnection, name: str) -> BundleDescription | None:
    """The account's own bundle with this name; names are unique in a Region."""
    return next((bundle for bundle in list_owned(aws) if bundle.name == name), None)


def list_by_image(aws: AwsConnection, image_id: str) -> list[BundleDescription]:
    """The account's own bundles with this image."""
    return [bundle for bundle in list_owned(aws) if bundle.image_id == image_id]


def list_workspaces(aws: AwsConnection, bundle_id: str) -> list[str]:
    """The ids of the WorkSpaces launched from a bundle."""
    pages = aws.client("workspaces").get_paginator("describe_workspaces").paginate(BundleId=bundle_id)
    return [workspace["WorkspaceId"] for page in pages for workspace in page.get("Workspaces", [])]


POLLERS = Pollers[BundleDescription](describe)
