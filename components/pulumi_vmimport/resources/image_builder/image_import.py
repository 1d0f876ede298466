"""The inputs, outputs and arguments that ImportVmImage and ImportDiskImage share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired

import pulumi

from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class ImageImportInputs(AwsInputs):
    name: str
    semantic_version: str
    description: str | None = None
    log_group_name: str | None = updatable(chosen_by_aws=True)
    retain_on_delete: bool | None = updatable()
    tags: Mapping[str, str] | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ImageImportState(ImageImportInputs):
    image_build_version_arn: str | None = None
    image_id: str | None = None
    image_state: str | None = None
    state_reason: str | None = None


class ImageImportArgs(AwsArgs):
    """The arguments that ImportVmImage and ImportDiskImage share."""

    name: pulumi.Input[str]
    """Name of the Image Builder image: 3 to 128 letters, digits, spaces, hyphens and underscores, without a space at
    either end. Another image with the same name and version becomes a new build number."""
    semantic_version: pulumi.Input[str]
    """Version of the image, such as 1.0.0: three numbers of at most 1073741823."""
    description: NotRequired[pulumi.Input[str]]
    """Description of the image: 1 to 1024 characters. Default: none."""
    log_group_name: NotRequired[pulumi.Input[str]]
    """CloudWatch Logs group for the log of the import, /aws/imagebuilder/... A change applies to the next import.
    Default: the group that Image Builder chooses, /aws/imagebuilder/ and the name of the image."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the Image Builder image, at most 40. Default: no tags."""
