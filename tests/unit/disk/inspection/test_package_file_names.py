"""The files that a descriptor and a manifest name, found by any spelling of their names."""

import hashlib

import pytest
from tests.unit.disk.inspection.container_images import Memory, archive
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.package_file_names import FileNames


def package(href: str, disk: str, stream: bytes, folder: str = "", in_manifest: str | None = None) -> ImageFacts:
    text = VSPHERE_OVF.replace("win11-1.vmdk", href).encode()
    lines = "".join(
        f"SHA256({name})= {hashlib.sha256(data).hexdigest()}\n"
        for name, data in {"win11.ovf": text, in_manifest or href: stream}.items()
    )
    members = {"win11.ovf": text, "win11.mf": lines.encode(), disk: stream, "win11-2.iso": b"i", "win11-3.nvram": b"n"}
    return inspect_image(Memory(archive({folder + name: data for name, data in members.items()})), deep=True)


@pytest.mark.parametrize(
    ("href", "disk", "folder"),
    [
        pytest.param("my%20disk.vmdk", "my disk.vmdk", "", id="percent-encoded"),
        pytest.param("my%20disk.vmdk", "my%20disk.vmdk", "", id="percent-in-the-name"),
        pytest.param("my disk.vmdk", "my%20disk.vmdk", "", id="member-encoded"),
        pytest.param("gr%C3%B6%C3%9Fe.vmdk", "größe.vmdk", "", id="utf-8"),
        pytest.param("./disk.vmdk", "disk.vmdk", "", id="dot-in-the-descriptor"),
        pytest.param("disk.vmdk", "disk.vmdk", "./", id="dot-in-the-archive"),
    ],
)
def test_a_file_is_found_by_any_spelling_of_its_name(href: str, disk: str, folder: str, stream: bytes) -> None:
    facts = package(href, disk, stream, folder)
    assert facts.damage == ()
    assert facts.ova
    assert facts.ova.ovf
    assert [found.name for found in facts.disks] == [folder + disk]
    assert facts.ova.ovf.disks[0].file == facts.ova.ovf.files[0].href == folder + disk
    assert facts.ova.ovf.files[0].stated_href == href
    assert {member.name for member in facts.ova.members} >= {file.href for file in facts.ova.ovf.files}
    assert [(entry.file, entry.matches) for entry in facts.ova.manifest] == [("win11.ovf", True), (href, True)]


def test_a_manifest_may_spell_a_name_in_another_way_than_the_descriptor(stream: bytes) -> None:
    facts = package("my%20disk.vmdk", "my disk.vmdk", stream, in_manifest="./my disk.vmdk")
    assert facts.damage == ()
    assert facts.ova
    assert [entry.matches for entry in facts.ova.manifest] == [True, True]


def test_a_missing_file_keeps_its_name_in_the_descriptor(stream: bytes) -> None:
    facts = package("../my%20disk.vmdk", "my disk.vmdk", stream)
    assert facts.ova
    assert facts.ova.ovf
    assert facts.ova.ovf.files[0].href == facts.ova.ovf.disks[0].file == "../my%20disk.vmdk"
    assert [damage.where for damage in facts.damage] == ["manifest", "OVF descriptor"]


def test_files_next_to_a_descriptor_are_found_by_decoded_names_but_not_by_paths(stream: bytes) -> None:
    for href, name in (("my%20disk.vmdk", "my disk.vmdk"), ("./disk.vmdk", "disk.vmdk"), ("..%2Fdisk.vmdk", None)):
        requested: list[str] = []

        def open_sibling(wanted: str, name: str | None = name, requested: list[str] = requested) -> Memory | None:
            requested.append(wanted)
            return Memory(stream, wanted) if wanted == name else None

        text = VSPHERE_OVF.replace("win11-1.vmdk", href).encode()
        facts = inspect_image(Memory(text, "/exports/win11.ovf"), open_sibling=open_sibling)
        assert [disk.name for disk in facts.disks] == ([name] if name else [])
        assert not [wanted for wanted in requested if "/" in wanted]


def test_an_exact_name_takes_precedence_over_other_spellings() -> None:
    names = FileNames(["a b", "a%20b", "./c"])
    assert [names.find(name) for name in ("a b", "a%20b", "c", "./c", "./a%20b", "d")] == [
        "a b",
        "a%20b",
        "./c",
        "./c",
        "a b",
        None,
    ]
