from uuid import UUID

import pytest
from tests.unit.disk.registry.boot_store import (
    DISK,
    LINUX,
    LOADER_SETTINGS,
    PARTITION,
    WINDOWS,
    element,
    flag,
    ids,
    on_gpt,
    on_mbr,
    store,
)
from tests.unit.disk.registry.hive_writer import MemoryFile, Values, hive, sz

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.bcd import (
    BOOT_MANAGER,
    EMS_SETTINGS,
    BootConfiguration,
    BootPartition,
    EmsSetting,
    read_boot_configuration,
)
from pulumi_vmimport.disk.registry.hive import Hive


def read(keys: dict[str, Values]) -> BootConfiguration | None:
    return read_boot_configuration(Hive.open(MemoryFile(hive(keys), "\\EFI\\Microsoft\\Boot\\BCD")))


def expected(keys: dict[str, Values]) -> BootConfiguration:
    found = read(keys)
    assert found is not None
    return found


def without(keys: dict[str, Values], object_id: str, number: str) -> dict[str, Values]:
    return {path: values for path, values in keys.items() if path != f"Objects\\{object_id}\\Elements\\{number}"}


def test_the_default_entry_counts_among_those_of_the_firmware_and_of_recovery() -> None:
    found = expected(store("\\Windows\\system32\\winload.exe"))
    assert found.object_id == WINDOWS
    assert found.loader_path == "\\Windows\\system32\\winload.exe"
    assert not found.is_uefi
    assert found.loader_evidence == f"Objects\\{WINDOWS}\\Elements\\12000002"
    assert found.default_evidence == f"Objects\\{BOOT_MANAGER}\\Elements\\23000003"
    assert found.system_evidence == f"Objects\\{WINDOWS}\\Elements\\21000001"
    assert expected(store()).is_uefi
    assert expected(store("\\Windows\\System32\\WINLOAD.EFI")).is_uefi


def test_without_a_default_the_first_entry_of_the_menu_counts() -> None:
    found = expected(without(store(), BOOT_MANAGER, "23000003"))
    assert found.object_id == LINUX
    assert found.default_evidence == f"Objects\\{BOOT_MANAGER}\\Elements\\24000001"
    found = expected({**store(), **element(BOOT_MANAGER, "23000003", sz(""))})
    assert found.object_id == LINUX


def test_a_store_whose_boot_manager_starts_nothing_says_so() -> None:
    keys = without(without(store(), BOOT_MANAGER, "23000003"), BOOT_MANAGER, "24000001")
    assert read(keys) is None


@pytest.mark.parametrize("loader", ["\\windows\\system32\\boot\\winload.efi", "\\Windows\\System32\\Boot\\winload.exe"])
def test_a_store_of_setup_media_is_ignored(loader: str) -> None:
    assert read(store(loader)) is None


def test_a_partition_of_a_gpt_has_a_guid() -> None:
    assert expected(store()).system_partition == BootPartition(partition_guid=PARTITION, disk_guid=DISK)
    other = UUID("68cddf6c-75de-4490-8f99-5a84bf264917")
    keys = {**store(), **element(WINDOWS, "11000001", (3, on_gpt(other)))}
    found = expected(keys)
    assert found.loader_partition == BootPartition(partition_guid=other, disk_guid=DISK)
    assert found.system_partition == BootPartition(partition_guid=PARTITION, disk_guid=DISK)


def test_a_partition_of_an_mbr_has_a_signature_and_an_offset() -> None:
    found = expected(store(device=on_mbr(0x1BADB002, 500 << 20)))
    assert found.system_partition == BootPartition(mbr_signature=0x1BADB002, offset_bytes=500 << 20)


@pytest.mark.parametrize(
    "device", [b"", on_gpt()[:-1], b"\0" * 16 + b"\5" + on_gpt()[17:], on_gpt()[:0x34] + b"\2" + on_gpt()[0x35:]]
)
def test_another_device_names_no_partition(device: bytes) -> None:
    found = expected({**store(), **element(WINDOWS, "21000001", (3, device))})
    assert found.system_partition is None
    assert expected(without(store(), WINDOWS, "21000001")).system_partition is None


def test_ems_is_off_unless_an_element_says_otherwise() -> None:
    assert expected(store()).ems_settings == (EmsSetting(False, f"Objects\\{EMS_SETTINGS}\\Elements\\16000020"),)
    assert not expected(store()).is_ems_enabled
    assert not expected(without(store(), EMS_SETTINGS, "16000020")).is_ems_enabled


@pytest.mark.parametrize(
    ("object_id", "number"),
    [
        (WINDOWS, "260000b0"),
        (LOADER_SETTINGS, "260000b0"),
        (EMS_SETTINGS, "16000020"),
        (BOOT_MANAGER, "16000020"),
        (WINDOWS, "16000020"),
    ],
)
def test_ems_is_on_if_the_entry_or_what_it_inherits_says_so(object_id: str, number: str) -> None:
    found = expected({**store(), **element(object_id, number, flag(1))})
    assert found.is_ems_enabled
    assert EmsSetting(True, f"Objects\\{object_id}\\Elements\\{number}") in found.ems_settings


def test_ems_of_another_entry_does_not_count() -> None:
    assert not expected({**store(), **element(LINUX, "260000b0", flag(1))}).is_ems_enabled


def test_objects_that_inherit_from_each_other_end() -> None:
    many = [f"{{{number:08}-0000-0000-0000-000000000000}}" for number in range(100)]
    keys = store()
    for object_id in many:
        keys.update(element(object_id, "14000006", ids(*many)))
    assert not expected({**keys, **element(WINDOWS, "14000006", ids(*many, WINDOWS))}).is_ems_enabled


def test_a_default_entry_that_does_not_exist_has_no_loader() -> None:
    gone = "{00000000-0000-0000-0000-000000000001}"
    found = expected({**store(), **element(BOOT_MANAGER, "23000003", sz(gone))})
    assert (found.object_id, found.loader_path, found.system_partition) == (gone, None, None)
    assert not found.is_uefi


def test_fails_for_a_default_entry_that_is_no_object() -> None:
    with pytest.raises(UnreadableVolumeError, match=r"Elements\\23000003 names no object, but 'x\\x1b'"):
        read({**store(), **element(BOOT_MANAGER, "23000003", sz("x\x1b"))})


def test_fails_for_a_hive_that_is_no_store() -> None:
    with pytest.raises(UnreadableVolumeError, match=r"Boot\\BCD: it is no BCD store: it has no key Objects"):
        read({"Select": {}})
