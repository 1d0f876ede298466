"""The inputs and the state of DiskImageUpload."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.transfer.object_encryption import SseAlgorithm


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
    storage_class: StorageClass | None = updatable()
    sse: SseAlgorithm | None = updatable(preflight=True)
    kms_key_id: str | None = updatable(preflight=True)
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
