"""Where an image comes from: facts in tags, which AWS keeps with the image and which every image made of it receives.

The values are plain text of at most 255 characters, the least that EC2 and WorkSpaces allow.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html,
https://docs.aws.amazon.com/workspaces/latest/api/API_Tag.html
"""

import re
from collections.abc import Iterable, Mapping

from pulumi_vmimport.lifecycle.identity import RESOURCE_TAG, STACK_TAG, tag_value

MACHINE_UUID_METADATA = "vmimport-uuid"
CHANGE_VERSION_METADATA = "vmimport-change"
"""The virtual machine in the metadata of an exported object."""

_TAGS = {
    "virtualMachine": "vmimport:source-machine",
    "diskSha256": "vmimport:source-disk-sha256",
    "object": "vmimport:source-object",
    "importTask": "vmimport:source-task",
    "image": "vmimport:source-image",
}
"""The tag of each fact. Stack and resource have their own tags, also on what has no other source."""
_OWNER_TAGS = {"stack": STACK_TAG, "resource": RESOURCE_TAG}
_LONGEST_VALUE = 255
_NUMBER_LEFT_OUT = re.compile(r"\+[0-9]+")


def provenance_of(tags: Mapping[str, str]) -> dict[str, str]:
    """What the tags of an image say about its source, by the names of the output `provenance`."""
    return {name: tags[key] for name, key in {**_TAGS, **_OWNER_TAGS}.items() if tags.get(key)}


def source_tags(provenance: Mapping[str, str]) -> dict[str, str]:
    """The tags that record a source."""
    return {key: tag_value(provenance[name]) for name, key in _TAGS.items() if provenance.get(name)}


def is_source_tag(key: str) -> bool:
    """Whether a tag records a source."""
    return key in _TAGS.values()


def machine_fact(uuid: str, change_version: str | None) -> str:
    """A virtual machine: its BIOS UUID and vSphere's change version at the time of the export."""
    return " ".join(filter(None, (uuid, change_version)))


def object_fact(bucket: str, key: str, version_id: str | None) -> str:
    """An object: its S3 URI, preceded by its version id. Of a long key, the end is kept."""
    version = f"{version_id} " if version_id else ""
    uri = f"s3://{bucket}/{key}"
    too_long = len(version) + len(uri) - _LONGEST_VALUE
    if too_long > 0:
        uri = f"s3://{bucket}/...{key[too_long + 3 :]}"
    return version + uri


def image_fact(image_id: str, region: str, earlier: str | None) -> str:
    """An AMI or WorkSpaces image as `id@Region`, followed by the images that it was made of."""
    return several([f"{image_id}@{region}", *(earlier or "").split()])


def image_in(fact: str | None, prefix: str) -> tuple[str, str] | None:
    """The image that an image was made of, in its fact `image`: id and Region; None if it is of another kind."""
    id, _, region = (fact or "").partition(" ")[0].partition("@")
    return (id, region) if id.startswith(prefix) and region else None


def several(facts: Iterable[str]) -> str:
    """Several facts of one kind, separated by blanks: as many as fit, then `+` and the number of the others.

    The last of them may be such a number: that of an image that this one was made of.
    """
    values = list(facts)
    left_out = int(values.pop()) if values and _NUMBER_LEFT_OUT.fullmatch(values[-1]) else 0
    for count in range(len(values), 0, -1):
        left = len(values) - count + left_out
        others = [f"+{left}"] if left else []
        if len(joined := " ".join([*values[:count], *others])) <= _LONGEST_VALUE:
            return joined
    return ""
