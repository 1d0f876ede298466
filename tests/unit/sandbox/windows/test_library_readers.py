"""The sandbox writes what the library reads, each after the formats' descriptions: a mistake of one shows in the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pulumi_vmimport.disk.file_tree import DirectoryEntry
from pulumi_vmimport.disk.registry.bcd import read_boot_configuration
from pulumi_vmimport.disk.registry.domain_membership import read_domain_membership
from pulumi_vmimport.disk.registry.hive import Hive
from pulumi_vmimport.disk.registry.hive_recovery import HiveState
from pulumi_vmimport.disk.registry.sam import read_accounts
from pulumi_vmimport_sandbox.windows import Key, Layout, WindowsGuest, faulty_guest
from pulumi_vmimport_sandbox.windows.accounts import sam
from pulumi_vmimport_sandbox.windows.hive_log import dirty_hive
from pulumi_vmimport_sandbox.windows.hive_writer import write_hive


@dataclass
class InMemory:
    path: str
    data: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    @property
    def is_directory(self) -> bool:
        return False

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]

    def entries(self) -> Iterator[DirectoryEntry]:
        return iter(())


def _open(root: Key) -> Hive:
    return Hive.open(InMemory("hive", write_hive(root).file()))


@pytest.mark.parametrize("layout", Layout)
def test_the_boot_configuration_names_the_partition_of_windows(layout: Layout) -> None:
    guest = WindowsGuest.healthy(layout)
    found = read_boot_configuration(_open(guest.boot))
    assert found is not None
    assert found.is_uefi == (layout is Layout.WINDOWS_11)
    assert not found.is_ems_enabled
    partition, windows = found.system_partition, guest.partitions[-1]
    assert partition is not None
    if layout is Layout.WINDOWS_11:
        assert partition.partition_guid == windows.id
    else:
        assert (partition.mbr_signature, partition.offset_bytes) == (0x1BADB002, windows.start)


def test_emergency_management_is_found() -> None:
    found = read_boot_configuration(_open(faulty_guest("EmergencyManagement").boot))
    assert found is not None
    assert found.is_ems_enabled


def test_the_accounts_are_those_of_the_guest() -> None:
    guest = faulty_guest("EmptyPassword", "AdministratorDisabled")
    found = read_accounts(_open(sam(guest.accounts)))
    assert found.machine_sid == "S-1-5-21-1004336348-1177238915-682003330"
    for account in guest.accounts:
        read = found.account(account.name)
        assert read is not None
        assert (read.rid, read.is_disabled, read.has_empty_password) == (
            account.rid,
            not account.is_enabled,
            not account.has_password,
        )
        assert found.is_administrator(read) == account.is_administrator


def test_a_domain_is_found_only_where_there_is_one() -> None:
    alone = read_domain_membership(_open(WindowsGuest.healthy().security))
    joined = read_domain_membership(_open(faulty_guest("DomainJoined").security))
    assert alone.domain_sid is None
    assert (joined.domain_sid, joined.domain_name, joined.netbios_name) == (
        "S-1-5-21-397955417-626881126-188441444",
        "corp.example.com",
        "CORP",
    )


def test_a_change_that_is_only_in_the_log_is_read_from_the_log() -> None:
    guest = faulty_guest("HiveInUse/fault-in-log")
    dirty = dirty_hive(write_hive(guest.before_crash["SYSTEM"]), write_hive(guest.system))
    log = InMemory("SYSTEM.LOG1", dirty.log.ljust(1 << 18, b"\0"))
    for logs, state, start in (([], HiveState.NOT_RECOVERED, 4), ([log], HiveState.RECOVERED, 3)):
        hive = Hive.open(InMemory("SYSTEM", dirty.file), logs, check_all=True)
        assert hive.state == state
        key = hive.key(r"ControlSet001\Services\wuauserv")
        assert key is not None
        value = key.value("Start")
        assert value is not None
        assert value.number() == start
