"""Images that are cut or spoilt: facts with damage, in bounded time and memory."""

import dataclasses
import json
import random
import tracemalloc
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import (
    Memory,
    archive,
    converted,
)
from tests.unit.disk.inspection.disk_tools import missing, sfdisk

from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image

pytestmark = pytest.mark.skipif(bool(missing("sfdisk")), reason="needs the Debian packages of `make disk-tools`")
MIB, GIB = 1 << 20, 1 << 30
WINDOWS = "label: dos\nlabel-id: 0x1234abcd\nsize=8M, type=7, bootable\nsize=4M, type=83\n"

FORMATS = [
    pytest.param("raw", "", "raw", id="raw"),
    pytest.param("vmdk", "subformat=streamOptimized", "vmdk", id="stream-optimized"),
    pytest.param("vmdk", "subformat=monolithicSparse", "vmdk", id="monolithic-sparse"),
    pytest.param("vmdk", "subformat=monolithicFlat", "vmdk", id="monolithic-flat"),
    pytest.param("vpc", "subformat=dynamic,force_size=on", "vhd", id="vhd-dynamic"),
    pytest.param("vpc", "subformat=fixed,force_size=on", "vhd", id="vhd-fixed"),
    pytest.param("vhdx", "subformat=dynamic,block_size=1M", "vhdx", id="vhdx-dynamic"),
    pytest.param("vhdx", "subformat=fixed", "vhdx", id="vhdx-fixed"),
]


def check(image: bytes, *, is_local: bool) -> ImageFacts:
    facts = inspect_image(Memory(image, "disk.vmdk", is_local), deep=True)
    json.dumps(dataclasses.asdict(facts))
    return facts


def spoilt(facts: ImageFacts) -> bool:
    return bool(facts.damage or any(disk.damage or disk.other for disk in facts.disks))


def test_an_ova_truncated_anywhere_is_detected(ova: bytes) -> None:
    end = len(ova.rstrip(b"\0"))
    for size in (*range(1, end, 20_011), *range(end - 300, end, 17)):
        facts = check(ova[:size], is_local=bool(size % 2))
        assert spoilt(facts), size


@pytest.mark.parametrize(("format", "options", "container"), FORMATS)
def test_damage_of_any_kind_gives_facts_and_no_exception(
    tmp_path: Path, format: str, options: str, container: str
) -> None:
    small = tmp_path / "disk.raw"
    small.write_bytes(random.Random(3).randbytes(5 * MIB))  # noqa: S311 - no secret
    sfdisk(small, "label: gpt\nsize=1M\nsize=1M\n")
    image = converted(small, tmp_path / "disk", format, options).read_bytes()
    assert check(image, is_local=True).container is Container(container)
    dice = random.Random(9)  # noqa: S311 - no secret
    for number in range(30):
        spoiled = bytearray(image)
        for _ in range(dice.choice((1, 3, 40))):
            at = dice.choice((dice.randrange(2048), dice.randrange(len(image)), len(image) - 1 - dice.randrange(2048)))
            width = dice.choice((1, 4, 8))
            value = dice.choice((0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1), dice.getrandbits(8 * width)))
            spoiled[at : at + width] = value.to_bytes(width, dice.choice(("little", "big")))
        size = dice.randrange(len(image)) if dice.random() < 0.3 else len(image)
        check(bytes(spoiled[:size]), is_local=bool(number % 2))


def test_memory_is_bounded_for_any_input(ova: bytes) -> None:
    tracemalloc.start()
    try:
        text = "<Envelope>" + "<a b='c'/>" * 49_000 + "<c>" + "d" * (1 << 20) + "</c></Envelope>"
        check(archive({"vm.ovf": text.encode()}), is_local=True)
        check(ova, is_local=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MIB
