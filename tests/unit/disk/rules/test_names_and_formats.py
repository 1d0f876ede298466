"""Files whose name or stated format is that of another kind, and files in another place."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.disk.rules.sample_facts import (
    DIGEST,
    DISK,
    EC2,
    FILE,
    GIB,
    MEMBERS,
    OVF,
    SNAPSHOT,
    ova,
    ovf,
    raw,
    vhdx,
)
from tests.unit.disk.rules.test_evaluation import BROKEN

from pulumi_vmimport.disk.inspection.facts import Container, Damage, ImageFacts
from pulumi_vmimport.disk.inspection.package_facts import OvaMember
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.image_profile import ImageProfile


@pytest.mark.parametrize(
    ("facts", "stated", "remedy"),
    [
        (vhdx(), Container.VHD, "set `format` to VHDX"),
        (replace(vhdx(), name="disk.vhd"), None, "to .vhdx"),
        (replace(vhdx(), name="disk.vhd"), Container.VHD, "set `format` to VHDX"),
    ],
)
def test_an_image_import_of_a_vhdx_as_vhd_is_an_error(facts: ImageFacts, stated: Container | None, remedy: str) -> None:
    (finding,) = evaluate(facts, EC2, stated=stated)
    assert (finding.rule, finding.severity) == ("format-differs", Severity.ERROR)
    assert remedy in finding.remedy


def test_a_snapshot_import_of_a_vhdx_without_a_format_is_no_finding() -> None:
    assert evaluate(vhdx(), SNAPSHOT) == ()
    (finding,) = evaluate(vhdx(), SNAPSHOT, stated=Container.VHD)
    assert finding.rule == "vhdx-for-snapshot"
    (finding,) = evaluate(vhdx(), SNAPSHOT, stated=Container.RAW)
    assert finding.rule == "format-differs"
    assert "leave `format` out" in finding.remedy


def test_an_ova_with_its_disk_in_a_folder_is_reported() -> None:
    disk, member = replace(DISK, name="disks/disk.vmdk"), OvaMember("disks/disk.vmdk", 11264, 4 * GIB)
    described = replace(OVF, files=(replace(FILE, href=disk.name),), disks=(replace(OVF.disks[0], file=disk.name),))
    (finding,) = evaluate(ova(disk, members=(*MEMBERS[:2], member), ovf=described), EC2)
    assert (finding.rule, finding.severity) == ("ova-in-folder", Severity.WARNING)
    assert "disks/disk.vmdk is in the folder disks/" in finding.evidence


@pytest.mark.parametrize("stated", [None, Container.RAW, Container.VMDK])
@pytest.mark.parametrize("profile", ImageProfile)
def test_a_part_of_a_split_flat_disk_is_an_error_with_its_descriptor(
    profile: ImageProfile, stated: Container | None
) -> None:
    facts = replace(raw(size_bytes=2 * GIB), name="Web-f001.vmdk")
    facts = replace(facts, disks=(replace(facts.disks[0], name=facts.name, layout=None),))
    found = {finding.rule: finding for finding in evaluate(facts, profile, stated=stated)}
    assert found.keys() <= {"vmdk-split", "layout-unknown"}
    assert found["vmdk-split"].severity is Severity.ERROR
    assert "Web.vmdk describes the whole disk" in found["vmdk-split"].evidence
    assert "RAW" not in found["vmdk-split"].remedy


def test_the_data_of_a_flat_disk_is_raw_or_converted_with_its_descriptor() -> None:
    (finding,) = evaluate(BROKEN["raw-named-otherwise"][0], EC2)
    assert "set `format` to RAW" in finding.remedy
    assert "streamOptimized disk.vmdk disk.vmdk" in finding.remedy


@pytest.mark.parametrize("href", ["../disk.vmdk", "disk.vmdk"])
def test_a_missing_file_of_a_plain_descriptor_is_put_beside_it(href: str) -> None:
    facts = replace(ovf(files=(replace(FILE, href=href),)), container=Container.OVF, name="web.ovf")
    facts = replace(facts, ova=replace(facts.ova, members=MEMBERS[:1]))  # type: ignore[type-var]
    (finding,) = [f for f in evaluate(facts, EC2) if f.rule == "ova-file-missing"]
    assert ("outside the folder of the descriptor: ../disk.vmdk" in finding.evidence) == (href == "../disk.vmdk")
    assert "correct the href" in finding.remedy
    assert "repack" not in finding.remedy


def test_a_file_outside_the_folder_needs_another_href() -> None:
    facts = ovf(files=(replace(FILE, href="file:///home/me/disk.vmdk"),))
    (finding,) = evaluate(facts, EC2)
    assert finding.evidence == "outside the folder of the descriptor: file:///home/me/disk.vmdk"
    assert "correct each href" in finding.remedy


@pytest.mark.parametrize(
    "header", ["symbolic link disk.vmdk", "hard link disk.vmdk", "sparse file (tar --sparse) disk.vmdk"]
)
def test_a_disk_that_is_a_link_or_sparse_is_one_error(header: str) -> None:
    (finding,) = evaluate(ova(members=MEMBERS[:2], unusual_headers=(header,)), EC2)
    assert (finding.rule, finding.evidence) == ("ova-file-missing", f"stored without data: {header}")
    assert "DiskImageUpload" in finding.remedy


def test_a_disk_whose_file_has_no_element_is_no_empty_disk() -> None:
    lost = replace(OVF.disks[0], id="d2", file=None, missing_file_id="file9")
    for disks in ((lost,), (*OVF.disks, lost)):
        (finding,) = evaluate(ovf(disks=disks), EC2)
        assert (finding.rule, finding.evidence) == ("ova-file-missing", "without a File element: file9 of disk d2")


def test_a_whole_file_with_a_chunk_size_needs_another_descriptor() -> None:
    (finding,) = evaluate(ovf(files=(replace(FILE, chunk_bytes=1 << 20),)), EC2)
    assert finding.evidence == "disk.vmdk is one file, but has ovf:chunkSize 1048576"
    assert "remove ovf:chunkSize" in finding.remedy


def test_a_file_that_is_missing_is_not_to_be_compared() -> None:
    manifest = (replace(DIGEST, file="web.nvram", matches=None), replace(DIGEST, matches=None))
    (finding,) = evaluate(ova(manifest=manifest), EC2)
    assert (finding.rule, finding.evidence) == ("ova-manifest-not-compared", "not compared: disk.vmdk")


def test_a_thousand_links_are_compared_once() -> None:
    """The number of comparisons is counted, as no test depends on the time."""
    hrefs = [f"disk{number}.vmdk" for number in range(1000)]
    headers = tuple(Counted(f"symbolic link {href}") for href in hrefs)
    facts = ovf(files=tuple(replace(FILE, href=href) for href in hrefs))
    facts = replace(facts, ova=replace(facts.ova, members=MEMBERS[:2], unusual_headers=headers))  # type: ignore[type-var]
    Counted.comparisons = 0
    assert {finding.rule for finding in evaluate(facts, EC2)} == {"ova-file-missing"}
    assert Counted.comparisons < 20 * len(hrefs)


class Counted(str):
    """A text that counts how often its start or end is compared."""

    comparisons = 0
    __slots__ = ()

    def startswith(self, *arguments: Any) -> bool:
        Counted.comparisons += 1
        return super().startswith(*arguments)

    def endswith(self, *arguments: Any) -> bool:
        Counted.comparisons += 1
        return super().endswith(*arguments)


def test_a_manifest_that_names_many_missing_files_is_one_warning() -> None:
    damage = tuple(Damage("manifest", f"it names file{number}, which is missing") for number in range(1000))
    (finding,) = evaluate(replace(ova(), damage=damage), EC2)
    assert finding.rule == "ova-manifest-damaged"
    assert finding.evidence.endswith("it names file4, which is missing and 995 more")
