"""DiskImageUpload: upload a local disk image or OVA to S3."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.allowed_values import SseValue
from pulumi_vmimport.resources.input_spellings import same_key
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm


class StorageClass(StrEnum):
    """The storage classes whose objects an import can read without restoring them."""

    STANDARD = "STANDARD"
    STANDARD_IA = "STANDARD_IA"
    ONEZONE_IA = "ONEZONE_IA"
    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    GLACIER_IR = "GLACIER_IR"


@dataclass(frozen=True, kw_only=True)
class DiskImageUploadInputs(AwsInputs):
    path: str = updatable(MISSING, preflight=True)
    bucket: str
    key: str
    image_profile: ImageProfile | None = updatable(preflight=True)
    ignored_findings: tuple[str, ...] | None = updatable(preflight=True)
    storage_class: StorageClass | None = updatable(if_unset=StorageClass.STANDARD.value)
    sse: SseAlgorithm | None = updatable(preflight=True, chosen_by_aws=True)
    kms_key_id: str | None = updatable(preflight=True, chosen_by_aws=True, same=same_key)
    source_hash: str | None = updatable(preflight=True)
    tags: Mapping[str, str] | None = updatable()
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class DiskImageUploadState(DiskImageUploadInputs):
    etag: str | None = None
    version_id: str | None = None
    checksum: str | None = None
    size_bytes: int | None = None
    source_identity: str | None = None


class DiskImageUploadArgs(AwsArgs):
    """The arguments of DiskImageUpload.

    Changes to path, image_profile, ignored_findings, storage_class, sse, kms_key_id, source_hash, tags,
    retain_on_delete, timeout_minutes, profile and assume_role_arn are applied in place; any other change replaces the
    resource.
    """

    path: pulumi.Input[str]
    """The file on the machine that runs Pulumi, relative to the project's folder. Its suffix is .ova, .vmdk, .vhd,
    .vhdx, .raw, .img or .ovf. An .ovf file is packed into an OVA together with the files that it refers to, which must
    be in the same folder or below; their names are found in any spelling, and become plain ASCII names in the OVA."""
    bucket: pulumi.Input[str]
    """The name of the S3 bucket. It must be in the Region of the import."""
    key: pulumi.Input[str]
    """The key of the object, at most 1024 bytes. It ends in the suffix of the file, or in .ova for an .ovf file; .raw
    and .img are equivalent."""
    image_profile: NotRequired[pulumi.Input[Literal["ec2", "snapshot", "byol-workspaces", "workspaces-byol"]]]
    """What the image is for: `ec2`, `snapshot` or `byol-workspaces`. An image that does not meet the requirements of
    its profile fails preview, before it is uploaded (docs/inspect.md lists the rules). Default: `ec2`."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of rules, such as `vmdk-no-end-of-stream`, whose findings do not fail preview (docs/inspect.md lists them).
    Default: none."""
    storage_class: NotRequired[
        pulumi.Input[Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]]
    ]
    """The S3 storage class: STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING or GLACIER_IR. A change uploads the
    file again. Default: STANDARD."""
    sse: NotRequired[pulumi.Input[SseValue]]
    """The server-side encryption of the object: AES256, aws:kms or aws:kms:dsse. Set it where a bucket policy requires
    the header. A change uploads the file again. Default: the default encryption of the bucket."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """The id, ARN or alias of the KMS key, in the bucket's Region, for `sse` aws:kms or aws:kms:dsse. Default: the key
    of the bucket's default encryption, or else the AWS managed key aws/s3."""
    source_hash: NotRequired[pulumi.Input[str]]
    """A value that changes with the content of the file; a change makes the next update read the file, and upload it
    if the content differs from the object. With a value of your own, the file is not needed while the value stays the
    same. Default: derived from size, modification time and inode of the file."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the object, at most 10. Default: none."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Keep the object in S3 when the resource is deleted. Default: false."""


class DiskImageUpload(ManagedResource, module="vmimport", name="DiskImageUpload"):
    """Uploads a local disk image or OVA to S3. The resource's id is the S3 URI of the object.

    The upload is a multipart upload whose parts and whole S3 verifies by CRC-32. An interrupted run is resumed by the
    next one, which sends only the missing parts. When the content of the file changes, the object is replaced in a
    single conditional write, which fails if another process has written the object since; `checksum` then changes, so
    dependent imports are replaced. Deleting the resource deletes the object, unless another owner has overwritten it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """

    _inputs_type = DiskImageUploadInputs
    _state_type = DiskImageUploadState

    etag: pulumi.Output[str]
    """The ETag of the object."""
    version_id: pulumi.Output[str | None]
    """The version id of the object; None in a bucket without versioning."""
    checksum: pulumi.Output[str]
    """The CRC-32 of the whole object, as `CRC32:<base64>`. Equal content has an equal checksum; pass it as
    `source_hash` to the import of the object."""
    size_bytes: pulumi.Output[int]
    """The size of the object in bytes."""
    source_identity: pulumi.Output[str]
    """Identifies the uploaded file: size, modification time and inode, or a hash of those for an .ovf file."""

    bucket: pulumi.Output[str]
    """The bucket. The output is known only when the object exists, so imports that use it wait for the upload."""
    key: pulumi.Output[str]
    """The key. The output is known only when the object exists, so imports that use it wait for the upload."""

    @overload
    def __init__(
        self, resource_name: str, args: DiskImageUploadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[DiskImageUploadArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: DiskImageUploadArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)

    @staticmethod
    def _completed(arguments: dict[str, Any]) -> dict[str, Any]:
        path = arguments.get("path")
        if path is None or arguments.get("source_hash") is not None:
            return arguments
        # The fingerprint of the file, without reading it: preview shows a change of the file.
        return {**arguments, "source_hash": pulumi.Output.from_input(path).apply(_identity)}


def _identity(path: str) -> str | None:
    # A program without uploads of files needs no readers of disk images.
    from pulumi_vmimport.resources.disk_image_upload.image_files import content_identity  # noqa: PLC0415

    return content_identity(path)
