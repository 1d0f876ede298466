import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pulumi_vmimport.disk.guest.detected_guest import detected_guest
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.stream_optimized import StreamOptimizedCheck
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.transfer.local_image import LocalImage

SOURCE = Path(__file__).resolve().parents[2] / "stacks" / "vsphere_to_workspaces" / "demo_disk.py"
GIB = 1 << 30


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_disk", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


demo_disk = _load()
needs_tools = pytest.mark.skipif(
    bool(demo_disk.missing_packages()), reason=f"needs the Debian packages {' '.join(demo_disk.missing_packages())}"
)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = demo_disk.make_disk(tmp_path_factory.mktemp("demo") / "new" / "windows.vmdk")
    return made


@pytest.fixture(scope="module")
def raw(disk: Path) -> Path:
    image = disk.parent / "disk.raw"
    subprocess.run(["qemu-img", "convert", "-f", "vmdk", "-O", "raw", disk, image], check=True)
    return image


@needs_tools
def test_the_disk_is_a_stream_optimized_vmdk_of_seventy_gib_and_a_few_mb(disk: Path) -> None:
    check = StreamOptimizedCheck("disk", capacity_bytes=70 * GIB)
    check.see(disk.read_bytes())
    assert check.end().capacity_bytes == 70 * GIB
    assert disk.stat().st_size < 20 << 20
    assert [path.name for path in disk.parent.iterdir() if path.suffix != ".raw"] == ["windows.vmdk"]


@needs_tools
def test_it_holds_a_windows_that_is_ready_for_workspaces(disk: Path) -> None:
    with LocalImage(str(disk)) as image:
        facts = inspect_image(image, read_guest=inspect_guest)
    assert evaluate(facts, ImageProfile.BYOL_WORKSPACES) == ()
    guest = facts.disks[0].guest
    assert guest is not None
    found = detected_guest(guest)
    assert found is not None
    assert (found.release, found.firmware, found.sysprep_state) == ("Windows 10 22H2", "bios", "installed")


@needs_tools
def test_it_has_an_active_partition_for_other_tools_too(raw: Path) -> None:
    listed = subprocess.run(["/usr/sbin/sfdisk", "--json", raw], capture_output=True, check=True)
    table: dict[str, Any] = json.loads(listed.stdout)["partitiontable"]
    first, windows = table["partitions"]
    assert (table["label"], first["type"], first["bootable"], first["start"]) == ("dos", "7", True, 2048)
    assert (windows["type"], windows.get("bootable")) == ("7", None)


def test_fails_if_windows_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_disk, "missing_packages", tuple)
    with pytest.raises(demo_disk.DemoDiskError, match="a capacity of at least 64 GiB for Windows, got 60"):
        demo_disk.make_disk(tmp_path / "disk.vmdk", capacity_gib=60)


def test_fails_without_the_tool_and_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(demo_disk.DemoDiskError, match="apt-get install qemu-utils") as caught:
        demo_disk.make_disk(tmp_path / "disk.vmdk")
    assert caught.value.packages == ("qemu-utils",)


@needs_tools
def test_fails_with_the_output_of_a_tool_and_creates_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    failing = tmp_path / "bin" / "qemu-img"
    failing.write_text("#!/bin/sh\necho no space left on device >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{failing.parent}:/usr/bin:/bin")
    with pytest.raises(demo_disk.DemoDiskError, match=r"qemu-img .* failed with exit code 1: no space left on device"):
        demo_disk.make_disk(tmp_path / "made" / "disk.vmdk")
    assert list((tmp_path / "made").iterdir()) == []
