"""An OVF package, in an archive or not."""

import dataclasses
import json
import tarfile
from pathlib import Path

import pytest
from tests.unit.disk.inspection.container_images import (
    Memory,
    archive,
    manifest,
    vsphere_members,
)
from tests.unit.disk.inspection.disk_tools import missing
from tests.unit.disk.inspection.sample_descriptors import VIRTUALBOX_OVF, VSPHERE_OVF

from pulumi_vmimport.disk.inspection.facts import Container
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image

pytestmark = pytest.mark.skipif(bool(missing("sfdisk")), reason="needs the Debian packages of `make disk-tools`")
MIB, GIB = 1 << 20, 1 << 30


def test_an_ova_of_vsphere_is_inspected(ova: bytes, stream: bytes) -> None:
    facts = inspect_image(Memory(ova, "win11.ova"))
    assert (facts.container, facts.damage) == (Container.OVA, ())
    assert facts.ova
    assert facts.ova.ovf
    assert [member.name for member in facts.ova.members] == [
        "win11.ovf",
        "win11-1.vmdk",
        "win11-2.iso",
        "win11-3.nvram",
        "win11.mf",
    ]
    assert facts.ova.ends_in_zero_blocks
    assert [(entry.file, entry.matches) for entry in facts.ova.manifest] == [
        ("win11.ovf", True),
        ("win11-1.vmdk", len(stream) <= MIB or None),
        ("win11-2.iso", True),
        ("win11-3.nvram", True),
    ]
    (disk,) = facts.disks
    assert (disk.name, disk.container, disk.size_bytes, disk.damage) == ("win11-1.vmdk", "vmdk", len(stream), ())
    assert disk.layout
    assert len(disk.layout.partitions) == 2
    assert json.loads(json.dumps(dataclasses.asdict(facts)))["ova"]["ovf"]["firmware"] == "efi"


def test_digests_of_disks_are_compared_on_request(ova: bytes) -> None:
    facts = inspect_image(Memory(ova), deep=True)
    assert facts.ova
    assert [entry.matches for entry in facts.ova.manifest] == [True] * 4
    at = ova.index(b"KDMV") + 70_000
    facts = inspect_image(Memory(ova[:at] + bytes([ova[at] ^ 1]) + ova[at + 1 :]), deep=True)
    assert facts.ova
    assert [entry.matches for entry in facts.ova.manifest] == [True, False, True, True]


def test_disks_are_in_the_order_of_the_descriptor_followed_by_unnamed_ones(stream: bytes, raw: Path) -> None:
    text = VSPHERE_OVF.replace(
        '<Disk ovf:capacity="8589934592"', '<Disk ovf:capacity="8589934592" ovf:fileRef="file4"'
    ).replace("<References>", '<References><File ovf:id="file4" ovf:href="second.vhd"/>')
    members = {
        "other.raw": raw.read_bytes()[:MIB],
        "second.vhd": b"\1" * 512,
        "win11-1.vmdk": stream,
        "win11-2.iso": b"i",
        "vm.ovf": text.encode(),
    }
    facts = inspect_image(Memory(archive(members)))
    assert [disk.name for disk in facts.disks] == ["win11-1.vmdk", "second.vhd", "other.raw"]
    assert [damage.where for damage in facts.disks[1].damage] == ["signature"]


def test_the_cd_image_of_a_virtualbox_ova_is_not_a_disk(stream: bytes) -> None:
    text = VIRTUALBOX_OVF.replace("{firmware}", "").encode()
    facts = inspect_image(
        Memory(archive({"deb.ovf": text, "deb-disk001.vmdk": stream, "deb-disk002.iso": b"\0" * 9}, tarfile.GNU_FORMAT))
    )
    assert [disk.name for disk in facts.disks] == ["deb-disk001.vmdk"]
    assert facts.damage == ()


def test_missing_files_of_an_ova_are_reported(stream: bytes, tmp_path: Path) -> None:
    members = {"vm.ovf": VSPHERE_OVF.encode(), "a.vmdk": stream}
    text = manifest("sha1sum", tmp_path, {**members, "gone.vmdk": b""})
    facts = inspect_image(Memory(archive({**members, "vm.mf": text})))
    assert {damage.words for damage in facts.damage} == {
        "it names gone.vmdk, which is missing",
        "it names win11-1.vmdk, which is missing",
    }
    assert [disk.name for disk in facts.disks] == ["a.vmdk"]
    facts = inspect_image(Memory(archive({"a.vmdk": stream})))
    assert [damage.words for damage in facts.damage] == ["the archive has none"]
    assert facts.ova
    assert facts.ova.ovf is None
    facts = inspect_image(Memory(archive({"vm.ovf": b"<!DOCTYPE x><Envelope/>", "a.vmdk": stream})))
    assert "document type" in facts.damage[0].words


def test_a_disk_that_is_split_into_chunks_is_read_as_one(stream: bytes) -> None:
    text = VSPHERE_OVF.replace('ovf:id="file1" ovf:size="0"', 'ovf:id="file1" ovf:size="0" ovf:chunkSize="70000"')
    members = {"vm.ovf": text.encode(), "win11-2.iso": b"i"}
    for number in range(-(-len(stream) // 70_000)):
        members[f"win11-1.vmdk.{number:09}"] = stream[number * 70_000 : (number + 1) * 70_000]
    facts = inspect_image(Memory(archive(members)))
    (disk,) = facts.disks
    assert (disk.name, disk.size_bytes, disk.damage, facts.damage) == ("win11-1.vmdk", len(stream), (), ())
    assert disk.layout
    assert len(disk.layout.partitions) == 2
    assert facts.ova
    assert facts.ova.ovf
    assert facts.ova.ovf.files[0].chunk_bytes == 70_000
    del members["win11-1.vmdk.000000003"]
    (disk,) = inspect_image(Memory(archive(members))).disks
    assert disk.damage


def test_a_descriptor_opens_the_files_next_to_it(stream: bytes, tmp_path: Path) -> None:
    files = vsphere_members(stream)
    files["win11.mf"] = manifest("sha512sum", tmp_path, files)
    asked: list[str] = []

    def open_sibling(name: str) -> Memory | None:
        asked.append(name)
        return Memory(files[name], name) if name in files else None

    facts = inspect_image(Memory(files["win11.ovf"], "/exports/win11.ovf"), open_sibling=open_sibling, deep=True)
    assert (facts.container, facts.damage) == (Container.OVF, ())
    assert facts.ova
    assert [entry.matches for entry in facts.ova.manifest] == [True] * 4
    assert [disk.name for disk in facts.disks] == ["win11-1.vmdk"]
    assert facts.disks[0].layout
    assert asked == ["win11-1.vmdk", "win11-2.iso", "win11-3.nvram", "win11.mf"]
    alone = inspect_image(Memory(files["win11.ovf"], "win11.ovf"))
    assert [damage.words for damage in alone.damage] == ["it names win11-1.vmdk, which is missing"]
    paths = VSPHERE_OVF.replace("win11-1.vmdk", "../win11-1.vmdk")
    asked.clear()
    inspect_image(Memory(paths.encode(), "win11.ovf"), open_sibling=open_sibling)
    assert "../win11-1.vmdk" not in asked
