import struct
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import (
    AT_END,
    SECTOR,
    Memory,
    converted,
    qemu_info,
)

from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection
from pulumi_vmimport.disk.inspection.facts import VmdkFacts
from pulumi_vmimport.disk.inspection.inspect_vmdk import inspect_vmdk, is_vmdk

GIB, MIB = 1 << 30, 1 << 20


def read(data: bytes, *, is_local: bool = True) -> tuple[VmdkFacts, ContainerInspection]:
    inspected = inspect_vmdk(Memory(data, is_local=is_local), lambda _: None)
    assert inspected.vmdk
    return inspected.vmdk, inspected


def edited(image: bytes, at: int, value: bytes) -> bytes:
    at %= len(image)
    return image[:at] + value + image[at + len(value) :]


@pytest.mark.parametrize(
    ("subformat", "compressed", "hardware"),
    [
        ("streamOptimized", True, "4"),
        ("monolithicSparse", False, "4"),
        ("monolithicSparse,compat6=on", False, "6"),
        ("monolithicSparse,adapter_type=lsilogic,zeroed_grain=on", False, "4"),
        ("streamOptimized,hwversion=13,adapter_type=buslogic", True, "13"),
    ],
)
def test_a_sparse_vmdk_has_the_facts_that_qemu_img_reports(
    sparse_raw: Path, tmp_path: Path, subformat: str, compressed: bool, hardware: str
) -> None:
    made = converted(sparse_raw, tmp_path / "disk.vmdk", "vmdk", f"subformat={subformat}")
    info = qemu_info(made, "vmdk")
    reported = info["format-specific"]["data"]
    facts, inspected = read(made.read_bytes())
    assert facts.create_type == reported["create-type"] == subformat.split(",", maxsplit=1)[0]
    assert facts.parent_cid == f"{reported['parent-cid']:x}"
    assert facts.grain_bytes == reported["extents"][0]["cluster-size"]
    assert inspected.capacity_bytes == info["virtual-size"] == 70 * MIB
    assert (facts.is_compressed, facts.has_markers) == (compressed, compressed)
    assert facts.is_compressed == reported["extents"][0].get("compressed", False)
    assert facts.hardware_version == hardware
    assert (facts.line_ends_intact, facts.directory_at_end, facts.has_footer) == (True, False, None)
    assert (facts.grains_end_within_file, facts.every_grain_table_read) == (True, True)
    assert facts.extent_files == ()
    assert inspected.damage == []
    assert inspected.content
    assert inspected.content.read(0, 4096) == sparse_raw.read_bytes()[:4096]


def test_adapter_types_are_facts(sparse_raw: Path, tmp_path: Path) -> None:
    for adapter in ("ide", "lsilogic", "buslogic", "legacyESX"):
        made = converted(sparse_raw, tmp_path / f"{adapter}.vmdk", "vmdk", f"adapter_type={adapter}")
        assert read(made.read_bytes())[0].adapter_type == adapter


@pytest.mark.parametrize(
    ("subformat", "files"),
    [
        ("monolithicFlat", ("disk-flat.vmdk",)),
        ("twoGbMaxExtentSparse", ("disk-s001.vmdk", "disk-s002.vmdk")),
        ("twoGbMaxExtentFlat", ("disk-f001.vmdk", "disk-f002.vmdk")),
    ],
)
def test_a_descriptor_names_its_other_files(tmp_path: Path, subformat: str, files: tuple[str, ...]) -> None:
    raw = tmp_path / "disk.raw"
    with raw.open("wb") as file:
        file.truncate(3 * GIB if "two" in subformat else 70 * MIB)
    made = converted(raw, tmp_path / "disk.vmdk", "vmdk", f"subformat={subformat}")
    facts, inspected = read(made.read_bytes())
    assert (facts.create_type, facts.extent_files) == (subformat, files)
    assert inspected.capacity_bytes == qemu_info(made, "vmdk")["virtual-size"]
    assert inspected.damage == []
    assert inspected.content is None


def test_the_data_file_of_a_flat_vmdk_is_read(sparse_raw: Path, tmp_path: Path) -> None:
    made = converted(sparse_raw, tmp_path / "disk.vmdk", "vmdk", "subformat=monolithicFlat")
    flat = Memory((tmp_path / "disk-flat.vmdk").read_bytes())
    inspected = inspect_vmdk(Memory(made.read_bytes()), {"disk-flat.vmdk": flat}.get)
    assert inspected.content
    assert inspected.content.read(MIB, 90_000) == sparse_raw.read_bytes()[MIB : MIB + 90_000]
    inspected = inspect_vmdk(Memory(made.read_bytes()), {"disk-flat.vmdk": Memory(flat.data[:-1])}.get)
    assert [damage.where for damage in inspected.damage] == ["extent"]


@pytest.mark.parametrize("name", ["../disk-flat.vmdk", "/etc/passwd", "..", "a\\\\b", "", "a\0b", "n" * 300])
def test_a_descriptor_cannot_refer_to_files_outside_its_folder(name: str) -> None:
    text = f'# Disk DescriptorFile\ncreateType="monolithicFlat"\nRW 128 FLAT "{name}" 0\n'
    asked: list[str] = []
    inspect_vmdk(Memory(text.encode()), asked.append)
    assert all("/" not in name and "\\" not in name and name != ".." and len(name) < 256 for name in asked)


def test_an_extent_of_zeros_and_offsets_are_read() -> None:
    text = '# Disk DescriptorFile\r\ncreateType="custom"\r\nRW 8 FLAT "a" 4\r\nRW 2048 ZERO\r\nRDONLY 1 VMFS "b"\r\n'
    facts, inspected = read(text.encode())
    assert (facts.create_type, facts.extent_files, inspected.capacity_bytes) == ("custom", ("a", "b"), 2057 * 512)


@pytest.mark.parametrize("is_local", [True, False])
def test_the_footer_of_a_stream_of_vsphere_is_read(at_end: bytes, sparse_raw: Path, is_local: bool) -> None:
    facts, inspected = read(at_end, is_local=is_local)
    assert (facts.directory_at_end, facts.has_footer, facts.ends_in_end_of_stream) == (True, True, True)
    assert (facts.grains_end_within_file, facts.every_grain_table_read) == (True, True)
    assert inspected.damage == []
    assert inspected.content
    assert inspected.content.read(66 * MIB, 90_000) == sparse_raw.read_bytes()[66 * MIB : 66 * MIB + 90_000]


def test_a_stream_truncated_anywhere_is_detected_with_its_directory_at_the_end(at_end: bytes) -> None:
    for size in (*range(4, len(at_end), 9973), *range(len(at_end) - 2000, len(at_end), 7)):
        facts, inspected = read(at_end[:size])
        assert inspected.damage, size
        assert not facts.ends_in_end_of_stream


def test_a_truncated_monolithic_sparse_disk_is_detected(sparse_raw: Path, tmp_path: Path) -> None:
    image = converted(sparse_raw, tmp_path / "disk.vmdk", "vmdk", "subformat=monolithicSparse").read_bytes()
    for size in range(4, len(image) - 65536, 65_537):
        assert read(image[:size])[1].damage, size


def test_a_missing_end_of_stream_differs_from_a_missing_footer(at_end: bytes) -> None:
    facts, inspected = read(at_end[:-SECTOR])
    assert (facts.has_footer, facts.ends_in_end_of_stream) == (True, False)
    assert [damage.where for damage in inspected.damage] == ["end of stream"]
    facts, inspected = read(at_end[: -2 * SECTOR])
    assert (facts.has_footer, facts.ends_in_end_of_stream) == (False, False)
    assert [damage.where for damage in inspected.damage] == ["footer"]


def test_bytes_after_the_end_of_stream_are_reported_and_the_disk_is_read(at_end: bytes) -> None:
    for more in (b"\0" * 9 * SECTOR, b"junk", b"\n"):
        facts, inspected = read(at_end + more)
        assert (facts.has_footer, facts.ends_in_end_of_stream, facts.grains_end_within_file) == (True, True, True)
        assert [damage.words for damage in inspected.damage] == [f"{len(more)} bytes follow the marker"]
        assert inspected.content


def test_a_footer_that_contradicts_the_header_is_reported(at_end: bytes) -> None:
    _, inspected = read(edited(at_end, -2 * SECTOR + 12, struct.pack("<Q", 4096)))
    assert [damage.where for damage in inspected.damage] == ["footer"]
    assert "it states 4096 sectors in grains of 128" in inspected.damage[0].words
    assert inspected.capacity_bytes == 70 * MIB


@pytest.mark.parametrize(("converted_bytes", "intact"), [(b"\n \r\n", True), (b"\r \r\r", False), (b"\n \n\0", False)])
def test_a_transfer_in_text_mode_is_detected(at_end: bytes, converted_bytes: bytes, intact: bool) -> None:
    facts, inspected = read(edited(at_end, 73, converted_bytes))
    assert facts.line_ends_intact is intact
    assert bool(inspected.damage) is not intact


def test_an_actual_transfer_in_text_mode_is_detected(at_end: bytes) -> None:
    facts, inspected = read(at_end.replace(b"\r\n", b"\n"))
    assert not facts.line_ends_intact
    assert inspected.damage


@pytest.mark.parametrize("compression", [0, 2, 255])
def test_another_compression_is_a_fact(at_start: bytes, compression: int) -> None:
    facts, inspected = read(edited(at_start, 77, struct.pack("<H", compression)))
    assert (facts.is_compressed, facts.compression_algorithm) == (True, compression)
    assert inspected.content is None
    assert facts.grains_end_within_file


@pytest.mark.parametrize("kind", [b"StreamOptimized", b"STREAMOPTIMIZED", b"streamoptimized"])
def test_the_case_of_the_create_type_does_not_matter(at_start: bytes, kind: bytes) -> None:
    facts, inspected = read(at_start.replace(b"streamOptimized", kind))
    assert facts.create_type == kind.decode()
    assert (inspected.content is not None, inspected.damage) == (True, [])


def test_a_delta_disk_and_a_part_of_a_split_disk_are_facts(at_start: bytes) -> None:
    facts, inspected = read(at_start.replace(b"parentCID=ffffffff", b"parentCID=0badcafe"))
    assert (facts.parent_cid, inspected.content, inspected.damage) == ("0badcafe", None, [])
    facts, inspected = read(edited(at_start, 28, bytes(16)))
    assert (facts.create_type, inspected.content, inspected.damage) == (None, None, [])


@pytest.mark.parametrize(
    ("at", "value", "where"),
    [
        pytest.param(12, struct.pack("<Q", 0), "header", id="no-capacity"),
        pytest.param(12, struct.pack("<Q", 1 << 60), "header", id="capacity"),
        pytest.param(12, struct.pack("<Q", 1 << 37), "grain directory", id="directory-size"),
        pytest.param(20, struct.pack("<Q", 0), "header", id="no-grain"),
        pytest.param(20, struct.pack("<Q", 100), "header", id="odd-grain"),
        pytest.param(20, struct.pack("<Q", 1), "grain", id="tiny-grain"),
        pytest.param(28, struct.pack("<Q", 1 << 60), "descriptor", id="descriptor-outside"),
        pytest.param(36, struct.pack("<Q", 1 << 60), "descriptor", id="descriptor-size"),
        pytest.param(44, struct.pack("<I", 1 << 31), "header", id="table"),
        pytest.param(56, struct.pack("<Q", 1 << 60), "grain directory", id="directory-outside"),
        pytest.param(56, struct.pack("<Q", AT_END), "footer", id="no-footer"),
    ],
)
def test_an_invalid_header_is_damage(at_start: bytes, at: int, value: bytes, where: str) -> None:
    _, inspected = read(edited(at_start, at, value))
    assert inspected.damage[0].where == where


def test_disks_of_an_esx_file_system_are_identified() -> None:
    cowd = struct.pack("<4sIIIIII", b"COWD", 1, 3, 2048, 1, 4, 1).ljust(2048, b"\0")
    facts, inspected = read(cowd)
    assert is_vmdk(cowd)
    assert (facts.create_type, facts.version, facts.grain_bytes) == ("vmfsSparse", 1, 512)
    assert inspected.capacity_bytes == MIB
    se_sparse = struct.pack("<QQQQ", 0xCAFEBABE, 0x200000001, 4096, 8).ljust(4096, b"\0")
    facts, inspected = read(se_sparse)
    assert is_vmdk(se_sparse)
    assert (facts.create_type, facts.version, facts.grain_bytes) == ("seSparse", 2, 4096)
    assert inspected.capacity_bytes == 2 * MIB
    assert read(cowd[:100])[1].damage


@pytest.mark.parametrize(
    "filling", [b"\n", b" ", b"createType=\n", b"createType", b"RW 1 ZERO\n", b"RW 1\t\t\t", b"\0"]
)
def test_a_descriptor_of_any_content_is_read_to_its_end(at_start: bytes, filling: bytes) -> None:
    text = filling * (MIB // len(filling))
    image = edited(at_start, 28, struct.pack("<QQ", len(at_start) // SECTOR, MIB // SECTOR)) + text.ljust(MIB)
    read(image)
    read(b"# Disk DescriptorFile\n" + text)
