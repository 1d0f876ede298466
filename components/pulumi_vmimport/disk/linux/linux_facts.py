"""The facts of the Linux system on a disk, read without booting it. linux_facts.toml describes their ids."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.disk.disk_content import DiskContent
from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.disk_region import DiskRegion, unpack_padded
from pulumi_vmimport.disk.file_tree import FileTree, UnreadableVolumeError
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue, GuestFacts, GuestSystem
from pulumi_vmimport.disk.inspection.facts import FileSystem, Layout
from pulumi_vmimport.disk.inspection.free_space import free_bytes
from pulumi_vmimport.disk.linux import kernel_drivers, network_files, remote_access, xfs_log
from pulumi_vmimport.disk.linux.boot_files import BootFiles, boot_file, kernel_version, read_boot_files
from pulumi_vmimport.disk.linux.guest_tree import GuestTree, settings
from pulumi_vmimport.disk.linux.installed_system import LinuxDisk, encrypted_volumes
from pulumi_vmimport.disk.linux.paths import LinuxFile
from pulumi_vmimport.disk.linux.volumes import Volume

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_PROGRAMS = ("/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd", "/bin/sh", "/bin/busybox")
_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 21: "ppc64le", 22: "s390x", 243: "riscv64"}
_ELF = b"\x7fELF"
# GRUB's partition on a GPT that BIOS boots from: https://www.gnu.org/software/grub/manual/grub/html_node/BIOS-installation.html
_BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
_CLOUD_INIT = ("/usr/bin/cloud-init", "/usr/local/bin/cloud-init")
_TOOLS = ("/usr/bin/vmware-uninstall-tools.pl", "/etc/vmware-tools/installer.sh")
_EXT_NEEDS_RECOVERY = 0x4

Facts = Iterator[Fact]


def read_linux(content: DiskContent, layout: Layout) -> GuestFacts | None:
    """The facts of the Linux system on a disk; None if nothing on the disk is of Linux.

    Without a system, and with the reason, if its volume cannot be read.

    The initramfs is read from local images only, because it has 20 to 200 MiB. Raises: DiskImageError; what the source
    raises.
    """
    with LinuxDisk.read(content, layout) as disk:
        if not disk.has_linux:
            return None
        if not disk.roots:
            reasons = "; ".join(disk.problems.values()) or "no volume has the files of an operating system"
            return GuestFacts(None, tuple(_volume_facts(disk, None)), unknown=reasons)
        root = disk.roots[0]
        try:
            tree = disk.mounted(root)
        except DiskImageError as error:
            return GuestFacts(None, tuple(_volume_facts(disk, root)), unknown=str(error))
        return GuestFacts(
            GuestSystem.LINUX, (*_volume_facts(disk, root), *_system_facts(disk, tree, layout, content.is_local))
        )


def _fact(id: str, evidence: str, read: Callable[[], FactValue]) -> Fact:
    try:
        return Fact(id, read(), evidence)
    except DiskImageError as error:
        return Fact(id, evidence=evidence, unknown=str(error))


def _facts(ids: tuple[str, ...], evidence: str, read: Callable[[], Facts]) -> Facts:
    """Facts that are read together: all are unknown if one cannot be read."""
    try:
        yield from tuple(read())
    except DiskImageError as error:
        yield from (Fact(id, evidence=evidence, unknown=str(error)) for id in ids)


def _volume_facts(disk: LinuxDisk, root: Volume | None) -> Facts:
    yield Fact("linux.roots", [volume.where for volume in disk.roots], "the volumes with /etc")
    yield Fact("linux.unread_volumes", list(disk.problems.values()), "the volumes of the disk")
    yield Fact("linux.encrypted_volumes", encrypted_volumes(disk.volumes), "the volumes of the disk")
    swap = [volume.where for volume in disk.volumes if volume.file_system is FileSystem.SWAP]
    yield Fact("linux.swap_volumes", swap, "the volumes of the disk")
    if root is None or root.region is None:
        return
    region, kind = root.region, root.file_system
    yield Fact("linux.root_volume", root.where, root.where)
    yield Fact("linux.root_file_system", kind.value, root.where)
    yield _fact("linux.root_free_bytes", root.where, lambda: free_bytes(region, kind))
    yield _fact("linux.needs_recovery", root.where, lambda: _needs_recovery(region, kind, root.where))


def _needs_recovery(region: DiskRegion, kind: FileSystem, where: str) -> bool:
    """Whether the journal may have changes that the volume has not."""
    if kind is FileSystem.XFS:
        return xfs_log.needs_recovery(region, where)
    return bool(unpack_padded("<I", region.read(1024 + 96, 4))[0] & _EXT_NEEDS_RECOVERY)


def _system_facts(disk: LinuxDisk, tree: GuestTree, layout: Layout, is_local: bool) -> Facts:
    yield from _release_facts(tree)
    yield _fact("linux.fstab", "/etc/fstab", lambda: _fstab(disk, tree))
    yield _fact("linux.has_fstab", "/etc/fstab", lambda: tree.find("/etc/fstab") is not None)
    yield _fact("linux.remote_mounts", "/etc/fstab", lambda: disk.remote_mounts(tree))
    yield _fact("linux.crypttab", "/etc/crypttab", lambda: _lines(tree, "/etc/crypttab"))
    yield from _facts(_BOOT_IDS, "/boot", lambda: _boot_facts(disk, tree, is_local))
    yield from _esp_facts(disk, layout)
    yield from _access_facts(tree)
    yield from _network_facts(tree)
    yield _fact("linux.cloud_init", _CLOUD_INIT[0], lambda: tree.first(_CLOUD_INIT) is not None)
    yield _fact("linux.vmware_tools", _TOOLS[0], lambda: tree.first(_TOOLS) is not None)
    selinux = "/etc/selinux/config"
    yield _fact("linux.selinux", selinux, lambda: settings(tree.text(selinux)).get("SELINUX"))
    yield _fact("linux.relabels", "/.autorelabel", lambda: tree.find("/.autorelabel") is not None)


def _lines(tree: GuestTree, path: str) -> list[str]:
    lines = map(str.strip, tree.text(path).splitlines())
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def _release_facts(tree: GuestTree) -> Facts:
    ids = {"linux.distribution": "ID", "linux.version": "VERSION_ID", "linux.name": "PRETTY_NAME"}

    def release() -> Facts:
        file = tree.first(_OS_RELEASE)
        values = settings(file.text()) if file else {}
        for id, name in ids.items():
            yield Fact(id, values.get(name), f"{file.path if file else _OS_RELEASE[0]} {name}")

    yield from _facts(tuple(ids), _OS_RELEASE[0], release)
    yield from _facts(("linux.architecture",), _PROGRAMS[0], lambda: _architecture(tree))


def _architecture(tree: GuestTree) -> Facts:
    file = tree.first(_PROGRAMS)
    if file is None:
        raise UnreadableVolumeError(_PROGRAMS[0], f"none of {', '.join(_PROGRAMS)} exists")
    header = file.read(0, 64)
    if not header.startswith(_ELF):
        raise UnreadableVolumeError(file.path, "it is no ELF program")
    (machine,) = unpack_padded("<H" if header[5] == 1 else ">H", header, 18)
    yield Fact("linux.architecture", _MACHINES.get(machine, f"ELF machine {machine}"), file.path)


def _fstab(disk: LinuxDisk, tree: GuestTree) -> list[FactValue]:
    return [
        {
            "device": entry.device,
            "mount_point": entry.mount_point,
            "type": entry.type,
            "options": list(entry.options),
            "is_device_name": entry.is_named,
            "found": found,
        }
        for entry, found in disk.fstab_entries(tree)
    ]


_BOOT_IDS = (
    "linux.boot_loader", "linux.grub_files", "linux.uses_boot_entries", "linux.saved_entry", "linux.default_kernel",
    "linux.kernel_exists", "linux.kernel", "linux.kernels", "linux.kernel_arguments", "linux.initramfs",
    "linux.missing_initramfs", "linux.drivers",
)  # fmt: skip


def _boot_facts(disk: LinuxDisk, tree: GuestTree, is_local: bool) -> Facts:
    boot = read_boot_files(tree, disk.esp)
    first = boot.files[0] if boot.files else None
    place = first.path if first else boot.other[1] if boot.other else "/boot"
    loader = ("GRUB Legacy" if first.is_legacy else "GRUB 2") if first else boot.other[0] if boot.other else None
    yield Fact("linux.boot_loader", loader, place)
    yield Fact("linux.grub_files", [file.path for file in boot.files], "/boot and the EFI system partition")
    yield Fact("linux.uses_boot_entries", boot.uses_entries, place)
    yield Fact("linux.saved_entry", boot.saved_entry, "grubenv")
    yield from _kernel_facts(tree, boot, place, is_local)


def _kernel_facts(tree: GuestTree, boot: BootFiles, place: str, is_local: bool) -> Facts:
    entry = boot.entry
    path = entry.kernel if entry else ""
    evidence = f"{place}, {entry.title or entry.id}" if entry else place
    kernel = boot_file(tree, path)
    yield Fact("linux.default_kernel", path or None, evidence)
    yield Fact("linux.kernel_exists", kernel is not None, path or evidence)
    version = kernel_version(kernel, path)
    kernels = kernel_drivers.kernel_versions(tree)
    yield Fact("linux.kernel", version, path or evidence)
    yield Fact("linux.kernels", list(kernels), "/lib/modules")
    yield Fact("linux.kernel_arguments", entry.arguments if entry else None, evidence)
    found = {name: boot_file(tree, name) for name in (entry.initramfs if entry else ())}
    there = [file for file in found.values() if file is not None]
    yield Fact("linux.initramfs", [file.path for file in there], evidence)
    yield Fact("linux.missing_initramfs", [name for name, file in found.items() if file is None], evidence)
    yield _fact(
        "linux.drivers", f"modules of {version or 'the kernel'}", lambda: _drivers(tree, version, there, is_local)
    )


def _drivers(tree: GuestTree, version: str | None, initramfs: list[LinuxFile], is_local: bool) -> FactValue:
    folder = kernel_drivers.module_folder(tree, version) if version else None
    if folder is None:
        raise UnreadableVolumeError("/lib/modules", f"there are no modules of kernel {version or '(unknown)'}")
    drivers = kernel_drivers.drivers_on_volume(tree, folder)
    if set(drivers.values()) == {kernel_drivers.BUILT_IN}:
        return drivers
    if not is_local:
        size = sum(file.size_bytes for file in initramfs) >> 20
        reason = f"its {size} MiB are read from local images only; run `vmimport inspect` on a copy"
        raise UnreadableVolumeError(", ".join(file.path for file in initramfs) or "initramfs", reason)
    return kernel_drivers.with_initramfs(drivers, initramfs)


def _esp_facts(disk: LinuxDisk, layout: Layout) -> Facts:
    esp = "the EFI system partition"
    yield _fact("linux.firmware", esp, lambda: _firmware(disk.esp, layout))
    yield _fact("linux.esp_loaders", r"\EFI\BOOT", lambda: _names(disk.esp, "/EFI/BOOT"))


def _names(tree: FileTree | None, path: str) -> list[str]:
    folder = tree.find(path) if tree else None
    return sorted(entry.name.upper() for entry in folder.entries()) if folder and folder.is_directory else []


def _firmware(esp: FileTree | None, layout: Layout) -> str | None:
    """The firmware for which the disk has a boot loader: bios, efi or both."""
    by_bios = layout.boot_code or any(partition.type.upper() == _BIOS_BOOT for partition in layout.partitions)
    if _names(esp, "/EFI"):
        return "both" if by_bios else "efi"
    return "bios" if by_bios else None


def _access_facts(tree: GuestTree) -> Facts:
    yield _fact("linux.ssh_server", "/usr/sbin/sshd", lambda: remote_access.ssh_server(tree))
    yield _fact("linux.ssh_starts_by", "/etc/systemd/system", lambda: remote_access.ssh_starts_by(tree))
    yield _fact("linux.ssh_settings", "/etc/ssh/sshd_config", lambda: dict(remote_access.ssh_settings(tree)))
    accounts = "/etc/passwd, authorized_keys"

    def with_key(*, is_root: bool) -> list[str]:
        return [a.name for a in remote_access.accounts(tree) if a.has_key and (a.name == "root") is is_root]

    yield _fact("linux.key_accounts", accounts, lambda: with_key(is_root=False))
    yield _fact("linux.root_has_key", accounts, lambda: bool(with_key(is_root=True)))
    yield _fact("linux.blocking_firewall", "ufw and firewalld", lambda: remote_access.blocking_firewall(tree))


def _network_facts(tree: GuestTree) -> Facts:
    yield _fact("linux.networks", "the network configuration in /etc", lambda: _networks(tree))
    yield _fact("linux.persistent_names", "/etc/udev/rules.d", lambda: network_files.persistent_name_files(tree))
    service = "/etc/systemd/system/multi-user.target.wants/NetworkManager.service"
    yield _fact("linux.network_manager", service, lambda: network_files.has_network_manager(tree))


def _networks(tree: GuestTree) -> list[FactValue]:
    return [
        {"file": n.file, "interface": n.interface, "method": n.method, "mac_address": n.mac_address}
        for n in network_files.network_configurations(tree)
    ]
