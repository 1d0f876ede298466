"""ImportVmImage: an EC2 import task, also a running one, becomes an EC2 Image Builder image.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportVmImage.html
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.schema import detected
from pulumi_vmimport.resources.image_builder.image_import import (
    ImageImportArgs,
    ImageImportInputs,
    ImageImportState,
)


class ImagePlatform(StrEnum):
    """The platforms of Image Builder images."""

    WINDOWS = "Windows"
    LINUX = "Linux"
    MACOS = "macOS"


@dataclass(frozen=True, kw_only=True)
class ImportVmImageInputs(ImageImportInputs):
    platform: ImagePlatform
    vm_import_task_id: str
    os_version: str | None = detected()


@dataclass(frozen=True, kw_only=True)
class ImportVmImageState(ImportVmImageInputs, ImageImportState):
    pass


class ImportVmImageArgs(ImageImportArgs):
    """The arguments of ImportVmImage.

    Changes to log_group_name, retain_on_delete, tags, timeout_minutes, profile and assume_role_arn are applied in
    place. A change to any other argument replaces the image.
    """

    platform: pulumi.Input[Literal["Windows", "Linux", "macOS"]]
    """Platform of the image: Windows, Linux or macOS."""
    vm_import_task_id: pulumi.Input[str]
    """Id of the EC2 import task, import-ami-..., in the same Region, such as the output `import_task_id` of
    ImportImage. The task may still be running: Image Builder waits for its AMI."""
    os_version: NotRequired[pulumi.Input[str]]
    """Operating system of the image, such as Microsoft Windows Server 2022. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the Image Builder image when the resource is deleted or replaced. Default: false."""


class ImportVmImage(ManagedResource, module="vmimport", name="ImportVmImage"):
    """An Image Builder image of the AMI that an EC2 import task creates, for recipes and pipelines.

    The resource's id is the ARN of the image. The status shows the state of the image and its reason. If the task
    fails, the resource fails with the reason and leaves nothing. An interrupted run is resumed by the next one, and the
    same inputs never start a second image. Deleting the resource deletes the image and keeps the AMI, which belongs to
    the owner of the task, such as the ImportImage resource.

    Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportVmImage.html
    """

    _inputs_type = ImportVmImageInputs
    _state_type = ImportVmImageState

    image_build_version_arn: pulumi.Output[str]
    """ARN of the Image Builder image (build version)."""
    image_id: pulumi.Output[str]
    """Id of the AMI of the import task."""
    image_state: pulumi.Output[str]
    """AVAILABLE; after an interrupted run the status that Image Builder reports; `deregistered` if the AMI no longer
    exists."""
    state_reason: pulumi.Output[str | None]
    """The reason of that state."""

    @overload
    def __init__(
        self, resource_name: str, args: ImportVmImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ImportVmImageArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportVmImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
