"""What a look into a disk image shows, in the preview of a stack."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_vmimport import ImportImage
from pulumi_vmimport_sandbox import Sandbox

BUCKET, REGION = "images-of-web", "eu-west-1"


@pytest.fixture
def sparse(disk: Path, tmp_path: Path) -> bytes:
    """The disk of the demo as a running machine has it, converted by QEMU."""
    sparse = tmp_path / "sparse.vmdk"
    tool = str(shutil.which("qemu-img"))
    subprocess.run([tool, "convert", "-q", "-O", "vmdk", str(disk), str(sparse)], check=True, capture_output=True)
    return sparse.read_bytes()


def test_a_vmdk_that_is_not_stream_optimized_fails_preview_unless_the_finding_is_ignored(
    new_stack: Any, sandbox: Sandbox, image_args: dict[str, Any], sparse: bytes, disk: Path, end_imports: Any
) -> None:
    s3 = sandbox.aws.observer("s3", REGION)
    s3.put_object(Bucket=BUCKET, Key="web.vmdk", Body=sparse)
    (root,) = image_args["disk_containers"]
    args: dict[str, Any] = {
        **image_args,
        "disk_containers": [{"user_bucket": {**root["user_bucket"], "s3_key": "web.vmdk"}}],
    }

    def program() -> None:
        image = ImportImage("web", **args)
        pulumi.export("imageId", image.image_id)

    stack = new_stack(program)
    before = sandbox.aws.calls.writes()
    output = stack.fails(stack.preview)
    assert "disk_containers[0].user_bucket" in output
    assert "vmdk-not-stream-optimized: createType monolithicSparse" in output
    assert "Traceback" not in output
    assert sandbox.aws.calls.writes() == before
    args["ignored_findings"] = ["vmdk-not-stream-optimized"]
    assert stack.preview() == {"create": 2}
    # What is ignored is a matter of the next import: no change of it makes a new one.
    s3.put_object(Bucket=BUCKET, Key="web.vmdk", Body=disk.read_bytes())
    sandbox.aws.faults.on("DescribeImportImageTasks", end_imports, nth=2)
    assert stack.up() == {"create": 2}
    del args["ignored_findings"]
    assert stack.up() == {"update": 1, "same": 1}
    assert stack.up() == {"same": 2}
    assert len(sandbox.aws.import_tasks) == 1
