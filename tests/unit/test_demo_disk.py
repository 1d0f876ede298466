import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pulumi_vmimport.disk.stream_optimized import StreamOptimizedCheck

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
def test_it_has_one_active_ntfs_partition_and_boot_code(raw: Path) -> None:
    listed = subprocess.run(["/usr/sbin/sfdisk", "--json", raw], capture_output=True, check=True)
    table: dict[str, Any] = json.loads(listed.stdout)["partitiontable"]
    (partition,) = table["partitions"]
    assert (table["label"], partition["type"], partition["bootable"], partition["start"]) == ("dos", "7", True, 2048)
    with raw.open("rb") as file:
        assert file.read(440) == demo_disk.BOOT_CODE.read_bytes()[:440]


@needs_tools
def test_its_file_system_is_valid_and_contains_its_offset(raw: Path, tmp_path: Path) -> None:
    inside = f"driver=raw,offset={2048 * 512},file.filename={raw}"
    partition = tmp_path / "partition"
    subprocess.run(["qemu-img", "convert", "--image-opts", inside, "-O", "raw", partition], check=True)
    checked = subprocess.run(["ntfsinfo", "-m", "-f", partition], capture_output=True, text=True, check=True)
    assert "Volume Name: Windows" in checked.stdout
    with partition.open("rb") as file:
        assert int.from_bytes(file.read(512)[0x1C:0x20], "little") == 2048


@needs_tools
def test_the_capacity_is_configurable(tmp_path: Path) -> None:
    made = demo_disk.make_disk(tmp_path / "small.vmdk", capacity_gib=1)
    check = StreamOptimizedCheck("disk", capacity_bytes=GIB)
    check.see(made.read_bytes())
    assert check.end().capacity_bytes == GIB


def test_fails_without_the_tools_and_names_their_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(demo_disk, "_SBIN", ())
    monkeypatch.setattr(demo_disk, "BOOT_CODE", tmp_path / "boot.img")
    packages = ("fdisk", "ntfs-3g", "qemu-utils", "grub-pc-bin")
    with pytest.raises(demo_disk.DemoDiskError, match=f"apt-get install {' '.join(packages)}") as caught:
        demo_disk.make_disk(tmp_path / "disk.vmdk")
    assert caught.value.packages == packages


@needs_tools
def test_fails_with_the_output_of_a_tool_and_creates_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_disk, "_SECTOR_BYTES", 500)
    with pytest.raises(
        demo_disk.DemoDiskError, match=r"(?s)mkntfs .* failed with exit code 1: .*sector size is invalid"
    ):
        demo_disk.make_disk(tmp_path / "disk.vmdk")
    assert list(tmp_path.iterdir()) == []
