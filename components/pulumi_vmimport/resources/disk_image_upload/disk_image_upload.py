"""DiskImageUpload: upload a local disk image or OVA to S3."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, replace
from enum import StrEnum
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.s3 import s3_locations
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, Created, Lifecycle, Problem, Run, is_known
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.resources.disk_image_upload.image_files import (
    content_identity,
    ignored_problems,
    inspection_problems,
    key_problem,
    open_content,
    path_problem,
)
from pulumi_vmimport.resources.disk_image_upload.object_upload import (
    RecordedContent,
    UploadTarget,
    has_content,
)
from pulumi_vmimport.resources.disk_image_upload.upload_progress import progress_report
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.s3_object import FoundObject, UploadedObject
from pulumi_vmimport.transfer.transfer_errors import ObjectNotOwnedError, TransferError

_MAX_TAGS = 10  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html


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


class DiskImageUploadLifecycle(Lifecycle[DiskImageUploadInputs, DiskImageUploadState]):
    inputs_type = DiskImageUploadInputs
    state_type = DiskImageUploadState

    def check(self, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
        if is_known(inputs.path) and (reason := path_problem(inputs.path)):
            yield Problem("path", reason)
        if is_known(inputs.bucket) and (reason := s3_locations.bucket_name_problem(inputs.bucket)):
            yield Problem("bucket", reason)
        if is_known(inputs.key):
            reason = s3_locations.key_problem(inputs.key)
            if not reason and is_known(inputs.path):
                reason = key_problem(inputs.path, inputs.key)
            if reason:
                yield Problem("key", reason)
        yield from ignored_problems(inputs.ignored_findings)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, most=_MAX_TAGS)

    def preflight(self, run: Run, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
        if is_known(inputs.bucket):
            is_usable = yield from bucket_problems(run, "bucket", inputs.bucket, input_path="bucket", use="upload")
            if is_usable and is_known(inputs.key):
                target = _target(run, inputs)
                if reason := target.conflict(target.find()):
                    yield Problem("key", reason)
        if not _inspection_is_deferred(run) and is_known(inputs.path, inputs.image_profile, inputs.ignored_findings):
            yield from _inspect(run, inputs)

    def create(self, run: Run, inputs: DiskImageUploadInputs) -> Created[DiskImageUploadState]:
        return Created(_target(run, inputs).uri, self._upload(run, self.state_type(**vars(inputs))))

    def read(self, run: Run, id: str, state: DiskImageUploadState) -> DiskImageUploadState | None:
        if self.condition(state) is not Condition.READY:
            return state  # the next update checks what S3 has
        target = _target(run, state)
        found = target.find()
        if found is None or not target.is_owned(found):
            return None  # deleted, or replaced by another owner: either way the upload is gone
        if found.checksum != state.checksum:  # overwritten with a copy of our metadata
            return replace(state, etag=found.etag, version_id=found.version_id, checksum=None)
        tags = state.tags and s3_object.tags_of(target.client, found)
        return replace(state, etag=found.etag, version_id=found.version_id, tags=tags)

    def read_existing(self, run: Run, id: str, state: DiskImageUploadState) -> DiskImageUploadState | None:
        location = s3_locations.split_s3_uri(id)
        found = s3_object.find_object(run.aws.client("s3"), *location) if location else None
        if found is None:
            return None
        described = replace(state, etag=found.etag, version_id=found.version_id, checksum=found.checksum)
        return replace(described, bucket=found.bucket, key=found.key, size_bytes=found.size_bytes)

    def update(
        self, run: Run, id: str, state: DiskImageUploadState, inputs: DiskImageUploadInputs
    ) -> DiskImageUploadState:
        updated = self.replace_inputs(state, inputs)
        path_changed = inputs.source_hash is None and inputs.path != state.path
        content_changed = inputs.source_hash != state.source_hash or path_changed
        class_changed = inputs.storage_class != state.storage_class
        if self.condition(state) is not Condition.READY or content_changed or class_changed:
            return self._upload(run, updated, state)
        if (inputs.tags or {}) != (state.tags or {}):
            _target(run, inputs).write_tags()
        return updated

    def delete(self, run: Run, id: str, state: DiskImageUploadState) -> None:
        target = _target(run, state)
        target.abort_uploads()
        if not state.retain_on_delete:
            try:
                s3_object.delete_if_owned(target.client, state.bucket, state.key, {IDENTITY_METADATA: target.owner})
            except ObjectNotOwnedError as error:
                run.status(str(error))

    def condition(self, state: DiskImageUploadState) -> Condition:
        return Condition.UNFINISHED if state.checksum is None else Condition.READY

    def _upload(
        self, run: Run, state: DiskImageUploadState, previous: DiskImageUploadState | None = None
    ) -> DiskImageUploadState:
        """Upload the file unless the object has its content already. Raises: CleanFailureError; errors of S3."""
        if _inspection_is_deferred(run) and (problems := [problem.reason for problem in _inspect(run, state)]):
            raise CleanFailureError("; ".join(problems))
        target = _target(run, state)
        found = target.find()
        if conflict := target.conflict(found):
            raise CleanFailureError(conflict)
        class_changed = previous is not None and previous.storage_class != state.storage_class
        recorded = None if previous is None else RecordedContent(previous.source_identity, previous.checksum)
        current: FoundObject | UploadedObject
        try:
            with open_content(state.path) as content:
                compared = progress_report(run, "comparing")
                if found is not None and not class_changed and has_content(found, content, recorded, report=compared):
                    current = found
                    target.abort_uploads()
                    if state.tags or (previous and previous.tags):
                        target.write_tags()
                else:
                    # The previous storage class makes the update that resumes this one send the file again.
                    storage_class = (previous or state).storage_class
                    unfinished = replace(
                        state, checksum=None, source_identity=content.identity, storage_class=storage_class
                    )
                    current = target.upload(
                        content,
                        found,
                        report=progress_report(run, "uploading"),
                        on_start=lambda: run.record(target.uri, unfinished),
                    )
                return replace(
                    state,
                    etag=current.etag,
                    version_id=current.version_id,
                    checksum=current.checksum,
                    size_bytes=current.size_bytes,
                    source_identity=content.identity,
                )
        except (DiskImageError, TransferError) as error:
            raise CleanFailureError(str(error)) from error


def _target(run: Run, inputs: DiskImageUploadInputs) -> UploadTarget:
    client = run.aws.client("s3")
    return UploadTarget(client, inputs.bucket, inputs.key, run.identity.key, inputs.storage_class, inputs.tags)


def _inspection_is_deferred(run: Run) -> bool:
    """Whether preview cannot inspect the file because outputs of other resources are missing, so that create must."""
    return any(map(run.supplied_by_resource, ("path", "imageProfile", "ignoredFindings")))


def _inspect(run: Run, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
    profile = inputs.image_profile or ImageProfile.EC2
    return inspection_problems(run, inputs.path, profile, inputs.ignored_findings or ())


class DiskImageUploadArgs(AwsArgs):
    """The arguments of DiskImageUpload.

    Changes to path, image_profile, ignored_findings, storage_class, source_hash, tags, retain_on_delete,
    timeout_minutes, profile and assume_role_arn are applied in place; any other change replaces the resource.
    """

    path: pulumi.Input[str]
    """The file on the machine that runs Pulumi, relative to the project's folder. Its suffix is .ova, .vmdk, .vhd,
    .vhdx, .raw, .img or .ovf. An .ovf file is packed into an OVA together with the files that it refers to, which must
    be in the same folder."""
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
        return {**arguments, "source_hash": pulumi.Output.from_input(path).apply(content_identity)}
