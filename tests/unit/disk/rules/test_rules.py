"""Where the line runs between what a rule speaks of and what it does not."""

from dataclasses import replace

import pytest
from tests.unit.disk.rules.sample_facts import (
    BYOL,
    DISK,
    EC2,
    FILE,
    GIB,
    GPT,
    MACHINE,
    MEMBERS,
    NO_VMDK,
    OVF,
    SMALL_GPT,
    SNAPSHOT,
    TIB,
    UNDIVIDED,
    disk,
    gpt,
    mbr,
    ova,
    ovf,
    partition,
    raw,
    vmdk,
)

from pulumi_vmimport.disk.inspection.facts import Container, Damage, FileSystem, ImageFacts
from pulumi_vmimport.disk.inspection.package_facts import OvfAdapter
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.text_format import exact_size
from pulumi_vmimport.image_profile import ImageProfile

MIB = 1 << 20
CUT = Damage("partition 1", "it goes from 1048576 to 74089234432 on a disk of 36507222016 bytes")
NO_PROTECTIVE_MBR = Damage("protective MBR", "no entry of type ee that starts in sector 1")
UNMARKED = replace(UNDIVIDED, whole_disk_file_system=FileSystem.UNKNOWN)


def found(facts: ImageFacts, profile: ImageProfile = EC2, **options: Container) -> dict[str, ImageFinding]:
    return {finding.rule: finding for finding in evaluate(facts, profile, stated=options.get("stated"))}


@pytest.mark.parametrize("profile", ImageProfile)
def test_an_incomplete_image_is_one_error(profile: ImageProfile) -> None:
    of = found(raw(capacity_bytes=34 * GIB, damage=(CUT,)), profile)
    assert of.keys() == {"partition-beyond-disk"}
    finding = of["partition-beyond-disk"]
    assert finding.severity is Severity.ERROR
    assert finding.evidence == "partition 1 ends at 74089234432 (69 GiB), the disk at 36507222016 (34 GiB)"


@pytest.mark.parametrize(
    ("facts", "is_cut"),
    [
        pytest.param(raw(capacity_bytes=69 * GIB), False, id="a-cylinder-less-as-old-tools-round"),
        pytest.param(raw(capacity_bytes=69 * GIB - 8 * MIB), True, id="more-than-a-cylinder"),
        pytest.param(mbr(partition(), partition(2, type="05", is_container=True, size_bytes=90 * GIB)), False, id="extended-one"),
        pytest.param(mbr(partition(), partition(5, type="83", start_bytes=90 * GIB)), True, id="wholly-behind"),
        pytest.param(raw(capacity_bytes=None), False, id="no-capacity"),
    ],
)  # fmt: skip
def test_a_partition_that_ends_far_beyond_the_disk_means_an_incomplete_image(facts: ImageFacts, is_cut: bool) -> None:
    assert ("partition-beyond-disk" in found(facts, SNAPSHOT)) == is_cut


@pytest.mark.parametrize(("profile", "severity"), [(EC2, "error"), (BYOL, "error"), (SNAPSHOT, "warning")])
def test_a_gpt_without_a_protective_mbr_cannot_boot(profile: ImageProfile, severity: str) -> None:
    of = found(disk(layout=GPT, damage=(NO_PROTECTIVE_MBR,)), profile)
    assert {rule: finding.severity for rule, finding in of.items()} == {"gpt-without-protective-mbr": severity}


@pytest.mark.parametrize(
    ("size_bytes", "layout", "rules"),
    [
        (6, UNMARKED, {"raw-not-a-disk"}),
        (MIB - 512, UNMARKED, {"raw-not-a-disk"}),
        (MIB + 100, UNMARKED, {"raw-not-a-disk"}),
        (MIB, UNMARKED, set()),
        (10 * GIB + 100, DISK.layout, {"raw-partial-sector"}),
        (10 * GIB + 100, replace(UNDIVIDED, whole_disk_file_system=FileSystem.EXT4), {"raw-partial-sector"}),
    ],
)
def test_a_small_unidentified_file_is_a_warning_for_a_snapshot(
    size_bytes: int, layout: object, rules: set[str]
) -> None:
    assert found(raw(size_bytes=size_bytes, layout=layout), SNAPSHOT).keys() == rules


@pytest.mark.parametrize(
    ("name", "stated", "words"),
    [
        ("web-flat.vmdk", None, "the data of a flat VMDK, which web.vmdk describes"),
        ("web-FLAT.VMDK", None, "the data of a flat VMDK"),
        ("web.qcow2", None, ".qcow2"),
        ("web.ovf", None, ".ovf"),
        ("web.ISO", None, ".iso"),
        ("web.raw.gz", None, ".gz"),
        ("web-flat.vmdk", Container.RAW, None),
        ("web.qcow2", Container.RAW, None),
        ("web.img", None, None),
        ("web", None, None),
        ("web.vmdk-1", None, None),
    ],
)
def test_a_raw_disk_with_the_name_of_another_format_is_a_warning(
    name: str, stated: Container | None, words: str | None
) -> None:
    facts = raw()
    of = replace(facts, name=name, disks=(replace(facts.disks[0], name=name),))
    findings = evaluate(of, EC2, stated=stated)
    assert [f.rule for f in findings] == (["raw-named-otherwise"] if words else [])
    assert [f.severity for f in findings] == ([Severity.WARNING] if words else [])
    assert words is None or words in findings[0].evidence


def test_a_stated_size_of_zero_is_not_a_wrong_size() -> None:
    assert found(ovf(files=(replace(FILE, stated_bytes=0),))) == {}
    assert found(ovf(files=(replace(FILE, stated_bytes=1),))).keys() == {"ova-size-wrong"}


def test_an_empty_manifest_is_reported() -> None:
    of = found(ova(manifest=()))
    assert of["ova-manifest-damaged"].evidence == "web.mf is empty"
    assert found(ova(manifest=(), members=(MEMBERS[0], MEMBERS[2]))) == {}


@pytest.mark.parametrize("guest", ["windows9_64Guest", "windows11_64Guest"])
@pytest.mark.parametrize(("firmware", "layout"), [("bios", GPT), ("efi", DISK.layout)])
def test_a_firmware_mismatch_is_reported_once(guest: str, firmware: str, layout: object) -> None:
    facts = ovf(replace(DISK, layout=layout), firmware=firmware, guest_id=guest)  # type: ignore[arg-type]
    assert found(facts, BYOL).keys() == {"ovf-firmware-mismatch"}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ovf(SMALL_GPT, firmware="efi"), ["windows9_64Guest (Windows 10)", "firmware UEFI"]),
        (ovf(SMALL_GPT, firmware=None), ["windows9_64Guest (Windows 10)", "GPT", "UEFI"]),
        (ovf(guest_id="windows11_64Guest"), ["windows11_64Guest (Windows 11)", "firmware BIOS"]),
        (ovf(guest_id="windows11_64Guest", firmware=None), ["windows11_64Guest (Windows 11)", "MBR", "BIOS"]),
    ],
)  # fmt: skip
def test_a_firmware_finding_names_the_guest_and_where_the_firmware_comes_from(
    facts: ImageFacts, words: list[str]
) -> None:
    evidence = found(facts, BYOL)["byol-windows-10-uefi"].evidence
    assert [part for part in words if part not in evidence] == []


@pytest.mark.parametrize(
    ("facts", "rule", "words"),
    [
        (mbr(partition(is_active=False), boot_code=False), "no-boot-partition", "MBR with 1 partition, none active, no boot code"),
        (mbr(partition(is_active=False), partition(2, type="0f", is_container=True, is_active=False), boot_code=False), "no-boot-partition", "MBR with 1 partition, none active, no boot code"),
        (gpt(partition(is_active=False)), "no-boot-partition", "GPT with 1 partition, no EFI system or BIOS boot partition"),
        (ovf(adapters=(OvfAdapter("", ""),) * 2), "ovf-several-adapters", "2 adapters"),
        (ovf(adapters=(OvfAdapter("E1000", ""), OvfAdapter("", ""))), "ovf-several-adapters", "2 adapters: E1000"),
        (replace(MACHINE, ova=replace(MACHINE.ova, ovf=replace(OVF, disks=(replace(OVF.disks[0], file=None),)))), "ova-without-disk", "1 disk, none with a file"),  # type: ignore[type-var]
    ],
)  # fmt: skip
def test_evidence_has_singular_and_plural_forms(facts: ImageFacts, rule: str, words: str) -> None:
    assert found(facts)[rule].evidence == words


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (1, "1 byte"),
        (0, "0 bytes"),
        (MIB, "1 MiB"),
        (70 * GIB, "70 GiB"),
        (80 * GIB + 1, "80 GiB (85899345921 bytes)"),
        (60 * TIB, "60 TiB"),
        (8 * TIB, "8 TiB"),
        (3 * GIB // 2, "1.5 GiB"),
    ],
)
def test_a_size_is_shown_in_the_largest_unit_and_exactly(size_bytes: int, words: str) -> None:
    assert exact_size(size_bytes) == words


@pytest.mark.parametrize(
    ("profile", "severity"), [(EC2, Severity.ERROR), (BYOL, Severity.ERROR), (SNAPSHOT, Severity.WARNING)]
)
def test_a_disk_without_a_valid_gpt_is_one_finding(profile: ImageProfile, severity: Severity) -> None:
    damage = (Damage("primary GPT", "the CRC-32 is wrong"), Damage("backup GPT", "no signature"))
    layout = replace(GPT, primary_gpt_valid=False, backup_gpt_valid=False, partitions=(), root=None)
    (finding,) = evaluate(disk(layout=layout, damage=damage), profile)
    assert (finding.rule, finding.severity) == ("gpt-damaged", severity)
    assert finding.evidence == "invalid: primary and backup GPT (the CRC-32 is wrong, no signature)"
    assert "sgdisk" not in finding.remedy


def test_an_invalid_copy_of_the_gpt_is_one_warning() -> None:
    facts = gpt(backup_gpt_valid=False)
    (of,) = facts.disks
    damaged = replace(facts, disks=(replace(of, damage=(Damage("backup GPT", "no signature"),)),))
    assert [f.evidence for f in evaluate(damaged, EC2)] == ["invalid: backup GPT (no signature)"]


def test_a_vmdk_that_is_cut_short_need_not_be_read_as_a_whole() -> None:
    assert found(vmdk(grains_end_within_file=False, every_grain_table_read=False)).keys() == {"vmdk-cut-short"}


def test_a_descriptor_of_zeros_names_no_file() -> None:
    evidence = found(disk(vmdk=replace(NO_VMDK, create_type="custom")))["vmdk-descriptor-only"].evidence
    assert evidence == "createType custom; it names no file with data"
