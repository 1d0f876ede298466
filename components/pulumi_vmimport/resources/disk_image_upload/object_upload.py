"""The object of a DiskImageUpload: whether it has the file's content, and how it gets it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run
from pulumi_vmimport.resources.disk_image_upload.upload_content import UploadContent, opened_content
from pulumi_vmimport.resources.disk_image_upload.upload_resumption import resumable, shown
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.content_upload import checksum_of, send_content
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload, part_bytes_for
from pulumi_vmimport.transfer.s3_object import FoundObject, StoredObject
from pulumi_vmimport.transfer.transfer_errors import TransferError

if TYPE_CHECKING:
    from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import (
        DiskImageUploadInputs,
        DiskImageUploadState,
    )

IDENTITY = "vmimport-identity"
"""Names of S3 metadata are HTTP headers, so without the colons of tags"""
_SOURCE = "vmimport-source"


def is_ours(run: Run, there: FoundObject) -> bool:
    """Whether the resource has uploaded the object."""
    return there.metadata.get(IDENTITY) == run.identity.key


def taken(run: Run, inputs: "DiskImageUploadInputs", there: FoundObject | None) -> str | None:
    """Why the file may not be written where it is to be: nobody else's object is overwritten."""
    if there is None or is_ours(run, there):
        return None
    return (
        f"{uri(inputs)} is there already and was not uploaded by this resource; choose another key, or delete the"
        " object"
    )


def uri(inputs: "DiskImageUploadInputs") -> str:
    """The object's S3 URI."""
    return s3_object.url(inputs.bucket, inputs.key)


def stored(
    run: Run,
    state: "DiskImageUploadState",
    before: "DiskImageUploadState | None",
    *,
    keep: Callable[["DiskImageUploadState"], None],
) -> "DiskImageUploadState":
    """Let the object have the file's content, which is sent only where the object has another.

    `keep` is told what is unfinished as soon as something is begun. Raises: CleanFailureError; what S3 answers.
    """
    s3 = run.aws.client("s3")
    there = s3_object.find_object(s3, state.bucket, state.key)
    if reason := taken(run, state, there):
        raise CleanFailureError(reason)
    same_class = before is None or before.storage_class == state.storage_class
    try:
        with opened_content(state.path) as content:
            stored: FoundObject | StoredObject
            if there is not None and same_class and _is_equal(run, before, content, there):
                stored = there
                MultipartUpload.abort_running(s3, state.bucket, state.key)
                if state.tags or (before and before.tags):
                    s3_object.tag(s3, state.bucket, state.key, state.tags or {})
            else:
                # What the object was is known no more. An update that breaks off is completed by the next one,
                # which sees by the old storage class that it has to send the file.
                kept = state if before is None else replace(state, storage_class=before.storage_class)
                kept = replace(kept, checksum=None, source_identity=content.identity)
                stored = _uploaded(run, state, content, there, begun=lambda: keep(kept))
            return replace(
                state,
                etag=stored.etag,
                version_id=stored.version_id,
                checksum=stored.checksum,
                size_bytes=stored.size_bytes,
                source_identity=content.identity,
            )
    except (DiskImageError, TransferError) as error:
        raise CleanFailureError(str(error)) from error


def _uploaded(
    run: Run,
    state: "DiskImageUploadState",
    content: UploadContent,
    there: FoundObject | None,
    *,
    begun: Callable[[], None],
) -> StoredObject:
    s3 = run.aws.client("s3")
    earlier = resumable(s3, state.bucket, state.key, state.storage_class)
    upload, parts = earlier or (
        MultipartUpload.begin(
            s3,
            state.bucket,
            state.key,
            metadata={IDENTITY: run.identity.key, _SOURCE: content.identity},
            tags=state.tags,
            storage_class=state.storage_class,
        ),
        {},
    )
    begun()
    part_bytes, report = part_bytes_for(content.size_bytes), shown(run, "sent")
    try:
        send_content(upload, content, part_bytes=part_bytes, report=report, there=parts)
        stored = upload.finish(if_match=there.etag if there else None, if_none_match=there is None)
    except TransferError:
        upload.abort()
        raise
    if earlier is not None:
        now = s3_object.find_object(s3, state.bucket, state.key)
        if now is not None and not is_ours(run, now):  # somebody else had begun this upload
            return _uploaded(run, state, content, now, begun=begun)
        if state.tags:
            s3_object.tag(s3, state.bucket, state.key, state.tags)
    return stored


def _is_equal(run: Run, before: "DiskImageUploadState | None", content: UploadContent, there: FoundObject) -> bool:
    """Whether the object has the content; reads the file only where nothing else tells."""
    if there.checksum is None or there.size_bytes != content.size_bytes:
        return False
    if before is None and there.metadata.get(_SOURCE) == content.identity:
        return True  # a run that was killed has uploaded this very file
    if before is not None and (before.source_identity, before.checksum) == (content.identity, there.checksum):
        return True
    part_bytes = part_bytes_for(content.size_bytes)
    return checksum_of(content, part_bytes=part_bytes, report=shown(run, "compared")) == there.checksum
