"""WorkSpaces bundles: an image with the machine it runs on.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_CreateWorkspaceBundle.html and the pages beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_request import tag_list
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers, batches

_NOT_FOUND = "ResourceNotFoundException"
_IDS_A_CALL = 25  # the most that DescribeWorkspaceBundles takes


class ComputeType(StrEnum):
    """The machines that a bundle can have."""

    VALUE = "VALUE"
    STANDARD = "STANDARD"
    PERFORMANCE = "PERFORMANCE"
    POWER = "POWER"
    POWERPRO = "POWERPRO"
    GENERALPURPOSE_4XLARGE = "GENERALPURPOSE_4XLARGE"
    GENERALPURPOSE_8XLARGE = "GENERALPURPOSE_8XLARGE"
    GRAPHICS = "GRAPHICS"
    GRAPHICSPRO = "GRAPHICSPRO"
    GRAPHICS_G4DN = "GRAPHICS_G4DN"
    GRAPHICSPRO_G4DN = "GRAPHICSPRO_G4DN"
    GRAPHICS_G6_XLARGE = "GRAPHICS_G6_XLARGE"
    GRAPHICS_G6_2XLARGE = "GRAPHICS_G6_2XLARGE"
    GRAPHICS_G6_4XLARGE = "GRAPHICS_G6_4XLARGE"
    GRAPHICS_G6_8XLARGE = "GRAPHICS_G6_8XLARGE"
    GRAPHICS_G6_16XLARGE = "GRAPHICS_G6_16XLARGE"
    GRAPHICS_GR6_4XLARGE = "GRAPHICS_GR6_4XLARGE"
    GRAPHICS_GR6_8XLARGE = "GRAPHICS_GR6_8XLARGE"
    GRAPHICS_G6F_LARGE = "GRAPHICS_G6F_LARGE"
    GRAPHICS_G6F_XLARGE = "GRAPHICS_G6F_XLARGE"
    GRAPHICS_G6F_2XLARGE = "GRAPHICS_G6F_2XLARGE"
    GRAPHICS_G6F_4XLARGE = "GRAPHICS_G6F_4XLARGE"
    GRAPHICS_GR6F_4XLARGE = "GRAPHICS_GR6F_4XLARGE"
    GRAPHICS_G7_2XLARGE = "GRAPHICS_G7_2XLARGE"
    GRAPHICS_G7_4XLARGE = "GRAPHICS_G7_4XLARGE"
    GRAPHICS_G7_8XLARGE = "GRAPHICS_G7_8XLARGE"
    GRAPHICS_G7_12XLARGE = "GRAPHICS_G7_12XLARGE"


@dataclass(frozen=True)
class WorkspaceBundle:
    """A bundle as DescribeWorkspaceBundles shows it."""

    id: str
    name: str
    image_id: str | None
    state: str

    @property
    def pending(self) -> bool:
        return self.state == "PENDING"

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "WorkspaceBundle":
        """The bundle in an element of `Bundles`, or in the answer of CreateWorkspaceBundle."""
        return cls(
            id=answer["BundleId"],
            name=answer.get("Name", ""),
            image_id=answer.get("ImageId"),
            state=answer.get("State", "AVAILABLE"),  # bundles from before there were states have none
        )


def create(aws: AwsConnection, members: Mapping[str, Any], tags: Mapping[str, str]) -> WorkspaceBundle:
    """Call CreateWorkspaceBundle, which knows no client token."""
    answer = aws.client("workspaces").create_workspace_bundle(**members, Tags=tag_list(tags))
    return WorkspaceBundle.read(answer["WorkspaceBundle"])


def set_image(aws: AwsConnection, bundle_id: str, image_id: str) -> None:
    """Give a bundle another image; WorkSpaces that were made from it keep theirs until they are rebuilt."""
    aws.client("workspaces").update_workspace_bundle(BundleId=bundle_id, ImageId=image_id)


def delete(aws: AwsConnection, bundle_id: str) -> None:
    """Delete a bundle; one that is gone is fine."""
    try:
        aws.client("workspaces").delete_workspace_bundle(BundleId=bundle_id)
    except ClientError as error:
        if error_code(error) != _NOT_FOUND:
            raise


def describe(aws: AwsConnection, ids: list[str]) -> dict[str, WorkspaceBundle]:
    """The bundles of these ids; an id that is gone is left out."""
    found: dict[str, WorkspaceBundle] = {}
    for batch in batches(ids, _IDS_A_CALL):
        answer = aws.client("workspaces").describe_workspace_bundles(BundleIds=batch)
        found |= {bundle.id: bundle for bundle in map(WorkspaceBundle.read, answer.get("Bundles", []))}
    return found


def find(aws: AwsConnection, bundle_id: str) -> WorkspaceBundle | None:
    """The bundle, or None when there is none of this id."""
    try:
        return describe(aws, [bundle_id]).get(bundle_id)
    except ClientError as error:
        if error_code(error) == _NOT_FOUND:
            return None
        raise


def owned(aws: AwsConnection) -> Iterator[WorkspaceBundle]:
    """The account's own bundles in the Region: a call that names no owner tells of these."""
    pages = aws.client("workspaces").get_paginator("describe_workspace_bundles").paginate()
    return (WorkspaceBundle.read(bundle) for page in pages for bundle in page.get("Bundles", []))


def named(aws: AwsConnection, name: str) -> WorkspaceBundle | None:
    """The account's own bundle of a name; names are unique in a Region."""
    return next((bundle for bundle in owned(aws) if bundle.name == name), None)


def of_image(aws: AwsConnection, image_id: str) -> list[WorkspaceBundle]:
    """The account's own bundles that use an image."""
    return [bundle for bundle in owned(aws) if bundle.image_id == image_id]


def workspaces_of(aws: AwsConnection, bundle_id: str) -> list[str]:
    """The ids of the WorkSpaces that were made from a bundle."""
    pages = aws.client("workspaces").get_paginator("describe_workspaces").paginate(BundleId=bundle_id)
    return [workspace["WorkspaceId"] for page in pages for workspace in page.get("Workspaces", [])]


POLLERS = Pollers[WorkspaceBundle](describe)
