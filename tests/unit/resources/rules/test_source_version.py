"""A changed object shows in preview although the program sets no source_hash."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.resources.conftest import FakeRun

from pulumi_vmimport.aws.ec2.import_options import SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer, UserBucket
from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.lifecycle.input_changes import changed_inputs
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.lifecycle.schema import replacing_properties
from pulumi_vmimport.lifecycle.source_versions import derived_source_hash
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_lifecycle import DirectSnapshotLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport.transfer.transfer_errors import UnreadableSourceError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KINDS: dict[str, Any] = {
    "ImportImage": (
        ImportImageLifecycle(),
        lambda disk: ImportImageInputs(region="eu-west-1", disk_containers=(ImageDiskContainer(user_bucket=disk),)),
    ),
    "ImportSnapshot": (
        ImportSnapshotLifecycle(),
        lambda disk: ImportSnapshotInputs(
            region="eu-west-1", disk_container=SnapshotDiskContainer(format=SnapshotFormat.RAW, user_bucket=disk)
        ),
    ),
    "DirectSnapshot": (
        DirectSnapshotLifecycle(),
        lambda disk: DirectSnapshotInputs(region="eu-west-1", user_bucket=disk),
    ),
}


@pytest.fixture
def guarded(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    monkeypatch.setattr(type(run), "raise_if_over", lambda _: None, raising=False)
    return run


def derived(kind: str, run: Any, inputs: Any, olds: dict[str, Any]) -> Any:
    bag = write_bag(inputs)
    return derived_source_hash(KINDS[kind][0], lambda *_: run, inputs, olds, bag).get("sourceHash")


def rewrite(aws: AwsSandbox, disk: UserBucket) -> None:
    aws.observer("s3").put_object(Bucket=disk.s3_bucket, Key=disk.s3_key, Body=b"another disk")


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_object_is_a_change_that_replaces(
    guarded: FakeRun, aws: AwsSandbox, raw_disk: UserBucket, kind: str
) -> None:
    inputs = KINDS[kind][1](raw_disk)
    first = derived(kind, guarded, inputs, {})
    etag = aws.observer("s3").head_object(Bucket=raw_disk.s3_bucket, Key=raw_disk.s3_key)["ETag"].strip('"')
    assert first == f"version:{etag}"
    olds = {**write_bag(inputs), "sourceHash": first}
    assert derived(kind, guarded, inputs, olds) == first
    rewrite(aws, raw_disk)
    second = derived(kind, guarded, inputs, olds)
    assert second not in {None, first}
    changed = changed_inputs(type(inputs), olds, {**olds, "sourceHash": second})
    assert changed & replacing_properties(type(inputs)) == {"sourceHash"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_of_an_earlier_version_has_no_difference(
    guarded: FakeRun, aws: AwsSandbox, raw_disk: UserBucket, kind: str
) -> None:
    inputs = KINDS[kind][1](raw_disk)
    rewrite(aws, raw_disk)
    assert derived(kind, guarded, inputs, write_bag(inputs)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_hash_of_the_program_is_not_replaced(guarded: FakeRun, raw_disk: UserBucket, kind: str) -> None:
    inputs = KINDS[kind][1](raw_disk)
    assert derived(kind, guarded, replace(inputs, source_hash="own"), {}) is None
    assert derived(kind, guarded, inputs, {**write_bag(inputs), "sourceHash": "own"}) is None


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_was_deleted_after_the_import_is_no_change(
    guarded: FakeRun, aws: AwsSandbox, raw_disk: UserBucket, kind: str
) -> None:
    inputs = KINDS[kind][1](raw_disk)
    first = derived(kind, guarded, inputs, {})
    aws.observer("s3").delete_object(Bucket=raw_disk.s3_bucket, Key=raw_disk.s3_key)
    assert derived(kind, guarded, inputs, {**write_bag(inputs), "sourceHash": first}) == first
    assert derived(kind, guarded, inputs, {}) is None


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_cannot_be_read_is_no_change_and_a_warning(
    guarded: FakeRun, aws: AwsSandbox, raw_disk: UserBucket, kind: str
) -> None:
    inputs = KINDS[kind][1](raw_disk)
    first = derived(kind, guarded, inputs, {})
    aws.faults.deny("HeadObject")
    assert derived(kind, guarded, inputs, {**write_bag(inputs), "sourceHash": first}) == first
    assert "could not check whether the source changed" in guarded.warnings[0]
    aws.faults.allow("HeadObject")


def test_a_snapshot_has_no_version_and_several_disks_have_one(guarded: FakeRun, raw_disk: UserBucket) -> None:
    snapshot, disk = ImageDiskContainer(snapshot_id="snap-1"), ImageDiskContainer(user_bucket=raw_disk)

    def version(*containers: Any) -> Any:
        inputs = ImportImageInputs(region="eu-west-1", disk_containers=containers)
        return ImportImageLifecycle().source_version(guarded, inputs)

    assert version(snapshot) is None
    assert version(snapshot, disk) not in {None, version(disk)}
    unknown: Any = UNKNOWN
    assert version(disk, replace(disk, user_bucket=unknown)) is None


def test_the_version_behind_a_url_is_its_etag(guarded: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    class Image:
        identity, size_bytes = "one", 7

        def __init__(self, url: str, _: Any) -> None:
            if "expired" in url:
                raise UnreadableSourceError("https://x/y", "HTTP 403")

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

    monkeypatch.setattr("pulumi_vmimport.transfer.url_image.UrlImage", Image)

    def version(url: str) -> Any:
        container = SnapshotDiskContainer(url=url)
        return ImportSnapshotLifecycle().source_version(
            guarded, ImportSnapshotInputs(region="eu-west-1", disk_container=container)
        )

    assert version("https://x/y?X-Amz-Signature=1") == version("https://x/y?X-Amz-Signature=2") == "one 7"
    assert version("https://x/expired") is None
