"""DiskImageUpload: a disk image or an OVA on this machine becomes an object in S3.

Requirements S3-02, S3-04, FMT-10.
"""

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
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.resources.disk_image_upload.object_upload import IDENTITY, is_ours, stored, taken, uri
from pulumi_vmimport.resources.disk_image_upload.upload_content import (
    content_identity,
    findings,
    ignored_problems,
    key_problem,
    opened_content,
    path_problem,
)
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload
from pulumi_vmimport.transfer.transfer_errors import NotOursError, TransferError

_MOST_TAGS = 10  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html


class StorageClass(StrEnum):
    """The classes whose objects can be read at once, which an import does."""

    STANDARD = "STANDARD"
    STANDARD_IA = "STANDARD_IA"
    ONEZONE_IA = "ONEZONE_IA"
    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    GLACIER_IR = "GLACIER_IR"


@dataclass(frozen=True, kw_only=True)
class DiskImageUploadInputs(AwsInputs):
    path: str = updatable(MISSING, looked_up=True)
    bucket: str
    key: str
    image_profile: ImageProfile | None = updatable(looked_up=True)
    ignored_findings: tuple[str, ...] | None = updatable(looked_up=True)
    storage_class: StorageClass | None = updatable()
    source_hash: str | None = updatable(looked_up=True)
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
            yield from tag_problems(inputs.tags, most=_MOST_TAGS)

    def preflight(self, run: Run, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
        if is_known(inputs.bucket):
            region = s3_locations.bucket_region(run.aws, inputs.bucket)
            if region is None and not run.supplied_by_resource("bucket"):
                yield Problem(
                    "bucket", f"there is no bucket {inputs.bucket!r}; create it, or take it from its resource"
                )
            if region is not None and region != run.aws.region:
                yield Problem("bucket", f"bucket {inputs.bucket!r} is in {region}, expected {run.aws.region}")
            elif region is not None and is_known(inputs.key):
                there = s3_object.find_object(run.aws.client("s3"), inputs.bucket, inputs.key)
                if reason := taken(run, inputs, there):
                    yield Problem("key", reason)
        if not _is_inspected_later(run) and is_known(inputs.path, inputs.image_profile, inputs.ignored_findings):
            yield from _file_problems(run, inputs)

    def create(self, run: Run, inputs: DiskImageUploadInputs) -> Created[DiskImageUploadState]:
        return Created(uri(inputs), self._stored(run, self.state_type(**vars(inputs))))

    def read(self, run: Run, id: str, state: DiskImageUploadState) -> DiskImageUploadState | None:
        if self.condition(state) is not Condition.READY:
            return state  # what of it is in S3 the next update sees
        s3 = run.aws.client("s3")
        there = s3_object.find_object(s3, state.bucket, state.key)
        if there is None or not is_ours(run, there):
            return None  # deleted, or overwritten by somebody else: either way the upload is no longer there
        if there.checksum != state.checksum:  # written over with our mark on it
            return replace(state, etag=there.etag, version_id=there.version_id, checksum=None)
        tags = state.tags and s3_object.tags_of(s3, there)
        return replace(state, etag=there.etag, version_id=there.version_id, tags=tags)

    def update(
        self, run: Run, id: str, state: DiskImageUploadState, inputs: DiskImageUploadInputs
    ) -> DiskImageUploadState:
        updated = self.replace_inputs(state, inputs)
        moved = inputs.source_hash is None and inputs.path != state.path
        restored = inputs.storage_class != state.storage_class
        if self.condition(state) is not Condition.READY or inputs.source_hash != state.source_hash or moved or restored:
            return self._stored(run, updated, state)
        if (inputs.tags or {}) != (state.tags or {}):
            s3_object.tag(run.aws.client("s3"), inputs.bucket, inputs.key, inputs.tags or {})
        return updated

    def delete(self, run: Run, id: str, state: DiskImageUploadState) -> None:
        s3 = run.aws.client("s3")
        MultipartUpload.abort_running(s3, state.bucket, state.key)
        if not state.retain_on_delete:
            try:
                s3_object.delete_if_ours(s3, state.bucket, state.key, {IDENTITY: run.identity.key})
            except NotOursError as error:
                run.status(f"left as it is: {error}")

    def condition(self, state: DiskImageUploadState) -> Condition:
        return Condition.UNFINISHED if state.checksum is None else Condition.READY

    def _stored(
        self, run: Run, state: DiskImageUploadState, before: DiskImageUploadState | None = None
    ) -> DiskImageUploadState:
        if _is_inspected_later(run) and (problems := [problem.reason for problem in _file_problems(run, state)]):
            raise CleanFailureError("; ".join(problems))
        return stored(run, state, before, keep=lambda unfinished: run.record(uri(unfinished), unfinished))


def _is_inspected_later(run: Run) -> bool:
    """Whether preview cannot look into the file, so that create has to."""
    return any(map(run.supplied_by_resource, ("path", "imageProfile", "ignoredFindings")))


def _file_problems(run: Run, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
    """What the file and those beside it show."""
    try:
        with opened_content(inputs.path):
            profile = inputs.image_profile or ImageProfile.EC2
            yield from findings(run, inputs.path, profile, inputs.ignored_findings or ())
    except (DiskImageError, TransferError) as error:
        yield Problem("path", str(error))


class DiskImageUploadArgs(AwsArgs):
    """The arguments of DiskImageUpload.

    A change of any but path, image_profile, ignored_findings, storage_class, source_hash, tags, retain_on_delete,
    timeout_minutes, profile and assume_role_arn replaces the object.
    """

    path: pulumi.Input[str]
    """The file on the machine that runs Pulumi, from the project's folder: .ova, .vmdk, .vhd, .vhdx, .raw, .img; or
    .ovf, which is packed into an OVA on the way, with the files beside it that it names."""
    bucket: pulumi.Input[str]
    """The bucket, in the Region of the import."""
    key: pulumi.Input[str]
    """The key of the object; it ends as the file does, and in .ova for an .ovf file."""
    image_profile: NotRequired[pulumi.Input[Literal["ec2", "snapshot", "byol-workspaces", "workspaces-byol"]]]
    """What the image is for: ec2, snapshot or byol-workspaces. A file that AWS would refuse for that is refused before
    it is sent (docs/inspect.md). Default: ec2."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Rules of docs/inspect.md, such as `vmdk-no-end-of-stream`, whose findings do not count for this file, where you
    know better. Default: none."""
    storage_class: NotRequired[
        pulumi.Input[Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]]
    ]
    """STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING or GLACIER_IR; another one sends the file again.
    Default: STANDARD."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Anything that changes when the content of the file does. Default: size, modification time and inode of the file,
    which is read only where these have changed, and sent only where its content has. With a value of your own the file
    need not be there while that stays."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the object; at most 10."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave the object in S3 when the resource is deleted. Default: false."""


class DiskImageUpload(ManagedResource, module="vmimport", name="DiskImageUpload"):
    """A disk image or OVA in S3, uploaded from a local file; the resource's id is the object's S3 URI.

    S3 checks every part and the whole. A run that is cancelled or killed is gone on with by the next one, which sends
    only what is missing. A file that has changed is written in the place of the old object, at once and only if nobody
    else has touched that; dependents see it by `checksum`. Deleting the resource deletes the object, unless somebody
    else has overwritten it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """

    etag: pulumi.Output[str]
    """The object's entity tag."""
    version_id: pulumi.Output[str | None]
    """The object's version, in a bucket that keeps versions."""
    checksum: pulumi.Output[str]
    """The CRC-32 of the object, as `CRC32:<base64>`: the `source_hash` of an import of it. The same content has the
    same, however often it is uploaded."""
    size_bytes: pulumi.Output[int]
    """The size of the object."""
    source_identity: pulumi.Output[str]
    """Which file it was: size, modification time and inode."""

    bucket: pulumi.Output[str]
    """The bucket, as given; available once the object is there."""
    key: pulumi.Output[str]
    """The key, as given; available once the object is there."""

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
