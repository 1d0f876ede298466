"""The volumes that /etc/fstab names, and which of a disk's volumes they are.

Source: https://man7.org/linux/man-pages/man5/fstab.5.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pulumi_vmimport.disk.linux.guest_tree import at_most
from pulumi_vmimport.disk.linux.volumes import Volume

_ESCAPE = re.compile(r"\\([0-7]{3})")
_BY_TAG = re.compile(r"(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)")
_BY_LINK = re.compile(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.*)")
# The names of disks depend on the order and the kind of their controllers, and change on EC2.
_NAMED = re.compile(r"/dev/(?:(?:sd|vd|hd|xvd)[a-z]+(?P<number>\d*)|nvme\d+n\d+(?:p(?P<part>\d+))?)")
_BY_PORT = re.compile(r"/dev/disk/by-(?:path|id)/.*?(?:-part(?P<number>\d+))?")
_FIRST_DISK = re.compile(r"/dev/(?:(?:sd|vd|hd|xvd)a\d*|nvme0n1(?:p\d+)?)")
_FIELDS = 2
_MAX_LINES = 1000
_NO_DEVICE = frozenset(
    {"proc", "sysfs", "tmpfs", "devpts", "debugfs", "securityfs", "cgroup", "cgroup2", "overlay", "bind", "none"}
)
REMOTE = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smbfs",
        "smb3",
        "vboxsf",
        "vmhgfs",
        "fuse.vmhgfs-fuse",
        "sshfs",
        "fuse.sshfs",
        "9p",
        "ceph",
        "glusterfs",
    }
)
"""File systems of other machines and of hypervisors"""


@dataclass(frozen=True)
class FstabEntry:
    """A line of /etc/fstab."""

    device: str
    mount_point: str
    """`none` or `swap` for swap space"""
    type: str
    options: tuple[str, ...]

    @property
    def is_remote(self) -> bool:
        """Whether the file system is on another machine."""
        return self.type in REMOTE

    @property
    def has_device(self) -> bool:
        """Whether it needs a disk."""
        return not (self.is_remote or self.type in _NO_DEVICE or "bind" in self.options or "loop" in self.options)

    @property
    def is_named(self) -> bool:
        """Whether the device is named in a way that changes on EC2."""
        return is_device_name(self.device)


def is_device_name(device: str) -> bool:
    """Whether a device is named by its place, as in /dev/sda1."""
    return bool(_NAMED.fullmatch(device) or device.startswith(("/dev/disk/by-path/", "/dev/disk/by-id/")))


def parse_fstab(text: str) -> Iterator[FstabEntry]:
    """The entries; lines without a device and a mount point are left out, as mount does.

    Raises: UnreadableVolumeError if there are more lines than a system has.
    """
    for line in at_most(_MAX_LINES, text.splitlines(), "/etc/fstab"):
        fields = [_ESCAPE.sub(_character, field) for field in line.split()]
        if len(fields) >= _FIELDS and not fields[0].startswith("#"):
            kind, options, *_ = fields[2:4] + ["auto", "defaults"][len(fields[2:4]) :]
            point = fields[1] if fields[1] == "/" else fields[1].rstrip("/")
            yield FstabEntry(fields[0], point, kind, tuple(options.split(",")))


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


def volume_of(device: str, volumes: Sequence[Volume]) -> tuple[Volume | None, bool]:
    """The volume that a device names, and whether that is certain: it is not for names of other disks."""
    if tag := _BY_TAG.fullmatch(device) or _BY_LINK.fullmatch(device):
        return _by_tag(tag[1].lower(), tag[2].strip("\"'"), volumes)
    if named := _NAMED.fullmatch(device):
        number = named["number"] or named["part"]
        is_first = bool(_FIRST_DISK.fullmatch(device))
        return (_numbered(number, volumes), True) if is_first else (None, False)
    if port := _BY_PORT.fullmatch(device):
        return _numbered(port["number"], volumes), False
    logical = {name for volume in volumes for name in _names_of(volume)}
    if device in logical:
        return next(volume for volume in volumes if device in _names_of(volume)), True
    groups = {volume.device.split("/", maxsplit=1)[0] for volume in volumes if volume.device}
    of_group = any(
        device.startswith((f"/dev/{group}/", f"/dev/mapper/{group.replace('-', '--')}-")) for group in groups
    )
    return None, of_group


def _by_tag(tag: str, value: str, volumes: Sequence[Volume]) -> tuple[Volume | None, bool]:
    wanted = value.lower() if tag.endswith("uuid") else value
    name = {"uuid": "uuid", "label": "label", "partuuid": "partition_uuid", "partlabel": "partition_label"}[tag]
    found = next((volume for volume in volumes if getattr(volume, name) == wanted), None)
    if tag == "partuuid":  # those of a GPT are not known
        return found, found is not None or any(volume.partition_uuid for volume in volumes)
    # A label may be cut or in another encoding, and the volumes that are not read have neither.
    unread = any(volume.region is None or volume.note for volume in volumes)
    return found, found is not None or not unread


def _numbered(number: str | None, volumes: Sequence[Volume]) -> Volume | None:
    return next((volume for volume in volumes if str(volume.number) == (number or "None") and not volume.device), None)


def _names_of(volume: Volume) -> tuple[str, ...]:
    if not volume.device:
        return ()
    group, name = volume.device.split("/", maxsplit=1)
    return f"/dev/{group}/{name}", f"/dev/mapper/{group.replace('-', '--')}-{name.replace('-', '--')}"
