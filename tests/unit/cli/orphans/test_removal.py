import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.identity import IDENTITY_METADATA
from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUCKET = "images-of-web"
Run = Callable[..., Any]


@pytest.fixture
def left(aws: AwsSandbox) -> Callable[[], set[str]]:
    """The things in EC2, S3 and WorkSpaces, but for the bucket and its image."""

    def look() -> set[str]:
        lines = [
            line for line in aws.remaining_resources() if not line.startswith(("iam ", "s3 bucket ", "s3 object "))
        ]
        return {line.split(" (")[0] for line in lines}

    return look


@pytest.fixture
def upload(aws: AwsSandbox) -> str:
    """An upload of the stack shop/dev."""
    s3, key = aws.observer("s3"), "shop/dev/web.ova"
    s3.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    return f"s3://{BUCKET}/{key}"


def test_every_orphan_is_removed_and_owned_resources_stay(
    run: Run, begin_import: Any, end_imports: Any, export: Any, in_state: Any, left: Any, upload: str
) -> None:
    owned, orphaned = begin_import(), begin_import("ImportImage::old")
    kept, kept_snapshot = end_imports(owned)
    image, snapshot = end_imports(orphaned)
    running, other = begin_import("ImportImage::new"), begin_import(stack="shop/prod")
    result = run("--remove", "--yes", export=export(in_state(owned)))
    assert result.exit_code == 0
    for line in (
        f"cancelled: image import task {running}",
        f"deregistered: AMI {image}",
        f"deleted: snapshot {snapshot}",
        f"aborted: multipart upload {upload}",
    ):
        assert line in result.output
    assert left() == {
        f"ec2 eu-west-1 image {kept}",
        f"ec2 eu-west-1 snapshot {kept_snapshot}",
        f"ec2 eu-west-1 import task {other}",
    }
    assert "orphan " not in run(export=export(in_state(owned))).output


def test_a_workspaces_image_can_be_removed_once_it_is_available(
    run: Run, begin_import: Any, end_imports: Any, own_tags: Any, aws: AwsSandbox, export: Any
) -> None:
    ami, _ = end_imports(begin_import(tags=[]))
    about = {"Ec2ImageId": ami, "IngestionProcess": "BYOL_REGULAR_WSP", "ImageDescription": "a desktop"}
    image = aws.observer("workspaces").import_workspace_image(**about, ImageName="ours", Tags=own_tags())["ImageId"]
    pending = run("--remove", "--yes", export=export())
    assert pending.exit_code == 1
    assert f"not removed: WorkSpaces image {image}: InvalidResourceStateException: " in pending.output
    aws.clock.advance(3 * 3600)
    # A renamed stack may own a complete image, so it is removed only by its id.
    assert f"deleted: WorkSpaces image {image}" not in run("--remove", "--yes", export=export()).output
    made = run("--remove", image, "--yes", export=export())
    assert made.exit_code == 0
    assert f"deleted: WorkSpaces image {image}" in made.output


def test_a_resource_that_was_deleted_meanwhile_counts_as_removed(
    run: Run, begin_import: Any, end_imports: Any, aws: AwsSandbox, ec2: Any, export: Any, left: Any, upload: str
) -> None:
    image, _ = end_imports(begin_import())

    def be_quicker(*_: Any) -> None:
        ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)
        s3 = aws.observer("s3")
        (one,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
        s3.abort_multipart_upload(Bucket=BUCKET, Key=one["Key"], UploadId=one["UploadId"])

    aws.faults.on("DeregisterImage", be_quicker)
    assert run("--remove", "--yes", export=export()).exit_code == 0
    assert left() == set()


def test_a_named_ova_is_removed_unless_it_was_overwritten(run: Run, aws: AwsSandbox) -> None:
    s3, ova = aws.observer("s3"), {"Bucket": BUCKET, "Key": "shop/dev/web.ova"}
    s3.put_object(**ova, Metadata={IDENTITY_METADATA: "1" * 32})
    id = f"s3://{BUCKET}/shop/dev/web.ova"

    def overwrite(_: RecordedCall) -> None:
        s3.put_object(**ova)

    aws.faults.on("HeadObject", overwrite, nth=2)
    refused = run("--bucket", BUCKET, "--remove", "--yes", id)
    assert refused.exit_code == 1
    assert "not removed: image in S3" in refused.output
    assert "another owner wrote it" in refused.output
    s3.put_object(**ova, Metadata={IDENTITY_METADATA: "1" * 32})
    assert run("--bucket", BUCKET, "--remove", "--yes", id).exit_code == 0
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["web.raw"]


def test_an_error_is_reported_in_awss_words_and_the_removal_continues(
    run: Run, begin_import: Any, end_imports: Any, aws: AwsSandbox, export: Any, left: Any, upload: str
) -> None:
    image, snapshot = end_imports(begin_import())
    aws.faults.deny("DeregisterImage")
    result = run("--remove", "--yes", "--json", export=export())
    assert result.exit_code == 1
    removed = {each["id"]: each for each in json.loads(result.stdout)["removed"]}
    assert removed[image]["done"] == "not removed"
    assert removed[image]["error"].startswith("UnauthorizedOperation: You are not authorized")
    assert removed[snapshot]["error"].startswith("InvalidSnapshot.InUse: ")
    assert removed[upload] == {"id": upload, "region": "eu-west-1", "done": "aborted", "error": None}
    assert left() == {f"ec2 eu-west-1 image {image}", f"ec2 eu-west-1 snapshot {snapshot}"}


@pytest.mark.parametrize(("answer", "status", "goes"), [("y", 0, True), ("n", 1, False), ("", 1, False)])
def test_the_command_asks_before_it_removes(
    run: Run, begin_import: Any, export: Any, left: Any, tmp_path: Path, answer: str, status: int, goes: bool
) -> None:
    task, file = begin_import(), tmp_path / "stack.json"
    file.write_text(json.dumps(export()))
    result = run("--remove", "--stack-export", str(file), stdin=answer)
    assert f"This permanently removes:\n  image import task {task} in eu-west-1\nRemove? [y/N]:" in result.output
    assert ("nothing was removed" in result.output) is not goes
    assert result.exit_code == status
    assert (left() == set()) is goes


def test_the_command_does_not_ask_when_there_is_nothing_to_remove(run: Run, export: Any, tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(export()))
    result = run("--remove", "--stack-export", str(file))
    assert result.exit_code == 0
    assert "no resources tagged by pulumi-vmimport found" in result.output


def test_a_named_ami_is_removed_with_its_snapshots_without_an_export(
    run: Run, begin_import: Any, end_imports: Any, left: Any
) -> None:
    image, snapshot = end_imports(begin_import())
    other = begin_import(stack="shop/prod")
    result = run("--remove", "--yes", image)
    assert result.exit_code == 0
    assert f"deleted: snapshot {snapshot}" in result.output
    assert left() == {f"ec2 eu-west-1 import task {other}"}


def test_fails_for_a_named_resource_that_is_owned_and_removes_nothing(
    run: Run, begin_import: Any, export: Any, in_state: Any, left: Any
) -> None:
    owned, orphan = begin_import(), begin_import("ImportImage::old")
    result = run("--remove", "--yes", owned, orphan, export=export(in_state(owned)))
    assert result.exit_code == 2
    assert f"{owned}: the state of shop/dev contains its id; remove it with `pulumi destroy`" in result.output
    assert len(left()) == 2


def test_fails_for_an_unknown_id_and_removes_nothing(run: Run, begin_import: Any, left: Any) -> None:
    result = run("--remove", "--yes", begin_import(), "ami-0123456789abcdef0")
    assert result.exit_code == 2
    assert "ami-0123456789abcdef0: not found" in result.output
    assert len(left()) == 1


def test_listing_makes_no_write_calls(run: Run, begin_import: Any, aws: AwsSandbox, export: Any) -> None:
    begin_import()
    run(export=export())
    assert aws.calls.writes() == []
