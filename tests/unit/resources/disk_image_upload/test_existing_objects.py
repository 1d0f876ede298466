"""Objects that no stack manages, uploaded by this library or by plain calls."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.disk_image_upload.uploading import ID, KEY, lifecycle, sent_parts
from tests.unit.resources.imported import adopt, existing, imported

from pulumi_vmimport.lifecycle.contract import Condition
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUploadInputs as Inputs
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import StorageClass
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

OTHER = Identity("urn:pulumi:prod::shop::vmimport:index:DiskImageUpload::other")


@pytest.mark.parametrize("id", [ID, f"images-of-web/{KEY}", f"arn:aws:s3:::images-of-web/{KEY}"])
def test_an_upload_of_this_library(run: Any, new_run: Any, inputs: Inputs, aws: AwsSandbox, id: str) -> None:
    tagged = replace(inputs, tags={"team": "blue"}, storage_class=StorageClass.STANDARD_IA)
    created = lifecycle.create(run, tagged)
    found = existing("DiskImageUpload", new_run(), id)
    assert (found.id, found.problem, found.unread) == (ID, None, {"path"})
    assert found.changes(tagged) == set()
    outputs = ("etag", "version_id", "checksum", "size_bytes", "source_identity")
    assert [getattr(found.state, o) for o in outputs] == [getattr(created.state, o) for o in outputs]
    parts = len(sent_parts(aws))
    assert adopt(found, new_run(), tagged).checksum == created.state.checksum
    assert len(sent_parts(aws)) == parts


@pytest.mark.parametrize("sse", list(SseAlgorithm))
def test_the_encryption_of_an_object(
    run: Any, new_run: Any, inputs: Inputs, aws: AwsSandbox, sse: SseAlgorithm
) -> None:
    key = str(aws.observer("kms").create_key()["KeyMetadata"]["Arn"])
    encrypted = replace(inputs, sse=sse, kms_key_id=None if sse is SseAlgorithm.AES256 else key)
    lifecycle.create(run, encrypted)
    found = existing("DiskImageUpload", new_run(), ID)
    assert found.changes(encrypted) == set()
    assert found.changes(inputs) == set()
    if sse is not SseAlgorithm.AES256:
        assert found.changes(replace(encrypted, kms_key_id=key.rpartition("/")[2])) == set()
        assert found.changes(replace(inputs, sse=SseAlgorithm.AES256)) == {"sse"}


def test_an_object_of_a_plain_call(run: Any, new_run: Any, inputs: Inputs, aws: AwsSandbox, bucket: str) -> None:
    s3 = aws.observer("s3")
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"a disk", Tagging="team=blue")
    found = existing("DiskImageUpload", run, ID)
    tagged = replace(inputs, tags={"team": "blue"})
    assert (found.problem, found.changes(tagged)) == (None, set())
    assert found.changes({"path": "web.raw", "bucket": bucket, "key": KEY, "storageClass": "STANDARD"}) == {"tags"}
    state = adopt(found, new_run(), tagged)
    again = lifecycle.read(new_run(), ID, state)
    assert again is not None
    assert (lifecycle.condition(again), again.tags) == (Condition.READY, {"team": "blue"})
    deleting = new_run()
    lifecycle.delete(deleting, ID, state)
    assert s3.head_object(Bucket=bucket, Key=KEY)["ContentLength"] == 6
    assert any(ID in warning for warning in deleting.warnings)
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"another disk")
    assert lifecycle.read(new_run(), ID, state) is None


def test_an_object_of_another_stack_stays_with_its_owner(run: Any, new_run: Any, inputs: Inputs) -> None:
    lifecycle.create(new_run(identity=OTHER), inputs)
    state = adopt(existing("DiskImageUpload", run, ID), new_run(), inputs)
    assert lifecycle.read(new_run(), ID, state) is not None


def test_an_object_that_does_not_exist(run: Any, bucket: str) -> None:
    for id in (f"s3://{bucket}/gone.raw", "gone.raw", "s3://other-bucket-of-web/gone.raw"):
        assert imported("DiskImageUpload", run, id) is None
