"""Each rule on facts made by hand: one that breaks it, beside a machine that breaks none."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.disk.rules import linux_facts
from tests.unit.disk.rules.linux_facts import linux
from tests.unit.disk.rules.sample_facts import (
    BIOS_BOOT,
    BYOL,
    DIGEST,
    DISK,
    EC2,
    EMPTY,
    FILE,
    GIB,
    GPT,
    MACHINE,
    MEMBERS,
    NO_VMDK,
    OVF,
    SECOND,
    SMALL_GPT,
    SNAPSHOT,
    TIB,
    UNDIVIDED,
    WINDOWS,
    disk,
    gpt,
    holding,
    in_vsphere,
    mbr,
    ova,
    ovf,
    partition,
    raw,
    vhd,
    vhdx,
    vmdk,
)
from tests.unit.disk.rules.windows_facts import FAULTS, unreadable, windows

from pulumi_vmimport.aws.tables.known_failures import table
from pulumi_vmimport.disk.guest.guest_facts import GuestFacts
from pulumi_vmimport.disk.inspection.facts import Container, Damage, FileSystem, ImageFacts
from pulumi_vmimport.disk.inspection.package_facts import OvaMember
from pulumi_vmimport.disk.rules.evaluation import CHECKS, evaluate
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile

BROKEN: dict[str, tuple[ImageFacts, ImageProfile, str]] = {
    "ova-ovf-not-first": (ova(members=(MEMBERS[2], *MEMBERS[:2])), EC2, "web.ovf is number 2"),
    "ova-foreign-files": (ova(foreign_files=("__MACOSX/._disk.vmdk",), unusual_headers=("pax header",)), EC2, "__MACOSX/._disk.vmdk, pax header"),
    "ova-in-folder": (ova(descriptor="web/web.ovf", members=(OvaMember("web/web.ovf", 512, 9000), *MEMBERS[1:])), EC2, "in the folder web/"),
    "ova-file-name-differs": (ovf(files=(replace(FILE, stated_href="Disk.vmdk"),)), EC2, "the descriptor has Disk.vmdk, the archive has disk.vmdk"),
    "ovf-name": (replace(MACHINE, container=Container.OVF, name="web.ovf.txt"), EC2, "web.ovf.txt is an OVF descriptor"),
    "ovf-version": (ovf(other_version="version 0.9, namespace urn:x", version="", virtual_systems=0, disks=()), EC2, "version 0.9, namespace urn:x"),
    "ovf-encoding": (ovf(encoding="UTF-16LE"), EC2, "web.ovf is stored as UTF-16LE"),
    "ovf-unreadable": (replace(MACHINE, damage=(Damage("text of the OVF descriptor", "unclosed token: line 3"),)), EC2, "web.ovf: unclosed token: line 3"),
    "ovf-invalid-value": (ovf(invalid_values=("memory: '-5' in 'MegaBytes'",)), EC2, "memory: '-5'"),
    "ova-without-ovf": (ova(members=MEMBERS[1:], ovf=None), EC2, "web.mf, disk.vmdk"),
    "ova-without-disk": (ovf(disks=()), EC2, "0 disks, none with a file"),
    "ova-file-missing": (ova(members=MEMBERS[:2]), EC2, "missing: disk.vmdk"),
    "ovf-not-packed": (replace(MACHINE, container=Container.OVF, name="web.ovf"), EC2, "an OVF descriptor"),
    "ova-not-ended": (ova(ends_in_zero_blocks=False), EC2, "not zeros"),
    "ova-manifest-damaged": (replace(MACHINE, damage=(Damage("manifest", "line 3 is none"),)), EC2, "line 3 is none"),
    "ova-chunked-disk": (ova(ovf=replace(OVF, files=(replace(FILE, chunk_bytes=1 << 20),)), members=(*MEMBERS[:2], OvaMember("disk.vmdk.000000000", 11264, GIB))), EC2, "disk.vmdk in chunks of 1048576 bytes"),
    "ova-compressed-file": (ovf(files=(replace(FILE, compression="gzip"),)), EC2, "disk.vmdk: gzip"),
    "ova-manifest-mismatch": (ova(manifest=(replace(DIGEST, matches=False),)), EC2, "disk.vmdk: expected SHA256 abababababababab"),
    "ova-manifest-not-compared": (ova(manifest=(replace(DIGEST, matches=None),)), EC2, "not compared: disk.vmdk"),
    "ova-size-wrong": (ovf(files=(replace(FILE, stated_bytes=9),)), EC2, f"disk.vmdk: expected 9 bytes, got {4 * GIB}"),
    "ova-cd-image": (ovf(cd_images=("tools.iso",)), EC2, "tools.iso"),
    "ovf-several-adapters": (ovf(adapters=OVF.adapters * 2), EC2, "2 adapters: VM Network, VM Network"),
    "ovf-not-one-machine": (ovf(virtual_systems=3), EC2, "3 VMs"),
    "ovf-linked-disk": (ovf(disks=(replace(OVF.disks[0], parent="base"),)), EC2, "d1 has the parent base"),
    "ovf-empty-disk": (ovf(disks=(*OVF.disks, replace(OVF.disks[0], id="d2", file=None))), EC2, "without a file: d2"),
    "ovf-capacity-wrong": (ovf(disks=(replace(OVF.disks[0], capacity_bytes=GIB),)), EC2, "expected 1 GiB as stated, got 70 GiB"),
    "ovf-firmware-mismatch": (ovf(SMALL_GPT), EC2, "firmware is BIOS, but the root disk has a GPT"),
    "ovf-32-bit": (ovf(guest_id="ubuntuGuest"), EC2, "ubuntuGuest, a 32-bit system"),
    "too-many-disks": (ova(*[DISK] * 22), EC2, "22 disks"),
    "damaged": (disk(damage=(Damage("header", "it states a capacity of 0 sectors"),)), EC2, "header: it states a capacity of 0"),
    "container-unsupported": (disk(container=Container.OTHER, vmdk=None, other="a qcow2 image", layout=None, capacity_bytes=None), SNAPSHOT, "a qcow2 image"),
    "not-a-disk-image": (disk(container=Container.OTHER, vmdk=None, other="a text file", layout=None, capacity_bytes=None), SNAPSHOT, "a text file"),
    "format-differs": (disk(name="disk.vhd"), EC2, "by the file name is VHD, the content is VMDK"),
    "ova-for-snapshot": (MACHINE, SNAPSHOT, "an OVA"),
    "iso-image": (disk(container=Container.OTHER, vmdk=None, other="an ISO 9660 image", layout=None), EC2, "ISO 9660"),
    "raw-named-otherwise": (disk(name="disk-flat.vmdk", container=Container.RAW, vmdk=None), EC2, "the data of a flat VMDK"),
    "raw-not-a-disk": (raw(size_bytes=6, layout=replace(UNDIVIDED, whole_disk_file_system=FileSystem.UNKNOWN)), SNAPSHOT, "6 bytes; no partition table"),
    "raw-partial-sector": (raw(size_bytes=1025), SNAPSHOT, "1025 bytes, 1 beyond the last whole 512-byte sector"),
    "vmdk-not-stream-optimized": (vmdk(create_type="monolithicSparse", is_compressed=False, has_markers=False), EC2, "createType monolithicSparse, without compression and markers"),
    "vmdk-compression": (vmdk(compression_algorithm=0), EC2, "1 (DEFLATE), got 0"),
    "vmdk-cut-short": (vmdk(has_footer=False), EC2, "footer is missing"),
    "vmdk-no-end-of-stream": (vmdk(ends_in_end_of_stream=False), EC2, "end-of-stream marker is missing"),
    "vmdk-grains-not-checked": (vmdk(every_grain_table_read=False), EC2, "some of the grain tables"),
    "vmdk-text-mode": (vmdk(line_ends_intact=False), EC2, "line endings"),
    "vmdk-descriptor-only": (disk(vmdk=replace(NO_VMDK, create_type="monolithicFlat", extent_files=("disk-flat.vmdk",))), EC2, "createType monolithicFlat; the data is in disk-flat.vmdk"),
    "vmdk-split": (disk(vmdk=replace(NO_VMDK, create_type="twoGbMaxExtentSparse", extent_files=("a.vmdk", "b.vmdk"))), EC2, "with a.vmdk, b.vmdk"),
    "vmdk-delta": (vmdk(parent_cid="0badcafe"), EC2, "parentCID 0badcafe"),
    "vmdk-raw-device": (disk(vmdk=replace(NO_VMDK, create_type="vmfsRawDeviceMap")), EC2, "createType vmfsRawDeviceMap"),
    "vmdk-version-unknown": (vmdk(version=4), EC2, "version 4"),
    "vhd-footer-differs": (vhd(footers_identical=False), EC2, "footer and its copy differ"),
    "vhd-checksum": (vhd(footer_checksum_matches=False, header_checksum_matches=False), EC2, "wrong checksum: footer and header"),
    "vhd-differencing": (vhd(kind="differencing", parent_name="base.vhd"), EC2, "base.vhd"),
    "vhdx-differencing": (vhdx(has_parent=True), EC2, "a parent"),
    "vhdx-headers": (vhdx(valid_headers=0), EC2, "0 of 2 headers and 2 of 2 region tables"),
    "vhdx-log-pending": (vhdx(log_is_pending=True), EC2, "log"),
    "vhdx-for-snapshot": (vhdx(), SNAPSHOT, "the stated format is VHD"),
    "sector-size": (disk(sector_bytes=4096), SNAPSHOT, "4096-byte sectors"),
    "disk-too-large": (disk(capacity_bytes=8 * TIB), EC2, "8 TiB"),
    "disk-too-large-for-snapshot": (disk(capacity_bytes=16 * TIB), SNAPSHOT, "16 TiB"),
    "disk-needs-manifest": (disk(capacity_bytes=9 * TIB), SNAPSHOT, "9 TiB"),
    "capacity-unknown": (disk(capacity_bytes=None), SNAPSHOT, "no capacity"),
    "machine-disk-not-read": (in_vsphere(layout=None, not_read="vSphere encrypts its file"), EC2, "vSphere encrypts its file"),
    "layout-unknown": (disk(layout=None), EC2, "could not be read"),
    "layout-damaged": (disk(damage=(Damage("partition 1", "it goes from 0 to 9"),)), EC2, "partition 1: it goes"),
    "partition-beyond-disk": (raw(capacity_bytes=34 * GIB), SNAPSHOT, "partition 1 ends at"),
    "gpt-without-protective-mbr": (disk(layout=GPT, damage=(Damage("protective MBR", "no entry of type ee"),)), EC2, "no entry of type ee"),
    "no-boot-partition": (disk(layout=EMPTY.layout), EC2, "no partition table; the disk is empty"),
    "no-active-partition": (mbr(partition(is_active=False)), EC2, "boot code, but no active partition"),
    "root-disk-not-first": (ova(EMPTY, replace(DISK, name="system.vmdk")), EC2, "bootable: system.vmdk"),
    "several-active-partitions": (mbr(partition(), partition(2)), EC2, "2 active partitions: 1, 2"),
    "gpt-without-efi": (gpt(partition(1, type=BIOS_BOOT, file_system=FileSystem.UNKNOWN), WINDOWS), EC2, "no EFI system"),
    "gpt-damaged": (gpt(backup_gpt_valid=False), EC2, "invalid: backup GPT"),
    "gpt-backup-not-at-end": (gpt(backup_gpt_at_end=False), SNAPSHOT, "not in the last sector"),
    "hybrid-mbr": (gpt(is_hybrid=True), EC2, "other entries"),
    "mbr-too-large": (disk(capacity_bytes=3 * TIB), EC2, "3 TiB"),
    "bitlocker": (holding(FileSystem.BITLOCKER), EC2, "partition 1"),
    "luks": (mbr(partition(), partition(2, is_active=False, file_system=FileSystem.LUKS)), EC2, "partition 2"),
    "lvm": (holding(FileSystem.LVM2), EC2, "partition 1"),
    "dynamic-disk": (mbr(is_dynamic_disk=True), EC2, "Logical Disk Manager"),
    "root-file-system": (holding(FileSystem.REFS, root=None), EC2, "partitions hold refs"),
    "root-unknown": (holding(FileSystem.UNKNOWN, root=None), EC2, "partition 1: unknown"),
    "free-space": (mbr(partition(free_bytes=5 * GIB)), EC2, "partition 1 has 5 GiB free, expected at least 6 GiB"),
    "btrfs-subvolumes": (holding(FileSystem.BTRFS), EC2, "partition 1 holds Btrfs"),
    "byol-disk-too-large": (disk(capacity_bytes=81 * GIB), BYOL, "81 GiB"),
    "byol-disk-above-70": (disk(capacity_bytes=80 * GIB), BYOL, "80 GiB"),
    "byol-several-disks": (ova(DISK, SECOND), BYOL, "2 disks: disk.vmdk, second.vmdk"),
    "byol-several-volumes": (mbr(partition(), partition(2, is_active=False, label="Data")), BYOL, "2 volumes: partitions 1 (ntfs), 2 (ntfs 'Data')"),
    "byol-free-space": (mbr(partition(free_bytes=10 * GIB - 4096)), BYOL, "expected at least 10 GiB"),
    "byol-free-space-for-office": (mbr(partition(free_bytes=10 * GIB)), BYOL, "has 10 GiB free, expected at least 20 GiB"),
    "byol-not-windows": (holding(FileSystem.EXT4), BYOL, "partition 1, probably the root, holds ext4"),
    "byol-windows-server": (ovf(guest_id="windows2019srv_64Guest"), BYOL, "windows2019srv_64Guest, a Windows Server"),
    "byol-windows-10-uefi": (ovf(SMALL_GPT, firmware="efi"), BYOL, "windows9_64Guest (Windows 10) and firmware UEFI"),
    "byol-controller": (ovf(disks=(replace(OVF.disks[0], controller="VirtualSCSI"),)), BYOL, "attached to VirtualSCSI"),
    "windows-missing": (disk(guest=GuestFacts(None, unknown="no partition holds Windows")), BYOL, "no partition holds Windows"),
    "guest-not-read": (disk(guest=GuestFacts(None, unknown="partition 1 is not NTFS")), EC2, "partition 1 is not NTFS"),
    "guest-checks-unknown": (disk(guest=unreadable("dotnet.release")), EC2, "not checked: windows-dotnet"),
    **{rule: (disk(guest=windows(changes)), profile, words) for rule, (changes, profile, words) in FAULTS.items()},
    **{rule: (disk(guest=linux(changes)), EC2, words) for rule, (changes, words) in linux_facts.FAULTS.items()},
}  # fmt: skip
STATED = {"vhdx-for-snapshot": Container.VHD}


def ids(findings: tuple[ImageFinding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


@pytest.mark.parametrize("rule", rule_catalog().rules)
def test_each_defect_is_found_with_its_evidence(rule: str) -> None:
    facts, profile, words = BROKEN[rule]
    found = [f for f in evaluate(facts, profile, stated=STATED.get(rule)) if f.rule == rule]
    assert len(found) == 1, found
    assert words in found[0].evidence
    assert found[0].subject in {facts.name, *(disk.name for disk in facts.disks)}
    assert found[0].severity is rule_catalog().rules[rule].severity_for(profile)


@pytest.mark.parametrize("rule", rule_catalog().rules)
def test_each_defect_violates_few_other_rules(rule: str) -> None:
    """At most one other rule reports the same defect."""
    facts, profile, _ = BROKEN[rule]
    assert len(ids(evaluate(facts, profile))) <= 3


def test_there_is_a_check_for_each_rule_and_a_rule_for_each_check() -> None:
    assert CHECKS.keys() == rule_catalog().rules.keys() == BROKEN.keys()


@pytest.mark.parametrize(
    ("facts", "profiles"),
    [
        pytest.param(MACHINE, (EC2, BYOL), id="ova"),
        pytest.param(in_vsphere(), (EC2, BYOL), id="machine-in-vsphere"),
        pytest.param(disk(), tuple(ImageProfile), id="vmdk"),
        pytest.param(vmdk(directory_at_end=False, has_footer=None, ends_in_end_of_stream=None), tuple(ImageProfile), id="vmdk-of-qemu"),
        pytest.param(vhd(), tuple(ImageProfile), id="vhd"),
        pytest.param(vhd(kind="fixed", footers_identical=None, header_checksum_matches=None), tuple(ImageProfile), id="fixed-vhd"),
        pytest.param(vhdx(valid_headers=1), (EC2, BYOL), id="vhdx-with-one-header"),
        pytest.param(raw(), tuple(ImageProfile), id="raw"),
        pytest.param(gpt(), tuple(ImageProfile), id="gpt"),
        pytest.param(ovf(SMALL_GPT, firmware="efi", guest_id="windows11_64Guest"), (EC2, BYOL), id="windows-11"),
        pytest.param(ovf(SMALL_GPT, firmware=None, guest_id=""), (EC2, BYOL), id="firmware-not-said"),
        pytest.param(ova(DISK, SECOND), (EC2,), id="disk-of-data"),
        pytest.param(disk(layout=SECOND.layout), (SNAPSHOT,), id="snapshot-of-data"),
        pytest.param(holding(FileSystem.BITLOCKER), (SNAPSHOT,), id="snapshot-of-bitlocker"),
        pytest.param(disk(capacity_bytes=8 * TIB - 512, layout=GPT), (EC2,), id="just-below-8-tib"),
        pytest.param(disk(capacity_bytes=8 * TIB, layout=GPT), (SNAPSHOT,), id="snapshot-of-8-tib"),
        pytest.param(ova(*[DISK] * 21), (EC2,), id="21-disks"),
        pytest.param(ovf(files=(replace(FILE, stated_bytes=None, compression="identity"),)), (EC2,), id="no-size-stated"),
        *(pytest.param(holding(kind), (EC2,), id=kind) for kind in (FileSystem.EXT2, FileSystem.EXT4, FileSystem.XFS, FileSystem.JFS)),
    ],
)  # fmt: skip
def test_importable_images_have_no_findings(facts: ImageFacts, profiles: tuple[ImageProfile, ...]) -> None:
    for profile in profiles:
        assert evaluate(facts, profile) == ()


def test_the_reason_that_all_disks_of_a_machine_share_is_reported_once() -> None:
    facts = in_vsphere(layout=None, not_read="the VM is powered on")
    (first,) = facts.disks
    second = replace(first, name="second.vmdk")
    (found,) = evaluate(replace(facts, disks=(first, second)), EC2)
    assert (found.rule, found.subject, found.severity) == ("machine-disk-not-read", "web", Severity.UNKNOWN)
    other = replace(second, not_read="vSphere encrypts its file")
    assert [f.subject for f in evaluate(replace(facts, disks=(first, other)), EC2)] == ["disk.vmdk", "second.vmdk"]


@pytest.mark.parametrize(
    ("rule", "profile", "severity"),
    [
        ("ovf-firmware-mismatch", BYOL, Severity.ERROR),
        ("several-active-partitions", BYOL, Severity.ERROR),
        ("gpt-without-efi", BYOL, Severity.ERROR),
        ("iso-image", SNAPSHOT, Severity.WARNING),
    ],
)
def test_the_severity_depends_on_the_profile(rule: str, profile: ImageProfile, severity: Severity) -> None:
    (found,) = [finding for finding in evaluate(BROKEN[rule][0], profile) if finding.rule == rule]
    assert found.severity is severity


@pytest.mark.parametrize(
    ("make", "loud"),
    [
        (lambda: vmdk(has_footer=False), "vmdk-cut-short"),
        (lambda: vmdk(line_ends_intact=False), "vmdk-text-mode"),
        (lambda: vhd(footers_identical=False), "vhd-footer-differs"),
    ],
)
def test_damage_with_a_specific_rule_is_reported_once(make: Callable[[], ImageFacts], loud: str) -> None:
    facts = make()
    (of,) = facts.disks
    both = replace(facts, disks=(replace(of, damage=(Damage("footer", "it is not there"),)),))
    assert ids(evaluate(both, EC2)) == {loud}


def test_bytes_after_the_end_of_a_stream_are_a_warning() -> None:
    (found,) = evaluate(disk(damage=(Damage("end of stream", "65536 bytes follow the marker"),)), EC2)
    assert (found.rule, found.severity) == ("vmdk-no-end-of-stream", Severity.WARNING)


def test_a_missing_file_of_a_descriptor_is_reported_once() -> None:
    facts = ova(members=MEMBERS[:2])
    damage = (Damage("OVF descriptor", "it names disk.vmdk, which is missing"),)
    assert ids(evaluate(replace(facts, disks=(), damage=damage), EC2)) == {"ova-file-missing"}


def test_a_damaged_archive_is_an_error() -> None:
    (found,) = evaluate(replace(MACHINE, damage=(Damage("tar archive", "it ends at 512"),)), EC2)
    assert (found.rule, found.severity, found.subject) == ("damaged", Severity.ERROR, "web.ova")


@pytest.mark.parametrize(
    ("facts", "stated", "is_found"),
    [
        pytest.param(disk(), Container.RAW, True, id="another"),
        pytest.param(disk(), Container.VMDK, False, id="right"),
        pytest.param(raw(), Container.VMDK, True, id="no-marks"),
        pytest.param(disk(name="disk"), None, False, id="nothing-says"),
        pytest.param(raw(), None, False, id="raw"),
        pytest.param(vhdx(), Container.VHD, True, id="vhdx-stated-as-vhd"),
        pytest.param(vhdx(), Container.VHDX, False, id="vhdx"),
        pytest.param(replace(vhdx(), name="disk.vhd"), None, True, id="vhdx-named-vhd"),
    ],
)
def test_the_format_stated_must_be_that_of_the_content(
    facts: ImageFacts, stated: Container | None, is_found: bool
) -> None:
    assert ("format-differs" in ids(evaluate(facts, EC2, stated=stated))) == is_found


def test_a_disk_other_than_the_root_need_not_boot() -> None:
    assert evaluate(disk(layout=SECOND.layout), EC2, has_root=False) == ()
    assert "luks" in ids(evaluate(holding(FileSystem.LUKS), EC2, has_root=False))


def test_grub_boots_from_a_gpt_without_an_efi_system_partition() -> None:
    grub = partition(1, type=BIOS_BOOT, file_system=FileSystem.UNKNOWN)
    linux = partition(2, is_active=False, file_system=FileSystem.EXT4)
    (found,) = evaluate(gpt(grub, linux), EC2)
    assert (found.rule, found.severity) == ("gpt-without-efi", Severity.WARNING)
    assert ids(evaluate(gpt(linux), EC2)) == {"no-boot-partition"}


def test_the_most_severe_findings_come_first() -> None:
    facts = mbr(partition(is_active=False, file_system=FileSystem.UNKNOWN), root=None)
    worse = replace(facts, disks=(replace(facts.disks[0], capacity_bytes=9 * TIB),))
    order = [finding.severity for finding in evaluate(worse, EC2)]
    assert order == sorted(order, key=list(Severity).index)
    assert set(order) == set(Severity)


def test_every_rule_has_a_cause_a_remedy_and_a_source() -> None:
    known, entries = rule_catalog(), {failure.id for failure in table().failures}
    for rule in known.rules.values():
        assert rule.id == rule.id.lower()
        assert rule.section in known.sections
        assert rule.source in known.sources
        assert all(id in entries for id in rule.troubleshooting)
        for words in (rule.cause, rule.remedy):
            assert words[0].islower() or words.split()[0] in {"AWS", "AppX", "BYOL", "DSP0243", "EBS", "ImportImage", "ImportSnapshot", "Sysprep", "UEFI", "VM", "WorkSpaces", "Windows"}, words  # fmt: skip
            assert "{" not in words
            assert not words.endswith("."), words
    assert {rule.source for rule in known.rules.values()} == known.sources.keys()
