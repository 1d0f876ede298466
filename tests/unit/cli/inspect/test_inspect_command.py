"""The command as a user runs it."""

import errno
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws
from tests.unit.disk.inspection.disk_tools import run as run_tool

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.transfer.local_image import LocalImage

BUCKET, REGION = "images-of-web", "eu-west-1"
DESCRIPTOR = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
<References><File ovf:id="f" ovf:href="web.vmdk" ovf:size="{size}"/></References>
<DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="67108864"/></DiskSection>
<VirtualSystem ovf:id="web"><Info/></VirtualSystem></Envelope>"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same disk in several forms."""
    folder = tmp_path_factory.mktemp("images")
    sector = bytearray(512)
    sector[:2], sector[446:462] = b"\xeb\x3c", bytes.fromhex("80202100 07feffff 00080000 00f00100")
    sector[510:512] = b"\x55\xaa"
    disk = folder / "web.raw"
    with disk.open("wb") as file:
        file.write(sector)
        file.truncate(64 << 20)
    for name, options in {"web.vmdk": "subformat=streamOptimized", "sparse.vmdk": "subformat=monolithicSparse"}.items():
        run_tool("qemu-img", "convert", "-q", "-f", "raw", "-O", "vmdk", "-o", options, disk, folder / name)
    (folder / "web.ovf").write_text(DESCRIPTOR.format(size=(folder / "web.vmdk").stat().st_size))
    (folder / "web.ova").write_bytes(with_member(folder))
    return folder


def with_member(folder: Path, *more: Any) -> bytes:
    """The machine as an OVA, and one more file that its manifest has."""
    members = {name: (folder / name).read_bytes() for name in ("web.ovf", "web.vmdk")}
    members |= {more[0]: more[1]} if more else {}
    lines = [f"SHA256({name})= {hashlib.sha256(content).hexdigest()}" for name, content in members.items()]
    held = {"web.ovf": members.pop("web.ovf"), "web.mf": "\n".join(lines).encode(), **members}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in held.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*arguments: object) -> Result:
        result = CliRunner().invoke(vmimport, ["inspect", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client: Any = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield client


def test_an_importable_image_gives_status_0_and_no_promise(run: Any, images: Path) -> None:
    result = run(images / "web.vmdk")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("web.vmdk: VMDK, ")
    assert lines[1].startswith("  disk: VMDK streamOptimized, 64 MiB, ")
    assert lines[2:4] == ["    MBR, 1 partition", "    1: 62 MiB at 1 MiB, empty, active"]
    assert "no known blocker found; 1 check inconclusive (checked for ImportImage)" in result.output
    assert "accept" not in result.output


def test_an_error_gives_status_1_with_cause_remedy_and_source(run: Any, images: Path) -> None:
    result = run(images / "sparse.vmdk", "--profile", "snapshot")
    assert result.exit_code == 1
    for words in (
        "error: vmdk-not-stream-optimized\n",
        "  sparse.vmdk: AWS rejects VMDKs that are not stream-optimized; convert the disk\n",
        "  found: createType monolithicSparse, without compression and markers\n",
        "  cause: AWS accepts only stream-optimized VMDKs",
        "  remedy: export the disk from vSphere",
        "  source: TR-35;",
        "1 error (checked for ImportSnapshot)",
    ):
        assert words in result.output


def test_fails_if_a_file_beside_the_descriptor_exists_and_cannot_be_read(
    run: Any, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "web.ovf").write_bytes((images / "web.ovf").read_bytes())
    (tmp_path / "web.vmdk").mkdir()
    result = run(tmp_path / "web.ovf")
    assert result.exit_code == 2
    assert f"{tmp_path / 'web.vmdk'} cannot be read: it is not a regular file" in " ".join(result.output.split())


def test_fails_as_unreadable_on_an_io_error_in_the_middle_of_the_image(
    run: Any, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = os.pread

    def failing(descriptor: int, length: int, offset: int) -> bytes:
        if offset >= 512:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return original(descriptor, length, offset)

    monkeypatch.setattr("os.pread", failing)
    result = run(images / "web.vmdk")
    assert result.exit_code == 2
    assert "web.vmdk cannot be read: Input/output error" in " ".join(result.output.split())
    assert "damaged" not in result.output


def test_no_line_is_wider_than_80_columns(run: Any, images: Path) -> None:
    lines = run(images / "sparse.vmdk", "--profile", "byol-workspaces").output.splitlines()
    assert [line for line in lines if len(line) > 80 and "https://" not in line] == []
    assert not [line for line in lines if line != line.rstrip()]


def test_json_has_facts_findings_and_reads(run: Any, images: Path) -> None:
    result = run(images / "sparse.vmdk", "--json")
    assert result.exit_code == 1
    shown = json.loads(result.stdout)
    members = {"schema", "target", "profile", "verdict", "findings", "detected_guest", "verdicts", "facts", "reads"}
    assert shown.keys() == members
    assert (shown["detected_guest"], shown["verdicts"]) == (None, [])
    assert (shown["schema"], shown["target"], shown["profile"]) == (1, "sparse.vmdk", "ec2")
    assert shown["verdict"] == "1 error, 1 check inconclusive"
    finding = shown["findings"][0]
    words = {"rule", "severity", "subject", "summary", "evidence", "cause", "remedy", "source"}
    assert finding.keys() == words | {"codes", "step", "preparation"}
    assert (finding["rule"], finding["severity"]) == ("vmdk-not-stream-optimized", "error")
    (disk,) = shown["facts"]["disks"]
    assert (disk["capacity_bytes"], disk["layout"]["scheme"]) == (64 << 20, "mbr")
    assert shown["reads"]["requests"] > 0
    assert shown["reads"]["bytes"] > 512


def test_digests_are_compared_on_request(run: Any, images: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.ova"
    large.write_bytes(with_member(images, "more.vmdk", bytes(2 << 20)))
    findings = json.loads(run(large, "--json").stdout)["findings"]
    assert "ova-manifest-not-compared" in [finding["rule"] for finding in findings]
    assert "ova-manifest-not-compared" not in run(large, "--deep").output
    assert run(images / "web.ova", "--deep").exit_code == 0
    spoiled = tmp_path / "spoiled.ova"
    data = bytearray((images / "web.ova").read_bytes())
    data[-20_000] ^= 1
    spoiled.write_bytes(data)
    result = run(spoiled, "--deep")
    assert (result.exit_code, "ova-manifest-mismatch" in result.output) == (1, True)


def test_the_files_of_a_descriptor_are_next_to_it(run: Any, images: Path) -> None:
    shown = json.loads(run(images / "web.ovf", "--json").stdout)
    assert [disk["name"] for disk in shown["facts"]["disks"]] == ["web.vmdk"]
    assert [finding["rule"] for finding in shown["findings"] if finding["severity"] == "error"] == ["ovf-not-packed"]


def test_an_object_requires_few_requests(run: Any, images: Path, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="vms/web.ova", Body=(images / "web.ova").read_bytes())
    result = run(f"s3://{BUCKET}/vms/web.ova", "--region", REGION, "--json")
    shown = json.loads(result.stdout)
    assert (result.exit_code, shown["target"]) == (0, f"s3://{BUCKET}/vms/web.ova")
    assert shown["reads"]["requests"] <= 8
    local = json.loads(run(images / "web.ova", "--json").stdout)
    assert shown["facts"]["disks"] == local["facts"]["disks"]


def test_the_files_of_a_descriptor_in_s3_have_the_same_prefix(run: Any, images: Path, s3: Any) -> None:
    for name in ("web.ovf", "web.vmdk"):
        s3.put_object(Bucket=BUCKET, Key=f"vms/{name}", Body=(images / name).read_bytes())
    shown = json.loads(run(f"s3://{BUCKET}/vms/web.ovf", "--region", REGION, "--json").stdout)
    assert [disk["capacity_bytes"] for disk in shown["facts"]["disks"]] == [64 << 20]


def test_a_url_is_shown_without_its_signature(run: Any, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Image(LocalImage):
        requests, received_bytes = 3, 1000

        def __init__(self, url: str) -> None:
            super().__init__(str(images / "web.vmdk"))
            self.name = "https://disks.example/web.vmdk"

    monkeypatch.setattr("pulumi_vmimport.transfer.url_image.UrlImage", Image)
    result = run("https://disks.example/web.vmdk?X-Amz-Signature=feed")
    assert result.exit_code == 0
    assert "https://disks.example/web.vmdk: VMDK" in result.output
    assert "3 reads, 1000 bytes" in result.output
    assert "feed" not in result.output


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("missing.ova", "missing.ova cannot be read: No such file or directory"),
        (".", "cannot be read: it is not a regular file"),
        ("s3://bucket-only", "expected s3://bucket/key, got 's3://bucket-only'"),
        (
            "ftp://host/web.ova?secret=feed",
            "expected a file, s3://bucket/key, an https URL or vsphere://datacenter/vm/name, got 'ftp://host/web.ova'",
        ),
        ("http://host/web.ova", "expected a file, s3://bucket/key, an https URL or vsphere://datacenter/vm/name"),
        (f"s3://{BUCKET}/missing.ova", f"s3://{BUCKET}/missing.ova cannot be read: the object does not exist"),
    ],
)
def test_fails_with_status_2_and_one_line_if_the_image_cannot_be_read(
    run: Any, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(target)
    assert result.exit_code == 2
    assert words in result.output
    assert "feed" not in result.output


def test_fails_with_status_2_without_credentials(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    result = run(f"s3://{BUCKET}/web.ova", "--region", REGION)
    assert result.exit_code == 2
    assert "--aws-profile" in result.output


def test_control_characters_from_a_file_are_escaped(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "web\x1b[2J.raw"
    path.write_bytes(b"\x1b]0;title\x07" * 100)
    result = run(path)
    assert "\x1b" not in result.output


def test_random_input_gives_findings_and_no_traceback(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "web.vmdk"
    path.write_bytes(b"KDMV" + b"\xff" * 600)
    result = run(path)
    assert result.exit_code == 1
    assert "error: vmdk-cut-short" in result.output
