import pytest

from pulumi_vmimport.disk.inspection.facts import FileSystem
from pulumi_vmimport.disk.linux.fstab import is_device_name, parse_fstab, volume_of
from pulumi_vmimport.disk.linux.volumes import Volume

ROOT = Volume(
    "partition 2",
    None,
    FileSystem.EXT4,
    "root",
    "0f5d3c1e-6a7b-4c8d-9e0f-112233445566",
    "1234abcd-02",
    "system",
    number=2,
)
BOOT = Volume(
    "partition 1", None, FileSystem.XFS, "BOOT", "a1b2c3d4-0000-4000-8000-000000000001", "1234abcd-01", "boot", number=1
)
ESP = Volume("partition 3", None, FileSystem.FAT, "ESP", "7c1a-20ff", "1234abcd-03", number=3)
LOGICAL = Volume("logical volume vg-a/lv-b", None, FileSystem.XFS, uuid="ffff", device="vg-a/lv-b")
VOLUMES = (ROOT, BOOT, ESP, LOGICAL)

NAMES = {
    "UUID=0F5D3C1E-6A7B-4C8D-9E0F-112233445566": (ROOT, True),
    'UUID="a1b2c3d4-0000-4000-8000-000000000001"': (BOOT, True),
    "UUID=7C1A-20FF": (ESP, True),
    "LABEL=root": (ROOT, True),
    "PARTUUID=1234abcd-01": (BOOT, True),
    "PARTUUID=1234abcd-09": (None, True),
    "PARTLABEL=system": (ROOT, True),
    "/dev/disk/by-uuid/0f5d3c1e-6a7b-4c8d-9e0f-112233445566": (ROOT, True),
    "/dev/disk/by-label/BOOT": (BOOT, True),
    "/dev/sda2": (ROOT, True),
    "/dev/vda1": (BOOT, True),
    "/dev/nvme0n1p2": (ROOT, True),
    "/dev/sda9": (None, True),
    "/dev/sda": (None, True),
    "/dev/sdb2": (None, False),
    "/dev/nvme1n1p2": (None, False),
    "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part2": (ROOT, False),
    "/dev/vg-a/lv-b": (LOGICAL, True),
    "/dev/mapper/vg--a-lv--b": (LOGICAL, True),
    "/dev/mapper/vg--a-gone": (None, True),
    "/dev/mapper/other-root": (None, False),
    "/dev/md0": (None, False),
}


@pytest.mark.parametrize("device", NAMES)
def test_a_device_is_the_volume_that_linux_would_mount(device: str) -> None:
    # A volume of which nothing can be read might have any label.
    known = tuple(Volume(**{**vars(volume), "region": object()}) for volume in VOLUMES)
    volume, is_certain = volume_of(device, known)
    expected, certain = NAMES[device]
    assert (volume.where if volume else None, is_certain) == (expected.where if expected else None, certain)


def test_a_missing_uuid_is_not_certain_beside_a_volume_that_is_not_read() -> None:
    assert volume_of("UUID=1234", (ROOT, Volume("partition 4", None, FileSystem.UNKNOWN, note="bcachefs"))) == (
        None,
        False,
    )


def test_guids_of_partitions_are_not_known_for_a_gpt() -> None:
    gpt = Volume("partition 1", None, FileSystem.EXT4, number=1)
    assert volume_of("PARTUUID=6c6ecad5-0000-4000-8000-000000000001", (gpt,)) == (None, False)


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("/dev/sda1", True), ("/dev/xvda", True), ("/dev/hdc1", True), ("/dev/nvme0n1p1", True), ("/dev/disk/by-path/x", True),
        ("/dev/disk/by-uuid/1", False), ("UUID=1", False), ("LABEL=a", False), ("/dev/mapper/vg-a", False), ("/dev/vg/a", False),
    ],
)  # fmt: skip
def test_names_that_change_on_ec2_are_known(device: str, expected: bool) -> None:
    assert is_device_name(device) is expected


def test_lines_are_read_as_mount_reads_them() -> None:
    text = (
        "# /etc/fstab\n\n  UUID=1\t/\text4 defaults,noatime 0 1\nLABEL=a\\040b /mnt/with\\040space/ xfs\nUUID=2 none swap sw\n"
        "tmpfs /run/a tmpfs defaults\nfiles:/web /srv nfs nofail 0 0\n/img /mnt/iso iso9660 loop,ro\n/a /b none bind\nalone\n"
    )
    entries = list(parse_fstab(text))
    assert [(e.device, e.mount_point, e.type, e.options) for e in entries[:3]] == [
        ("UUID=1", "/", "ext4", ("defaults", "noatime")),
        ("LABEL=a b", "/mnt/with space", "xfs", ("defaults",)),
        ("UUID=2", "none", "swap", ("sw",)),
    ]
    assert [(e.mount_point, e.has_device, e.is_remote) for e in entries[3:]] == [
        ("/run/a", False, False), ("/srv", False, True), ("/mnt/iso", False, False), ("/b", False, False),
    ]  # fmt: skip
