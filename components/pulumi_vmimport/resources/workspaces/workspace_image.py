"""The inputs, outputs and arguments that all WorkSpaces images share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired

import pulumi

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class WorkspaceImageInputs(AwsInputs):
    image_name: str
    image_description: str
    tags: Mapping[str, str] | None = updatable()
    retain_on_delete: bool | None = updatable()
    keep_failed_image: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class WorkspaceImageState(WorkspaceImageInputs):
    image_id: str | None = None
    image_state: str | None = None
    required_tenancy: str | None = None
    owner_account_id: str | None = None
    provenance: Mapping[str, str] | None = None


class WorkspaceImageArgs(AwsArgs):
    """The arguments that all WorkSpaces images have."""

    image_name: pulumi.Input[str]
    r"""Name of the image, unique in the Region: 1 to 64 of `a-z A-Z 0-9 _ . / ( ) \ -`, no space."""
    image_description: pulumi.Input[str]
    """Description of the image: 1 to 256 of `a-z A-Z 0-9 _ . / ( ) -` and space."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the image, at most 40, with values of at most 255 characters. Default: no tags."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the image in the account when the resource is deleted. Default: false."""
    keep_failed_image: NotRequired[pulumi.Input[bool]]
    """Whether to keep an image that ended in state ERROR, so that it can be inspected in the console; the next
    `pulumi up` replaces it. Default: false, a failed image is deleted."""
