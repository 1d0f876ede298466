"""The operating system on the disk of an ImportImage: findings, contradictions with the inputs, the output."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.disk.inspection.disk_tools import run as run_tool

from pulumi_vmimport.aws.ec2.import_options import DiskFormat, LicenseType, Platform
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, UserBucket
from pulumi_vmimport.aws.ec2.sysprep import Sysprep
from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess
from pulumi_vmimport.lifecycle.contract import Problem, RunInterruptedError
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.rules import guest_detection, reading_limits
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox
from pulumi_vmimport_sandbox.windows import Layout, WindowsGuest, faulty_guest

IMAGES = ImportImageLifecycle()
PATH, BUCKET, KEY = "diskContainers[0].userBucket", "images-of-web", "disks/guest.vmdk"
Imported = Callable[..., ImportImageInputs]


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process of its own."""
    monkeypatch.setattr(guest_detection, "_known", guest_detection.KnownGuests())


@pytest.fixture
def imported(aws: AwsSandbox, image_inputs: ImportImageInputs, tmp_path: Path) -> Imported:
    """The inputs of an import of this guest."""

    def make(guest: WindowsGuest, **also: Any) -> ImportImageInputs:
        raw, vmdk = guest.disk().write_file(tmp_path / "guest.raw"), tmp_path / "guest.vmdk"
        options = "subformat=streamOptimized"
        run_tool("qemu-img", "convert", "-q", "-f", "raw", "-O", "vmdk", "-o", options, raw, vmdk)
        aws.observer("s3").put_object(Bucket=BUCKET, Key=KEY, Body=vmdk.read_bytes())
        disk = ImageDiskContainer(format=DiskFormat.VMDK, user_bucket=UserBucket(BUCKET, KEY))
        return replace(image_inputs, disk_containers=(disk,), **also)

    return make


def problems(run: Any, inputs: ImportImageInputs) -> dict[str, str]:
    found: list[Problem] = list(IMAGES.preflight(run, inputs))
    return {problem.path: problem.reason for problem in found}


def requests(aws: AwsSandbox) -> int:
    return len(aws.calls.of("GetObject"))


def test_fails_before_an_import_for_ec2_that_the_operating_system_prevents(run: Any, imported: Imported) -> None:
    inputs = imported(faulty_guest("DhcpClientDisabled"))
    reasons = problems(run, inputs)
    assert list(reasons) == [PATH]
    assert "; windows-dhcp-client: " in reasons[PATH]
    assert "preparation step dhcp" in reasons[PATH]
    assert problems(run, replace(inputs, ignored_findings=("windows-dhcp-client",))) == {}


def test_what_does_not_prevent_an_import_for_ec2_is_one_line_of_warnings(
    run: Any, aws: AwsSandbox, imported: Imported
) -> None:
    # AWS imports a system that WorkSpaces would refuse.
    assert problems(run, imported(faulty_guest("AutoLogonEnabled", "RemoteDesktopDenied", "DomainJoined"))) == {}
    (line,) = [text for text in run.warnings if "the operating system: " in text]
    assert "windows-automatic-logon" in line
    assert "windows-remote-desktop-denied" in line
    assert "windows-domain-joined" not in line
    assert requests(aws) <= reading_limits.MAX_REQUESTS


def test_a_disk_without_a_recognized_system_is_a_warning_and_its_output_says_why(
    run: Any, image_inputs: ImportImageInputs
) -> None:
    assert problems(run, image_inputs) == {}
    assert [text for text in run.warnings if "guest-not-read: no partition holds Windows" in text]
    assert IMAGES.create(run, image_inputs).state.detected_guest == {"unknown": "no partition holds Windows"}


def test_the_inspection_for_ec2_ends_at_its_limit_without_a_problem(
    run: Any, aws: AwsSandbox, imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = imported(faulty_guest("DhcpClientDisabled"))
    monkeypatch.setattr(reading_limits, "MAX_REQUESTS", 8)
    assert problems(run, inputs) == {}
    (line,) = [text for text in run.warnings if "the inspection before the import ended after " in text]
    assert "run `vmimport inspect --guest`" in line
    assert requests(aws) < 12


def test_a_create_uses_what_its_check_read(run: Any, aws: AwsSandbox, imported: Imported) -> None:
    inputs = imported(WindowsGuest.healthy())
    assert problems(run, inputs) == {}
    read = requests(aws)
    guest = IMAGES.create(run, inputs).state.detected_guest
    assert guest is not None
    assert (guest["release"], guest["firmware"], guest["sysprepState"]) == ("Windows 10 22H2", "bios", "installed")
    assert requests(aws) == read > 0


def test_a_create_that_could_not_read_the_disk_warns_and_a_refresh_reads_it(
    run: Any, new_run: Any, aws: AwsSandbox, imported: Imported
) -> None:
    inputs = imported(WindowsGuest.healthy())
    aws.faults.deny("GetObject")
    made = IMAGES.create(run, inputs)
    assert made.state.detected_guest is None
    (warning,) = [text for text in run.warnings if text.startswith("detected_guest not read: ")]
    assert "AccessDenied" in warning
    assert "the next `pulumi up --refresh` reads it" in warning
    aws.faults.allow("GetObject")
    for next_state in (
        IMAGES.read(new_run(), made.id, made.state),
        IMAGES.update(new_run(), made.id, made.state, replace(inputs, tags={"team": "red"})),
    ):
        assert next_state is not None
        assert next_state.detected_guest is not None
        assert next_state.detected_guest["release"] == "Windows 10 22H2"


def test_an_interrupted_create_leaves_the_guest_in_the_state(new_run: Any, aws: AwsSandbox, imported: Imported) -> None:
    first = new_run(stop_after_waits=1)
    with pytest.raises(RunInterruptedError):
        IMAGES.create(first, imported(WindowsGuest.healthy()))
    assert first.recorded[1].detected_guest["release"] == "Windows 10 22H2"


def test_a_create_that_was_killed_before_it_read_the_disk_is_completed_with_the_guest(
    new_run: Any, imported: Imported
) -> None:
    first = new_run(stop_after_waits=1)
    inputs = imported(WindowsGuest.healthy())
    with pytest.raises(RunInterruptedError):
        IMAGES.create(first, inputs)
    id, kept = first.recorded
    resumed = IMAGES.update(new_run(), id, replace(kept, detected_guest=None), inputs)
    assert resumed.detected_guest is not None
    assert resumed.detected_guest["release"] == "Windows 10 22H2"


@pytest.mark.parametrize("is_deleted", [True, False])
def test_an_image_that_is_gone_or_changed_after_the_import_is_not_read_again(
    run: Any, new_run: Any, aws: AwsSandbox, imported: Imported, is_deleted: bool
) -> None:
    inputs = imported(WindowsGuest.healthy())
    inputs = replace(inputs, source_hash=f"version:{IMAGES.source_version(run, inputs)}")
    made = IMAGES.create(run, inputs)
    s3 = aws.observer("s3")
    if is_deleted:
        s3.delete_object(Bucket=BUCKET, Key=KEY)
    else:
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"another disk")
    found = IMAGES.read(new_run(), made.id, replace(made.state, detected_guest=None))
    assert found is not None
    assert found.detected_guest is not None
    (words,) = found.detected_guest.values()
    assert ("does not exist" if is_deleted else "changed after the import") in words
    run = new_run()
    assert IMAGES.read(run, made.id, found) == found
    assert not run.warnings


def test_an_ebs_snapshot_is_not_inspected_and_the_output_says_so(
    run: Any, aws: AwsSandbox, image_inputs: ImportImageInputs
) -> None:
    ec2 = aws.observer("ec2")
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    inputs = replace(image_inputs, disk_containers=(ImageDiskContainer(snapshot_id=snapshot),))
    assert problems(run, inputs) == {}
    words = f"{snapshot} is an EBS snapshot, which is not read"
    assert f"diskContainers[0].snapshotId not inspected: {words}" in run.warnings
    assert guest_detection.detect_guest(run, inputs.disk_containers, None) == {"unknown": words}


@pytest.mark.parametrize(
    ("faults", "stated", "path", "words"),
    [
        pytest.param(
            (), {"operating_system": "Windows Server 2022"}, "operatingSystem",
            "expected Windows 10 22H2, because the disk has it, got 'Windows Server 2022'", id="another system",
        ),
        pytest.param(
            (), {"operating_system": "Windows 10 21H2"}, "operatingSystem",
            "expected Windows 10 22H2, because the disk has it, got 'Windows 10 21H2'", id="another feature update",
        ),
        pytest.param(
            (), {"operating_system": "Ubuntu 22.04", "platform": None}, "operatingSystem",
            "expected Windows 10 22H2, because the disk has it, got 'Ubuntu 22.04'", id="another family",
        ),
        pytest.param(
            (), {"license_type": LicenseType.AWS}, "licenseType",
            "expected BYOL for Windows 10 22H2 on the disk, got AWS", id="license",
        ),
        pytest.param(
            (), {"sysprep": Sysprep.BEFORE_EXPORT}, "sysprep",
            "expected after-import or none, because Sysprep has not generalized the disk, got before-export",
            id="not generalized",
        ),
        pytest.param(
            ("Generalized",), {"sysprep": Sysprep.NONE}, "sysprep",
            "expected before-export, because Sysprep has generalized the disk, got none", id="generalized",
        ),
        pytest.param(
            (), {"platform": Platform.LINUX}, "platform",
            "expected Windows, because the disk has Windows 10 22H2, got Linux", id="platform",
        ),
    ],
)  # fmt: skip
def test_fails_for_an_input_that_contradicts_the_disk(
    run: Any, imported: Imported, faults: tuple[str, ...], stated: dict[str, Any], path: str, words: str
) -> None:
    reasons = problems(run, imported(faulty_guest(*faults) if faults else WindowsGuest.healthy(), **stated))
    assert list(reasons) == [path]
    assert reasons[path].startswith(words)
    assert "correct or remove it" in reasons[path]


def test_fails_for_an_ingestion_process_that_does_not_support_the_release_on_the_disk(
    run: Any, imported: Imported
) -> None:
    windows_11 = imported(WindowsGuest.healthy(Layout.WINDOWS_11), ingestion_process=IngestionProcess.BYOL_REGULAR)
    reasons = problems(run, windows_11)
    assert list(reasons) == ["ingestionProcess"]
    assert (
        "for Windows 11, which does not support PCoIP, got BYOL_REGULAR; the disk has Windows 11"
        in (reasons["ingestionProcess"])
    )
    supported = replace(windows_11, ingestion_process=IngestionProcess.BYOL_REGULAR_WSP)
    assert problems(run, supported) == {}


@pytest.mark.parametrize(
    "stated",
    [
        {"operating_system": "Windows 10"},
        {"operating_system": "Windows 10 Pro 22H2"},
        {"operating_system": "an unlisted system"},
        {"sysprep": Sysprep.AFTER_IMPORT},
        {"ingestion_process": IngestionProcess.BYOL_REGULAR},
    ],
)
def test_an_input_that_the_disk_confirms_or_leaves_open_is_no_problem(
    run: Any, imported: Imported, stated: dict[str, Any]
) -> None:
    assert problems(run, imported(WindowsGuest.healthy(), **stated)) == {}
