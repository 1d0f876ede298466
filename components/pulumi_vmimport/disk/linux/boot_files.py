"""The boot loader, the default kernel and its initramfs."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from pulumi_vmimport.disk.disk_region import unpack_padded
from pulumi_vmimport.disk.file_tree import File, FileTree
from pulumi_vmimport.disk.linux import grub_config
from pulumi_vmimport.disk.linux.grub_config import BootEntry
from pulumi_vmimport.disk.linux.guest_tree import GuestTree
from pulumi_vmimport.disk.linux.paths import MAX_FILE_BYTES, LinuxFile

_GRUB2 = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
_LEGACY = ("/boot/grub/grub.conf", "/boot/grub/menu.lst")
_ENVIRONMENTS = ("/boot/grub/grubenv", "/boot/grub2/grubenv")
_ENTRIES = "/boot/loader/entries"
_BLS = "blscfg"
_OTHERS = {"systemd-boot": ("/boot/loader/loader.conf", "/boot/efi/loader/loader.conf"), "LILO": ("/etc/lilo.conf",)}
_OTHERS_ON_ESP = {"systemd-boot": ("/loader/loader.conf",)}
_SETUP_HEADER_BYTES = 0x300
_SETUP_MAGIC = b"HdrS"
_KERNEL_NAMES = ("vmlinuz-", "vmlinux-", "bzImage-", "kernel-", "linux-")


@dataclass(frozen=True)
class GrubFile:
    """A configuration of GRUB."""

    path: str
    text: str
    is_legacy: bool = False

    @property
    def is_menu(self) -> bool:
        """Whether it has a menu; the one on an EFI system partition often just leads to another file."""
        return self.is_legacy or "menuentry " in self.text or self.uses_entries

    @property
    def uses_entries(self) -> bool:
        """Whether its menu is in files of the Boot Loader Specification."""
        return _BLS in self.text.split()


@dataclass(frozen=True)
class BootFiles:
    """What was found of the boot loader."""

    files: tuple[GrubFile, ...]
    """The different configurations of GRUB that have a menu"""
    other: tuple[str, str] | None
    """Another boot loader and its configuration, if there is no GRUB"""
    entry: BootEntry | None
    """The default entry of the first file"""
    uses_entries: bool
    """Whether the menu is in files of the Boot Loader Specification"""
    saved_entry: str | None
    """What grubenv says"""


def read_boot_files(tree: GuestTree, esp: FileTree | None) -> BootFiles:
    """Raises: as `File.read`."""
    found = [file for file in (*_of_esp(esp), *_of_tree(tree)) if file.is_menu]
    different = {sha256(file.text.encode()).digest(): file for file in reversed(found)}
    files = tuple(file for file in found if file in different.values())
    environment = grub_config.parse_environment(_environment(tree, esp))
    first = files[0] if files else None
    return BootFiles(
        files=files,
        other=None if files else _other(tree, esp),
        entry=_default(tree, first, environment) if first else None,
        uses_entries=bool(first and first.uses_entries),
        saved_entry=environment.get("saved_entry"),
    )


def _of_tree(tree: GuestTree) -> Iterator[GrubFile]:
    for paths, is_legacy in ((_GRUB2, False), (_LEGACY, True)):
        # menu.lst is often a link to grub.conf.
        resolved = {file.path: file for file in map(tree.find, paths) if file and not file.is_directory}
        for path, file in resolved.items():
            yield GrubFile(path, file.text(), is_legacy)


def _of_esp(esp: FileTree | None) -> Iterator[GrubFile]:
    for path, file in _vendor_files(esp, "grub.cfg"):
        yield GrubFile(path, _text(file))


def _vendor_files(esp: FileTree | None, name: str) -> Iterator[tuple[str, File]]:
    folder = esp.find("/EFI") if esp else None
    if esp is None or folder is None or not folder.is_directory:
        return
    for entry in folder.entries():
        path = f"/EFI/{entry.name}/{name}"
        file = esp.find(path) if entry.is_directory else None
        if file is not None and not file.is_directory:
            yield f"EFI system partition{path}", file


def _text(file: File) -> str:
    return file.read(0, min(file.size_bytes, MAX_FILE_BYTES)).decode("utf-8", errors="replace")


def _environment(tree: GuestTree, esp: FileTree | None) -> str:
    file = tree.first(_ENVIRONMENTS)
    if file is not None:
        return file.text()
    return next((_text(file) for _, file in _vendor_files(esp, "grubenv")), "")


def _other(tree: GuestTree, esp: FileTree | None) -> tuple[str, str] | None:
    for name, paths in _OTHERS.items():
        if file := tree.first(paths):
            return name, file.path
    for name, paths in _OTHERS_ON_ESP.items():
        for path in paths if esp else ():
            if esp and esp.find(path):
                return name, f"EFI system partition{path}"
    return None


def _default(tree: GuestTree, file: GrubFile, environment: dict[str, str]) -> BootEntry | None:
    if file.is_legacy:
        return grub_config.choose(grub_config.parse_legacy(file.text), grub_config.legacy_default(file.text))
    default = grub_config.grub2_default(file.text, environment)
    entries = grub_config.parse_grub2(file.text)
    if file.uses_entries:
        loaded = [
            grub_config.parse_boot_loader_entry(path.rpartition("/")[2], tree.text(path), environment)
            for path in tree.files(_ENTRIES, ".conf")
        ]
        entries = (*grub_config.newest_first(loaded), *entries)
    return grub_config.choose(entries, default)


def boot_file(tree: GuestTree, path: str) -> LinuxFile | None:
    """A file that an entry names: from the root of the volume with /boot. Raises: as `File.read`."""
    return tree.first((path, f"/boot/{path.lstrip('/')}")) if path else None


def kernel_version(kernel: LinuxFile | None, path: str) -> str | None:
    """The version that the kernel states, or else its name has; None if neither does. Raises: as `File.read`."""
    if kernel is not None:
        header = kernel.read(0, _SETUP_HEADER_BYTES)
        (at,) = unpack_padded("<H", header, 0x20E)
        if header[0x202:0x206] == _SETUP_MAGIC and at:
            stated = kernel.read(at + 0x200, 256).split(b"\0")[0].decode("utf-8", errors="replace").split()
            if stated and stated[0][0].isdigit():
                return stated[0]
    name = path.rpartition("/")[2]
    return next((name.removeprefix(prefix) for prefix in _KERNEL_NAMES if name.startswith(prefix)), None)
