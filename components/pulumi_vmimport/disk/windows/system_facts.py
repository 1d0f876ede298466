"""Facts about the boot loader, about files, and about how Windows was shut down."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.guest.fact_catalog import HiveName
from pulumi_vmimport.disk.guest.guest_facts import Fact
from pulumi_vmimport.disk.inspection.facts import Layout
from pulumi_vmimport.disk.registry.hive_recovery import HiveState
from pulumi_vmimport.disk.windows.windows_disk import WindowsDisk
from pulumi_vmimport.disk.windows.windows_hives import WindowsHives

_FILES = {
    "file.sysprep": "/Windows/System32/Sysprep/sysprep.exe",
    "file.pending_updates": "/Windows/WinSxS/pending.xml",
    "file.pcoip_uninstaller": "/Program Files (x86)/Teradici/PCoIP Agent/uninst.exe",
}


def boot_facts(disk: WindowsDisk, layout: Layout) -> Iterator[Fact]:
    """The partition table and the default entry of the boot configuration."""
    yield Fact("boot.partition_table", layout.scheme.value, "partition table")
    if disk.store is None:
        for id in ("boot.loader", "boot.emergency_management"):
            yield Fact(id, evidence="boot configuration", unknown=disk.store_reason)
        return
    found, where = disk.store.configuration, f"partition {disk.store.partition}, {disk.store.path}"
    yield Fact("boot.loader", found.loader_path, f"{where}: {found.loader_evidence}")
    enabled = next((setting for setting in found.ems_settings if setting.is_enabled), None)
    evidence = f"{where}: {enabled.evidence}" if enabled else where
    yield Fact("boot.emergency_management", found.is_ems_enabled, evidence)


def file_facts(disk: WindowsDisk) -> Iterator[Fact]:
    """Whether files exist. Raises: what the source of the image raises."""
    for id, path in _FILES.items():
        evidence = path.replace("/", "\\")
        try:
            yield Fact(id, disk.volume.find(path) is not None, evidence)
        except DiskImageError as error:
            yield Fact(id, evidence=evidence, unknown=str(error))


def shutdown_facts(disk: WindowsDisk, hives: WindowsHives) -> Iterator[Fact]:
    """Whether the disk has every change. Raises: what the source of the image raises."""
    yield _volume(disk)
    yield _unfinished_hives(hives)


def _volume(disk: WindowsDisk) -> Fact:
    id, where = "shutdown.volume_clean", f"partition {disk.partition}"
    try:
        found = disk.volume.shutdown()
    except DiskImageError as error:
        return Fact(id, evidence=where, unknown=str(error))
    evidence = f"{where}: {'; '.join(found.reasons)}"
    if found.is_clean is None:
        return Fact(id, evidence=where, unknown="; ".join(found.reasons))
    return Fact(id, found.is_clean, evidence)


def _unfinished_hives(hives: WindowsHives) -> Fact:
    unfinished, unread = [], []
    for name in HiveName:
        try:
            hive = hives.hive(name)
        except DiskImageError as error:
            unread.append(str(error))
            continue
        if hive.state is not HiveState.CLEAN:
            unfinished.append(f"{name}: {hive.state_reason}")
    incomplete = "; ".join(unread) or None
    return Fact("shutdown.unfinished_hives", unfinished, "\\Windows\\System32\\config", incomplete=incomplete)
