import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import Memory, converted, qemu_info

from pulumi_vmimport.disk.inspection.container_inspection import ContainerInspection
from pulumi_vmimport.disk.inspection.facts import VhdFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.inspection.inspect_vhd import inspect_vhd
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.vhd_structures import DynamicDiskHeader, VhdFooter
from pulumi_vmimport.image_profile import ImageProfile

MIB = 1 << 20
FOOTER = 512


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice = random.Random(6)  # noqa: S311 - no secret
    path = tmp_path_factory.mktemp("raw") / "disk.raw"
    with path.open("wb") as file:
        file.truncate(21 * MIB)
        for at in (0, 9 * MIB, 20 * MIB):
            file.seek(at)
            file.write(dice.randbytes(90_000))
    return path


@pytest.fixture(scope="module")
def make(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("vhd")
    return lambda options: converted(raw, folder / "disk.vhd", "vpc", options)


@pytest.fixture(scope="module")
def dynamic(make: Callable[[str], Path]) -> bytes:
    return make("force_size=on").read_bytes()


@pytest.fixture(scope="module")
def fixed(make: Callable[[str], Path]) -> bytes:
    return make("subformat=fixed,force_size=on").read_bytes()


def read(data: bytes) -> tuple[VhdFacts, ContainerInspection]:
    inspected = inspect_vhd(Memory(data))
    assert inspected.vhd
    return inspected.vhd, inspected


def edited(image: bytes, at: int, value: bytes) -> bytes:
    at %= len(image)
    return image[:at] + value + image[at + len(value) :]


def sealed(image: bytes, at: int, length: int, checksum_at: int) -> bytes:
    at %= len(image)
    part = edited(image[at : at + length], checksum_at, bytes(4))
    return edited(image, at + checksum_at, struct.pack(">I", ~sum(part) & 0xFFFFFFFF))


def with_footers(image: bytes, at: int, value: bytes) -> bytes:
    for start in (0, -FOOTER):
        image = sealed(edited(image, start + at, value), start, FOOTER, 64)
    return image


@pytest.mark.parametrize(
    "options", ["force_size=on", "subformat=dynamic", "subformat=fixed", "subformat=fixed,force_size=on"]
)
def test_a_vhd_has_the_facts_that_qemu_img_reports(make: Callable[[str], Path], raw: Path, options: str) -> None:
    made = make(options)
    facts, inspected = read(made.read_bytes())
    is_fixed = "fixed" in options
    assert facts == VhdFacts(
        kind="fixed" if is_fixed else "dynamic",
        creator="qem2" if "force_size" in options else "qemu",
        footer_checksum_matches=True,
        footers_identical=None if is_fixed else True,
        header_checksum_matches=None if is_fixed else True,
        block_bytes=None if is_fixed else qemu_info(made, "vpc")["cluster-size"],
        parent_name=None,
    )
    assert inspected.capacity_bytes == qemu_info(made, "vpc")["virtual-size"]
    assert inspected.damage == []
    assert inspected.content
    assert inspected.content.read(9 * MIB, 90_000) == raw.read_bytes()[9 * MIB : 9 * MIB + 90_000]


def test_different_footers_are_reported(dynamic: bytes) -> None:
    facts, inspected = read(sealed(edited(dynamic, 16, b"\1"), 0, FOOTER, 64))
    assert (facts.footers_identical, facts.footer_checksum_matches) == (False, True)
    assert [damage.words for damage in inspected.damage] == ["the copy at the start is not identical"]
    facts, inspected = read(edited(dynamic, -FOOTER + 70, b"\7"))
    assert (facts.footers_identical, facts.footer_checksum_matches) == (False, False)
    assert inspected.content is None


def test_a_differencing_vhd_has_the_name_of_its_parent(dynamic: bytes) -> None:
    image = edited(with_footers(dynamic, 60, struct.pack(">I", 4)), 512 + 64, "C:\\größe.vhd\0".encode("utf-16-be"))
    facts, inspected = read(sealed(image, 512, 1024, 36))
    assert (facts.kind, facts.parent_name, facts.footers_identical) == ("differencing", "C:\\größe.vhd", True)
    assert (inspected.content, inspected.damage) == (None, [])


def test_an_unknown_disk_type_is_damage(dynamic: bytes) -> None:
    facts, inspected = read(with_footers(dynamic, 60, struct.pack(">I", 9)))
    assert facts.kind == "type 9"
    assert "type 9, expected 2 (fixed)" in inspected.damage[0].words


def test_a_truncated_dynamic_vhd_is_detected(dynamic: bytes) -> None:
    for size in (*range(FOOTER, len(dynamic), 99_991), len(dynamic) - 1):
        facts, inspected = read(dynamic[:size])
        assert facts.kind == "dynamic"
        assert facts.footers_identical is False
        assert inspected.damage[0].where == "footer"
        assert inspected.capacity_bytes == 21 * MIB


def test_a_fixed_vhd_with_truncated_data_is_detected(fixed: bytes) -> None:
    facts, inspected = read(fixed[MIB:])
    assert (facts.kind, facts.footer_checksum_matches) == ("fixed", True)
    assert "22020096 bytes of data, the file has 20971520" in inspected.damage[0].words


@pytest.mark.parametrize("more", [b"m", b"\0" * 512])
def test_bytes_after_the_footer_are_reported_and_the_disk_is_read(fixed: bytes, dynamic: bytes, more: bytes) -> None:
    for image in (fixed, dynamic):
        facts, inspected = read(image + more)
        assert facts == read(image)[0]
        assert [damage.words for damage in inspected.damage] == [f"{len(more)} bytes follow it"]
        assert inspected.content


def test_a_truncated_footer_is_detected(fixed: bytes) -> None:
    facts, inspected = read(fixed[:-1])
    assert facts.kind == "unknown"
    assert [damage.where for damage in inspected.damage] == ["footer"]


@pytest.mark.parametrize(
    ("at", "value", "where"),
    [
        pytest.param(0, b"cxSPARSE", "dynamic disk header", id="cookie"),
        pytest.param(16, struct.pack(">Q", 1 << 60), "block allocation table", id="table-outside"),
        pytest.param(28, struct.pack(">I", 1), "dynamic disk header", id="entries"),
        pytest.param(32, struct.pack(">I", 0), "dynamic disk header", id="no-block"),
        pytest.param(32, struct.pack(">I", 3 << 20), "dynamic disk header", id="odd-block"),
    ],
)
def test_an_invalid_dynamic_disk_header_is_damage(dynamic: bytes, at: int, value: bytes, where: str) -> None:
    _, inspected = read(sealed(edited(dynamic, 512 + at, value), 512, 1024, 36))
    assert [damage.where for damage in inspected.damage] == [where]


def test_a_dynamic_disk_header_with_a_wrong_checksum_is_damage(dynamic: bytes) -> None:
    facts, inspected = read(edited(dynamic, 512 + 36, b"\0\0\0\0"))
    assert facts.header_checksum_matches is False
    assert [damage.words for damage in inspected.damage] == ["the checksum does not match"]


@pytest.mark.parametrize("at", [1 << 60, (1 << 64) - 1, 1 << 34])
def test_a_dynamic_disk_header_outside_the_file_is_damage(dynamic: bytes, at: int) -> None:
    facts, inspected = read(with_footers(dynamic, 16, struct.pack(">Q", at)))
    assert facts.header_checksum_matches is None
    assert [damage.where for damage in inspected.damage] == ["dynamic disk header"]


@pytest.mark.parametrize("capacity", [0, 1 << 63])
def test_an_invalid_capacity_is_damage(dynamic: bytes, capacity: int) -> None:
    _, inspected = read(with_footers(dynamic, 48, struct.pack(">Q", capacity)))
    assert inspected.capacity_bytes is None
    assert inspected.damage[0].words == f"it states a capacity of {capacity} bytes"


def test_a_block_outside_the_file_is_reported(dynamic: bytes) -> None:
    (table,) = struct.unpack_from(">Q", dynamic, 512 + 16)
    _, inspected = read(edited(dynamic, table + 4, struct.pack(">I", 1 << 31)))
    assert "block 1 ends at 1099513725440, the file at " in inspected.damage[0].words


def test_the_checksums_of_qemu_img_are_valid(dynamic: bytes) -> None:
    for structure in (VhdFooter.parse(dynamic[:FOOTER]), DynamicDiskHeader.parse(dynamic[512 : 512 + 1024])):
        assert structure.checksum == structure.stated_checksum != 0


def test_a_dynamic_vhd_without_its_end_is_one_error_that_says_so(dynamic: bytes) -> None:
    for size in (len(dynamic) // 2, len(dynamic) - FOOTER):
        found = evaluate(inspect_image(Memory(dynamic[:size], "web.vhd")), ImageProfile.SNAPSHOT)
        (error,) = (finding for finding in found if finding.severity is Severity.ERROR)
        assert error.rule == "vhd-footer-differs"
        assert error.evidence.startswith("there is only the copy at the start; ")
        assert "copy or upload it again" in error.remedy


def test_a_footer_of_virtual_pc_without_its_last_byte_is_named(fixed: bytes) -> None:
    found = evaluate(inspect_image(Memory(fixed[:-1], "web.vhd")), ImageProfile.SNAPSHOT)
    (error,) = (finding for finding in found if finding.severity is Severity.ERROR)
    assert error.rule == "damaged"
    assert "it has 511 bytes" in error.evidence
    assert evaluate(inspect_image(Memory(fixed[:-1] + b"\0", "web.vhd")), ImageProfile.SNAPSHOT) == ()
