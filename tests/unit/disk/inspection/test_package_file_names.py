"""The files that a descriptor and a manifest name, found by any spelling of their names."""

import hashlib
import tarfile

import pytest
from tests.unit.disk.inspection.container_images import Memory, archive
from tests.unit.disk.inspection.sample_descriptors import VSPHERE_OVF

from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.package_file_names import FileNames, member_names, spellings


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
        pytest.param("B%FCro.vmdk", "B\u00fcro.vmdk", "", id="latin-1"),
        pytest.param("./disk.vmdk", "disk.vmdk", "", id="dot-in-the-descriptor"),
        pytest.param("Bu\u0308ro.vmdk", "B\u00fcro.vmdk", "", id="composed"),
        pytest.param("B%C3%BCro.vmdk", "Bu\u0308ro.vmdk", "", id="decomposed-by-macos"),
        pytest.param("disk.VMDK", "Disk.vmdk", "", id="capitalization"),
        pytest.param("disks\\disk.vmdk", "disks/disk.vmdk", "", id="backslash"),
        pytest.param("disk.vmdk", "disk.vmdk", "web server/", id="folder"),
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


@pytest.mark.parametrize(
    ("href", "stored"),
    [
        ("my%20disk.vmdk", "my disk.vmdk"),
        ("my%20disk.vmdk", "my%20disk.vmdk"),
        ("./disk.vmdk", "disk.vmdk"),
        ("disks/disk.vmdk", "disks/disk.vmdk"),
        ("disks\\disk.vmdk", "disks/disk.vmdk"),
        ("B%C3%BCro.vmdk", "Bu\u0308ro.vmdk"),
        ("B%FCro.vmdk", "B\u00fcro.vmdk"),
        ("Bu\u0308ro.vmdk", "B\u00fcro.vmdk"),
    ],
)
def test_files_beside_a_descriptor_are_found_by_any_spelling(href: str, stored: str, stream: bytes) -> None:
    text = VSPHERE_OVF.replace("win11-1.vmdk", href).encode()
    facts = inspect_image(
        Memory(text, "/exports/win11.ovf"),
        open_sibling=lambda wanted: Memory(stream, wanted) if wanted == stored else None,
    )
    assert [disk.name for disk in facts.disks] == [stored]


@pytest.mark.parametrize(
    "href",
    ["..%2Fdisk.vmdk", "../disk.vmdk", "a/../../disk.vmdk", "/disk.vmdk", "C:\\disk.vmdk", "\\\\server\\disk.vmdk",
     "http://example.com/disk.vmdk", "file:///etc/passwd", "..\\disk.vmdk", "a/" * 20 + "disk.vmdk", "x" * 300],
)  # fmt: skip
def test_a_file_outside_of_the_folder_is_never_opened(href: str, stream: bytes) -> None:
    requested: list[str] = []

    def open_sibling(wanted: str) -> Memory | None:
        requested.append(wanted)
        return None

    inspect_image(Memory(VSPHERE_OVF.replace("win11-1.vmdk", href).encode(), "win11.ovf"), open_sibling=open_sibling)
    assert sorted(set(requested)) == ["win11-2.iso", "win11-3.nvram", "win11.MF", "win11.mf"]
    assert spellings(href) == ()


def test_the_manifest_of_a_descriptor_in_upper_case_is_found(stream: bytes) -> None:
    text = VSPHERE_OVF.encode()
    stored = {"win11-1.vmdk": stream, "WIN11.MF": b"SHA256(WIN11.OVF)= " + b"0" * 64}
    facts = inspect_image(
        Memory(text, "WIN11.OVF"), open_sibling=lambda name: Memory(stored[name], name) if name in stored else None
    )
    assert facts.ova
    assert [(entry.file, entry.matches) for entry in facts.ova.manifest] == [("WIN11.OVF", False)]


@pytest.mark.parametrize(
    "name",
    ["._web.ovf", "folder/._web.ovf", ".DS_Store", "__MACOSX/web.ovf", "PaxHeaders.12/web.ovf", "./PaxHeader/web.ovf"],
)
def test_files_that_an_archiver_added_are_no_part_of_the_package(name: str, stream: bytes) -> None:
    text = VSPHERE_OVF.encode()
    facts = inspect_image(
        Memory(archive({name: text[:100], "web.ovf": text, "win11-1.vmdk": stream, "._win11-1.vmdk": b"\0\5\x16\7"}))
    )
    assert facts.ova
    assert (facts.ova.descriptor, facts.ova.foreign_files) == ("web.ovf", (name, "._win11-1.vmdk"))
    assert [disk.name for disk in facts.disks] == ["win11-1.vmdk"]
    rules = {finding.rule: finding for finding in evaluate(facts, ImageProfile.EC2)}
    assert {"ova-ovf-not-first", "ova-foreign-files"} <= rules.keys()
    assert "damaged" not in rules
    assert name in rules["ova-ovf-not-first"].evidence
    assert "COPYFILE_DISABLE=1 tar" in rules["ova-ovf-not-first"].remedy


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_pax_headers_are_reported(format: int, stream: bytes) -> None:
    members = {"größe.ovf": VSPHERE_OVF.encode(), "win11-1.vmdk": stream, "win11-2.iso": b"i", "win11-3.nvram": b"n"}
    facts = inspect_image(Memory(archive(members, format)))
    assert facts.ova
    assert facts.ova.unusual_headers == (("pax header",) if format == tarfile.PAX_FORMAT else ())
    rules = {finding.rule for finding in evaluate(facts, ImageProfile.EC2)}
    assert ("ova-foreign-files" in rules) == (format == tarfile.PAX_FORMAT)


def test_the_descriptor_is_found_by_its_content(stream: bytes) -> None:
    text = VSPHERE_OVF.encode()
    renamed = inspect_image(Memory(archive({"vm.xml": text, "win11-1.vmdk": stream})))
    assert renamed.ova
    assert (renamed.ova.descriptor, renamed.ova.ovf is not None) == ("vm.xml", True)
    (found,) = [f for f in evaluate(renamed, ImageProfile.EC2) if f.rule == "ova-without-ovf"]
    assert "vm.xml is an OVF descriptor" in found.evidence
    other = inspect_image(Memory(archive({"notes.ovf": b"read me", "vm.ovf": text, "win11-1.vmdk": stream})))
    assert other.ova
    assert other.ova.descriptor == "vm.ovf"


@pytest.mark.parametrize(
    ("href", "member", "differs"),
    [
        ("my%20disk.vmdk", "my disk.vmdk", False),
        ("./disk.vmdk", "disk.vmdk", False),
        ("Disk.vmdk", "disk.vmdk", True),
        ("B%C3%BCro.vmdk", "Bu\u0308ro.vmdk", True),
        ("disks\\disk.vmdk", "disks/disk.vmdk", True),
    ],
)
def test_a_name_that_only_a_lenient_reader_finds_is_a_warning(
    href: str, member: str, differs: bool, stream: bytes
) -> None:
    rules = {finding.rule for finding in evaluate(package(href, member, stream), ImageProfile.EC2)}
    assert ("ova-file-name-differs" in rules) == differs
    assert "ova-file-missing" not in rules


def test_an_ova_in_a_folder_is_read_and_reported(stream: bytes) -> None:
    rules = {finding.rule for finding in evaluate(package("disk.vmdk", "disk.vmdk", stream, "web/"), ImageProfile.EC2)}
    assert "ova-in-folder" in rules
    assert not rules & {"ova-file-missing", "ova-file-name-differs", "ova-manifest-damaged"}


@pytest.mark.parametrize(
    ("names", "members"),
    [
        (["disk.vmdk", "a b.vmdk"], ["disk.vmdk", "a b.vmdk"]),
        (["Büro-disk1.vmdk"], ["Buro-disk1.vmdk"]),
        (["my%20vm.vmdk", "my-vm.vmdk"], ["my-vm-2.vmdk", "my-vm.vmdk"]),
        (["a/d.vmdk", "b/d.vmdk", "./d.vmdk"], ["a-d.vmdk", "b-d.vmdk", "d.vmdk"]),
        (["虚拟机.vmdk", "测试.vmdk"], ["file.vmdk", "file-2.vmdk"]),
        (["x" * 150 + ".vmdk"], ["x" * 80 + ".vmdk"]),
        (["Ä", "ä"], ["A", "a-2"]),
    ],
)
def test_members_have_unique_portable_names(names: list[str], members: list[str]) -> None:
    assert member_names(names) == members


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


def test_a_thousand_files_of_one_name_have_unique_members() -> None:
    members = member_names(["虚拟机.vmdk"] * 1000)
    assert len({member.lower() for member in members}) == 1000
    assert members[:2] == ["file.vmdk", "file-2.vmdk"]
