from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.disk.inspection.disk_tools import run as run_tool

from pulumi_vmimport.aws.ec2.import_options import DiskFormat, SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer, UserBucket
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Created, Problem, is_known
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs
from pulumi_vmimport.resources.ec2_tasks.import_snapshot_lifecycle import ImportSnapshotLifecycle
from pulumi_vmimport.resources.rules.image_inspection import Purpose, inspect_source
from pulumi_vmimport.transfer.local_image import LocalImage
from pulumi_vmimport.transfer.remote_image import SPARSE_READ, RemoteImage
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.transfer_errors import EmptySourceError, UnreadableSourceError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KEY = "disks/web.vmdk"
IMAGES, SNAPSHOTS = ImportImageLifecycle(), ImportSnapshotLifecycle()
VMDK_PATH = "diskContainers[0].userBucket"


class ServedFile(RemoteImage):
    """A file as a server of ranges has it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.name, path.stat().st_size, "an-etag", SPARSE_READ)
        self._path = path

    def _request(self, first: int, last: int) -> bytes:
        return self._count(self._path.read_bytes()[first : last + 1])


@pytest.fixture
def stored(aws: AwsSandbox, bucket: str) -> Callable[..., UserBucket]:
    """Puts an image into the bucket."""

    def put(data: bytes, key: str = KEY) -> UserBucket:
        aws.observer("s3").put_object(Bucket=bucket, Key=key, Body=data)
        return UserBucket(bucket, key)

    return put


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A raw disk of 64 MiB with boot code and an active partition."""
    path, sector = tmp_path / "disk", bytearray(512)
    sector[:2], sector[446:462] = b"\xeb\x3c", bytes.fromhex("80202100 07feffff 00080000 00f00100")
    sector[510:512] = b"\x55\xaa"
    with path.open("wb") as file:
        file.write(sector)
        file.truncate(64 << 20)
    return path


@pytest.fixture
def vmdk(disk: Path) -> bytes:
    """The disk as AWS takes it."""
    return converted(disk, "subformat=streamOptimized")


@pytest.fixture
def sparse(disk: Path) -> bytes:
    """The disk as a running machine has it."""
    return converted(disk, "subformat=monolithicSparse")


def converted(disk: Path, options: str) -> bytes:
    made = disk.with_name("made.vmdk")
    run_tool("qemu-img", "convert", "-q", "-f", "raw", "-O", "vmdk", "-o", options, disk, made)
    return made.read_bytes()


def of(inputs: ImportImageInputs, *sources: UserBucket, **also: Any) -> ImportImageInputs:
    return replace(inputs, disk_containers=tuple(ImageDiskContainer(user_bucket=source) for source in sources), **also)


def problems(run: Any, inputs: ImportImageInputs) -> list[Problem]:
    return list(IMAGES.preflight(run, inputs))


def test_a_supported_image_has_no_problem(run: Any, image_inputs: ImportImageInputs, stored: Any, vmdk: bytes) -> None:
    assert problems(run, of(image_inputs, stored(vmdk))) == []


def test_fails_for_a_vmdk_that_is_not_stream_optimized(
    run: Any, image_inputs: ImportImageInputs, stored: Any, sparse: bytes
) -> None:
    (problem,) = problems(run, of(image_inputs, stored(sparse)))
    assert problem.path == VMDK_PATH
    assert problem.reason.startswith("s3://")
    assert "; vmdk-not-stream-optimized: createType monolithicSparse" in problem.reason
    assert "`vmimport inspect`" in problem.reason
    assert problem.reason.endswith("ignored_findings=['vmdk-not-stream-optimized']")


def test_fails_for_an_object_that_is_not_a_disk_image(run: Any, image_inputs: ImportImageInputs, stored: Any) -> None:
    inputs = of(image_inputs, stored(b"<Error>no</Error>"))
    (problem,) = problems(run, inputs)
    assert "not-a-disk-image: the file is an XML document" in problem.reason
    assert problems(run, replace(inputs, ignored_findings=("not-a-disk-image",))) == []


def test_fails_for_an_empty_object(
    run: Any, image_inputs: ImportImageInputs, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any, bucket: str, key: str) -> None:  # as S3 answers 416; moto answers 200
        raise EmptySourceError(f"s3://{bucket}/{key}", "object")

    monkeypatch.setattr(S3Image, "open", refuse)
    (problem,) = problems(run, of(image_inputs, stored(b"")))
    assert "web.vmdk: the file is not a disk image" in problem.reason
    assert "not-a-disk-image: the file is an empty file" in problem.reason


def test_an_ignored_finding_is_not_a_problem(
    run: Any, image_inputs: ImportImageInputs, stored: Any, sparse: bytes
) -> None:
    inputs = of(image_inputs, stored(sparse), ignored_findings=("vmdk-not-stream-optimized",))
    assert problems(run, inputs) == []
    assert not list(IMAGES.check(inputs))


def test_fails_for_an_unknown_rule_in_ignored_findings(image_inputs: ImportImageInputs) -> None:
    wrong = replace(image_inputs, ignored_findings=("lvm", "vmdk-not-streamed"))
    (problem,) = IMAGES.check(wrong)
    assert problem == Problem(
        "ignoredFindings[1]", "expected the id of a rule in docs/inspect.md, got 'vmdk-not-streamed'"
    )


def test_a_finding_below_error_is_a_warning(run: Any, image_inputs: ImportImageInputs, stored: Any, disk: Path) -> None:
    assert problems(run, of(image_inputs, stored(disk.read_bytes() + b"\1", "web.raw"))) == []
    assert any("s3://images-of-web/web.raw: the size" in text and "raw-partial-sector" in text for text in run.warnings)


def test_the_stated_format_must_match_the_content(
    run: Any, image_inputs: ImportImageInputs, stored: Any, vmdk: bytes
) -> None:
    container = ImageDiskContainer(format=DiskFormat.RAW, user_bucket=stored(vmdk, "disk"))
    (problem,) = problems(run, replace(image_inputs, disk_containers=(container,)))
    assert (problem.path, "the stated format is RAW, the content is VMDK" in problem.reason) == (VMDK_PATH, True)


def test_only_the_first_disk_must_be_bootable(
    run: Any, image_inputs: ImportImageInputs, stored: Any, vmdk: bytes
) -> None:
    root, data = stored(vmdk), stored(bytes(1 << 20), "data.raw")
    assert problems(run, of(image_inputs, root, data)) == []
    assert [problem.path for problem in problems(run, of(image_inputs, data, root))] == [VMDK_PATH]


def test_fails_for_several_disks_of_a_workspaces_image(
    run: Any, image_inputs: ImportImageInputs, stored: Any, vmdk: bytes
) -> None:
    inputs = of(image_inputs, stored(vmdk), stored(vmdk, "second.vmdk"), image_profile=ImageProfile.BYOL_WORKSPACES)
    several, missing = problems(run, inputs)
    assert (several.path, "byol-several-disks: 2 containers" in several.reason) == ("diskContainers", True)
    assert (missing.path, "windows-missing: no partition holds Windows" in missing.reason) == (VMDK_PATH, True)


@pytest.mark.parametrize("missing", ["ignored_findings", "image_profile"])
def test_images_are_not_inspected_while_the_rules_are_unknown(
    run: Any, image_inputs: ImportImageInputs, stored: Any, sparse: bytes, missing: str
) -> None:
    assert problems(run, of(image_inputs, stored(sparse), **{missing: UNKNOWN})) == []


def test_an_image_that_cannot_be_read_is_a_warning(
    run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox, stored: Any, vmdk: bytes
) -> None:
    source = stored(vmdk)
    aws.faults.deny("GetObject")
    assert problems(run, of(image_inputs, source)) == []
    (warning,) = [text for text in run.warnings if "not inspected" in text]
    assert warning.startswith(f"{VMDK_PATH} not inspected")
    assert "AccessDenied" in warning


def test_an_url_is_inspected_and_an_unreachable_one_is_a_warning(
    run: Any, image_inputs: ImportImageInputs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sparse: bytes
) -> None:
    (tmp_path / "web.vmdk").write_bytes(sparse)
    container = ImageDiskContainer(url="https://disks.example/web.vmdk?sig=feed")
    inputs = replace(image_inputs, disk_containers=(container,))
    opened = "pulumi_vmimport.resources.rules.image_sources.UrlImage"
    monkeypatch.setattr(opened, lambda url: ServedFile(tmp_path / "web.vmdk"))
    (problem,) = problems(run, inputs)
    assert problem.path == "diskContainers[0].url"

    def out_of_reach(url: str) -> None:
        raise UnreadableSourceError("https://disks.example/web.vmdk", "Failed to resolve")

    monkeypatch.setattr(opened, out_of_reach)
    assert problems(run, inputs) == []
    (warning,) = [text for text in run.warnings if "not inspected" in text]
    assert warning.startswith("diskContainers[0].url not inspected")
    assert "feed" not in warning


def test_an_image_with_another_problem_is_not_read(
    run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox, bucket: str
) -> None:
    (problem,) = problems(run, of(image_inputs, UserBucket(bucket, "missing.vmdk")))
    assert "does not exist" in problem.reason
    assert not aws.calls.of("GetObject")


def test_create_inspects_an_image_that_preview_could_not_read(
    new_run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox, stored: Any, sparse: bytes
) -> None:
    inputs = of(image_inputs, stored(sparse))
    run = new_run(supplied={"diskContainers"})
    assert problems(run, inputs) == []
    with pytest.raises(
        CleanFailureError,
        match=r"^disk_containers\[0\]\.user_bucket: s3://.*; vmdk-not-stream-optimized: .*; no task was started$",
    ):
        IMAGES.create(run, inputs)
    assert not aws.import_tasks
    made = IMAGES.create(
        run,
        replace(
            inputs,
            ignored_findings=("vmdk-not-stream-optimized",),
            disk_containers=(ImageDiskContainer(format=DiskFormat.RAW, user_bucket=stored(raw(), "r.raw")),),
        ),
    )
    assert isinstance(made, Created)


def raw() -> bytes:
    disk = bytearray(1 << 20)
    disk[446:462] = bytes.fromhex("80000200 07feffff 01000000 ff070000")
    disk[510:512] = b"\x55\xaa"
    return bytes(disk)


def test_an_earlier_task_is_reused_without_another_inspection(
    new_run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    promised = new_run(supplied={"diskContainers"})
    first = IMAGES.create(promised, image_inputs)
    looked = len(aws.calls.of("GetObject"))
    assert IMAGES.create(promised, image_inputs).id == first.id
    assert len(aws.calls.of("GetObject")) == looked > 0


def test_a_snapshot_import_accepts_data_disks_and_rejects_a_sparse_vmdk(
    run: Any, role: str, stored: Any, vmdk: bytes, sparse: bytes
) -> None:
    def look(source: UserBucket, format: SnapshotFormat) -> list[Problem]:
        container = SnapshotDiskContainer(format=format, user_bucket=source)
        return list(SNAPSHOTS.preflight(run, ImportSnapshotInputs(disk_container=container)))

    assert look(stored(bytes(1 << 20), "data"), SnapshotFormat.RAW) == []
    assert look(stored(vmdk), SnapshotFormat.VMDK) == []
    (problem,) = look(stored(sparse), SnapshotFormat.VMDK)
    assert problem.path == "diskContainer.userBucket"


def test_a_local_file_is_inspected_by_the_same_rules(run: Any, tmp_path: Path, sparse: bytes) -> None:
    path = tmp_path / "web.vmdk"
    path.write_bytes(sparse)
    with LocalImage(str(path)) as image:
        (problem,) = inspect_source(run, "file", image, Purpose(ImageProfile.EC2))
        assert not list(inspect_source(run, "file", image, Purpose(ImageProfile.EC2, ["vmdk-not-stream-optimized"])))
    assert problem.path == "file"
    assert is_known(problem.reason)
