"""The lifecycle of DiskImageUpload."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pulumi_vmimport.aws.s3 import s3_names
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    UNKNOWN,
    CleanFailureError,
    Condition,
    Created,
    Existing,
    Lifecycle,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import (
    DiskImageUploadInputs,
    DiskImageUploadState,
    StorageClass,
)
from pulumi_vmimport.resources.disk_image_upload.image_files import (
    inspection_problems,
    key_problem,
    open_content,
    path_problem,
)
from pulumi_vmimport.resources.disk_image_upload.object_upload import (
    SOURCE_METADATA,
    RecordedContent,
    UploadTarget,
    has_content,
)
from pulumi_vmimport.resources.disk_image_upload.upload_progress import progress_report
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.resources.rules.ignored_findings import ignored_finding_problems
from pulumi_vmimport.resources.rules.object_encryption_rules import (
    RequestedEncryption,
    encryption_inputs,
    encryption_of,
    with_encryption_drift,
)
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.transfer import s3_object
from pulumi_vmimport.transfer.object_versions import delete_owned_versions
from pulumi_vmimport.transfer.s3_object import FoundObject, UploadedObject
from pulumi_vmimport.transfer.transfer_errors import TransferError

_MAX_TAGS = 10  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html


class DiskImageUploadLifecycle(Lifecycle[DiskImageUploadInputs, DiskImageUploadState]):
    inputs_type = DiskImageUploadInputs
    state_type = DiskImageUploadState
    local_inputs = frozenset({"ignored_findings", "image_profile", "retain_on_delete", "source_hash"})
    unread_inputs: ClassVar[Mapping[str, str]] = {"path": "S3 does not record the file on the machine that runs Pulumi"}

    def check(self, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
        if is_known(inputs.path) and (reason := path_problem(inputs.path)):
            yield Problem("path", reason)
        if is_known(inputs.bucket) and (reason := s3_names.bucket_name_problem(inputs.bucket)):
            yield Problem("bucket", reason)
        if is_known(inputs.key):
            reason = s3_names.key_problem(inputs.key)
            if not reason and is_known(inputs.path):
                reason = key_problem(inputs.path, inputs.key)
            if reason:
                yield Problem("key", reason)
        yield from ignored_finding_problems(inputs.ignored_findings)
        yield from RequestedEncryption(inputs.sse, inputs.kms_key_id).problems()
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, most=_MAX_TAGS)

    def preflight(self, run: Run, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
        if is_known(inputs.bucket):
            is_usable = yield from bucket_problems(run, "bucket", inputs.bucket, input_path="bucket", use="upload")
            if is_usable and is_known(inputs.key):
                encryption = RequestedEncryption(inputs.sse, inputs.kms_key_id)
                yield from encryption.policy_problems(run, inputs.bucket, inputs.key)
                target = _target(run, inputs)
                if reason := target.conflict(target.find()):
                    yield Problem("key", reason)
        yield from RequestedEncryption(inputs.sse, inputs.kms_key_id).look_up(run)
        if not _inspection_is_deferred(run) and is_known(inputs.path, inputs.image_profile, inputs.ignored_findings):
            yield from _inspect(run, inputs)

    def create(self, run: Run, inputs: DiskImageUploadInputs) -> Created[DiskImageUploadState]:
        return Created(_target(run, inputs).uri, self._upload(run, self.state_type(**vars(inputs))))

    def read(self, run: Run, id: str, state: DiskImageUploadState) -> DiskImageUploadState | None:
        if self.condition(state) is not Condition.READY:
            return state  # the next update checks what S3 has
        target = _target(run, state)
        found = target.find()
        if found is None or not (target.is_owned(found) or found.etag == state.etag):
            # Deleted, or replaced by another owner: either way the upload is gone. An imported object keeps its owner.
            return None
        if found.content_mark != state.checksum:  # overwritten with a copy of our metadata
            return replace(state, etag=found.etag, version_id=found.version_id, checksum=None)
        tags = state.tags and s3_object.tags_of(target.client, found)
        return replace(with_encryption_drift(state, found), etag=found.etag, version_id=found.version_id, tags=tags)

    def read_existing(self, run: Run, id: str, state: DiskImageUploadState) -> Existing[DiskImageUploadState] | None:
        location, client = s3_names.split_object_id(id), run.aws.client("s3")
        found = s3_object.find_object(client, *location) if location else None
        if found is None:
            return None
        described = replace(
            state,
            bucket=found.bucket,
            key=found.key,
            storage_class=_stored_in(found),
            **encryption_inputs(found),
            tags=s3_object.tags_of(client, found) or None,
            etag=found.etag,
            version_id=found.version_id,
            checksum=found.content_mark,
            size_bytes=found.size_bytes,
            source_identity=found.metadata.get(SOURCE_METADATA),
        )
        return self.as_existing(s3_object.uri(found.bucket, found.key), described)

    def update(
        self, run: Run, id: str, state: DiskImageUploadState, inputs: DiskImageUploadInputs
    ) -> DiskImageUploadState:
        updated = self.replace_inputs(state, inputs)
        is_changed = _content_changed(state, inputs) or _storage_changed(state, inputs)
        if self.condition(state) is not Condition.READY or is_changed:
            return self._upload(run, updated, state)
        if (inputs.tags or {}) != (state.tags or {}):
            _target(run, inputs).write_tags()
        return updated

    def delete(self, run: Run, id: str, state: DiskImageUploadState) -> None:
        target = _target(run, state)
        target.abort_uploads()
        if not state.retain_on_delete:
            owner = {IDENTITY_METADATA: target.owner}
            for remaining in delete_owned_versions(target.client, state.bucket, state.key, owner):
                run.warn(remaining)

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
                is_stored_right = found is not None and not class_changed and target.encryption.is_of(found)
                if found is not None and is_stored_right and has_content(found, content, recorded, report=compared):
                    current = found
                    target.abort_uploads()
                    if state.tags or (previous and previous.tags):
                        target.write_tags()
                else:
                    # The previous storage class makes the update that resumes this one send the file again.
                    unfinished = replace(
                        state,
                        checksum=None,
                        source_identity=content.identity,
                        storage_class=(previous or state).storage_class,
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
    return UploadTarget(
        client,
        inputs.bucket,
        inputs.key,
        run.identity.key,
        storage_class=inputs.storage_class,
        tags=inputs.tags,
        encryption=encryption_of(inputs),
        requests=RunRequests(run),
    )


def _content_changed(state: DiskImageUploadState, inputs: DiskImageUploadInputs) -> bool:
    """Whether the object may lack the content of the file. Of an imported object, no file is known."""
    if not is_known(state.path):
        return False
    path_changed = inputs.source_hash is None and inputs.path != state.path
    return inputs.source_hash != state.source_hash or path_changed


def _storage_changed(state: DiskImageUploadState, inputs: DiskImageUploadInputs) -> bool:
    """Whether the object has to be stored in another way. Removing its encryption from the program keeps it."""
    standard = StorageClass.STANDARD
    is_encrypted_otherwise = inputs.sse not in (None, state.sse) or inputs.kms_key_id not in (None, state.kms_key_id)
    return is_encrypted_otherwise or (inputs.storage_class or standard) != (state.storage_class or standard)


def _stored_in(found: FoundObject) -> Any:
    name = found.storage_class or StorageClass.STANDARD.value
    return StorageClass(name) if name in set(StorageClass) else UNKNOWN


def _inspection_is_deferred(run: Run) -> bool:
    """Whether preview cannot inspect the file because outputs of other resources are missing, so that create must."""
    return any(map(run.supplied_by_resource, ("path", "imageProfile", "ignoredFindings")))


def _inspect(run: Run, inputs: DiskImageUploadInputs) -> Iterator[Problem]:
    profile = inputs.image_profile or ImageProfile.EC2
    return inspection_problems(run, inputs.path, profile, inputs.ignored_findings or ())
