"""An AMI, a snapshot or a WorkSpaces image with the tags that lead to its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_snapshots, images
from pulumi_vmimport.aws.workspaces import workspace_images, workspaces_tags


@dataclass(frozen=True)
class TracedImage:
    """An image as its service describes it."""

    kind: str
    id: str
    name: str
    state: str
    tags: Mapping[str, str]


def is_traceable(id: str) -> bool:
    """Whether the id is that of an AMI, a snapshot or a WorkSpaces image."""
    prefix, dash, rest = id.partition("-")
    return prefix in _FINDERS and bool(dash and rest)


def find(aws: AwsConnection, id: str) -> TracedImage | None:
    """The image, or None if it does not exist."""
    return _FINDERS[id.partition("-")[0]](aws, id)


def _image(aws: AwsConnection, id: str) -> TracedImage | None:
    image = images.find(aws, id)
    return TracedImage("AMI", id, image.name, image.state, image.tags) if image else None


def _snapshot(aws: AwsConnection, id: str) -> TracedImage | None:
    snapshot = ebs_snapshots.find(aws, id)
    return TracedImage("snapshot", id, "", snapshot.state, snapshot.tags) if snapshot else None


def _workspace_image(aws: AwsConnection, id: str) -> TracedImage | None:
    image = workspace_images.find(aws, id)
    if image is None:
        return None
    return TracedImage("WorkSpaces image", id, image.name, image.state, workspaces_tags.list_tags(aws, id))


_FINDERS: Mapping[str, Callable[[AwsConnection, str], TracedImage | None]] = {
    "ami": _image,
    "snap": _snapshot,
    "wsi": _workspace_image,
}
