"""DiskImageUpload on the real engine: changes, drift, interruptions, conflicts and deletion."""

import os
import runpy
import signal
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUpload
from pulumi_vmimport_sandbox import Sandbox

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "upload_and_import.py"
REGION, BUCKET, KEY, MIB = "eu-west-1", "images-of-uploads", "web.raw", 1 << 20
PARTS, PART = 6, 16 * MIB

pytestmark = pytest.mark.filterwarnings(
    # The program of a killed engine stays in this process.
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A raw disk of six parts, the last one smaller, with an MBR and one active NTFS partition."""
    path = tmp_path / KEY
    start = bytearray(MIB)
    start[446:462] = bytes.fromhex("80202100 07feffff 00080000 00800200")
    start[510:512] = b"\x55\xaa"
    with path.open("wb") as disk:
        disk.write(start)
        for number in range(1, PARTS):
            disk.seek(number * PART)
            disk.write(bytes([number]) * MIB)
    return path


@pytest.fixture
def s3(sandbox: Sandbox) -> Any:
    client = sandbox.aws.observer("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture
def stack(new_stack: Any, s3: Any, file: Path) -> Any:
    def program() -> None:
        upload = DiskImageUpload(
            "web", {"path": str(file), "bucket": BUCKET, "key": KEY, "image_profile": "snapshot", "tags": {"team": "a"}}
        )
        pulumi.export("checksum", upload.checksum)
        pulumi.export("key", upload.key)

    return new_stack(program)


def assert_uploaded(s3: Any, file: Path) -> None:
    """The object is the file, byte for byte."""
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == file.read_bytes()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


def leftovers(sandbox: Sandbox) -> list[str]:
    return [line for line in sandbox.aws.remaining_resources() if BUCKET in line]


def sent_parts(sandbox: Sandbox) -> int:
    return len(sandbox.aws.calls.of("UploadPart"))


@pytest.mark.both_hosts
def test_upload_no_change_drift_replacement_and_destroy(stack: Any, sandbox: Sandbox, s3: Any, file: Path) -> None:
    assert stack.preview() == {"create": 2}
    assert sandbox.aws.calls.writes() == []
    assert stack.up() == {"create": 2}
    assert_uploaded(s3, file)
    assert sent_parts(sandbox) == PARTS
    assert any("DiskImageUpload web creating" in line and "% uploading" in line for line in stack.output)
    first = stack.outputs()
    before = list(sandbox.aws.calls)
    assert stack.up() == {"same": 2}
    assert list(sandbox.aws.calls) == before  # no call at all
    assert stack.preview(refresh=True) == {"same": 2}

    os.utime(file, ns=(1, 1))
    assert stack.preview() == {"same": 1, "update": 1}
    assert stack.up() == {"same": 1, "update": 1}
    assert sent_parts(sandbox) == PARTS
    assert stack.outputs() == first

    s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert stack.up(refresh=True) == {"create": 1, "same": 1}
    assert_uploaded(s3, file)

    with file.open("r+b") as disk:
        disk.seek(3 * MIB)
        disk.write(b"changed")
    assert stack.up() == {"same": 1, "update": 1}
    assert_uploaded(s3, file)
    assert stack.outputs()["checksum"] != first["checksum"]
    assert stack.up() == {"same": 2}
    stack.destroy()
    assert leftovers(sandbox) == [f"s3 bucket {BUCKET}"]


def test_after_kill_9_the_next_up_sends_only_the_missing_parts(
    stack: Any, sandbox: Sandbox, s3: Any, file: Path
) -> None:
    sandbox.aws.faults.on("UploadPart", lambda _: stack.kill(), nth=4, when="after")
    stack.fails(stack.up)
    assert stack.is_over()
    stack.cancel()  # a killed engine does not release the lock of the stack
    (upload,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    existing = len(s3.list_parts(Bucket=BUCKET, Key=KEY, UploadId=upload["UploadId"])["Parts"])
    before = sent_parts(sandbox)
    assert existing >= 3
    assert stack.up() == {"create": 1, "same": 1}
    assert sent_parts(sandbox) - before == PARTS - existing
    assert len(sandbox.aws.calls.of("CreateMultipartUpload")) == 1
    assert_uploaded(s3, file)
    stack.destroy()
    assert leftovers(sandbox) == [f"s3 bucket {BUCKET}"]


@pytest.mark.parametrize("then", ["up", "destroy"])
def test_after_ctrl_c_the_next_up_resumes_and_destroy_leaves_nothing(
    stack: Any, sandbox: Sandbox, s3: Any, file: Path, then: str
) -> None:
    sandbox.aws.faults.on("UploadPart", lambda _: stack.kill("bin/pulumi --", by=signal.SIGINT), nth=3)
    printed = stack.fails(stack.up)
    assert "DiskImageUpload web: cancelled" in printed
    assert stack.is_over()
    assert leftovers(sandbox)[1:] == [f"s3 multipart upload {BUCKET}/{KEY}"]
    if then == "up":
        assert stack.up() == {"same": 1, "update": 1}
        assert_uploaded(s3, file)
        assert len(sandbox.aws.calls.of("CreateMultipartUpload")) == 1
    stack.destroy()
    assert leftovers(sandbox) == [f"s3 bucket {BUCKET}"]


def test_damaged_parts_and_lost_responses_are_retried(stack: Any, sandbox: Sandbox, s3: Any, file: Path) -> None:
    sandbox.aws.faults.error("UploadPart", "BadDigest", "The CRC32 you specified did not match.", times=3)
    sandbox.aws.faults.drop_connection("UploadPart")
    sandbox.aws.faults.drop_connection("CompleteMultipartUpload", after_processing=True)
    assert stack.up() == {"create": 2}
    assert_uploaded(s3, file)
    assert sandbox.aws.faults.waiting == []
    stack.destroy()


def test_fails_without_overwriting_an_object_of_another_process(stack: Any, sandbox: Sandbox, s3: Any) -> None:
    theirs = {"Bucket": BUCKET, "Key": KEY}
    sandbox.aws.faults.on("CompleteMultipartUpload", lambda _: s3.put_object(**theirs, Body=b"theirs"))
    printed = stack.fails(stack.up)
    assert f"s3://{BUCKET}/{KEY}: expected no object" in printed
    assert "Traceback" not in printed
    assert leftovers(sandbox) == [f"s3 bucket {BUCKET}", f"s3 object {BUCKET}/{KEY}"]
    printed = stack.fails(stack.preview)
    assert f"s3://{BUCKET}/{KEY} already exists" in printed
    assert s3.get_object(**theirs)["Body"].read() == b"theirs"


def test_fails_in_preview_for_a_missing_file(stack: Any, sandbox: Sandbox, file: Path) -> None:
    file.unlink()
    printed = stack.fails(stack.preview)
    assert f"{file} cannot be read: No such file or directory" in printed
    assert "Traceback" not in printed
    assert sandbox.aws.calls.writes() == []


def test_changed_content_becomes_another_snapshot(new_stack: Any, sandbox: Sandbox, file: Path) -> None:
    stack = new_stack(lambda: runpy.run_path(str(EXAMPLE)) and None, config={"diskImage": str(file)})
    before = sandbox.aws.remaining_resources()
    stack.up()
    first = stack.outputs()["snapshotId"]
    os.utime(file, ns=(1, 1))
    stack.up()
    assert stack.outputs()["snapshotId"] == first
    with file.open("r+b") as disk:
        disk.seek(2 * PART)
        disk.write(b"other")
    stack.up()
    assert stack.outputs()["snapshotId"] != first
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before
