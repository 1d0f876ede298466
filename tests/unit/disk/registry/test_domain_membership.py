import pytest
from tests.unit.disk.registry.accounts import security, sid, unicode_string
from tests.unit.disk.registry.hive_writer import MemoryFile, Values, hive

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.domain_membership import DomainMembership, read_domain_membership
from pulumi_vmimport.disk.registry.hive import Hive


def read(keys: dict[str, Values]) -> DomainMembership:
    return read_domain_membership(Hive.open(MemoryFile(hive(keys), "SECURITY")))


def test_a_member_of_a_domain_has_its_sid_and_names() -> None:
    keys = security(sid(21, 1, 2, 3), unicode_string("corp.example.com".encode("utf-16-le")), "CORP")
    assert read(keys) == DomainMembership("S-1-5-21-1-2-3", "corp.example.com", "CORP")


def test_a_machine_of_a_workgroup_has_none() -> None:
    assert read(security()) == DomainMembership(None, "", "WORKGROUP")
    assert read({"Policy\\PolPrDmS": {"": (0, b"")}}) == DomainMembership(None, "", "")


@pytest.mark.parametrize("head", [b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\x05\0\x05\0\x08\0\0\0", b"\4\0"])
def test_a_name_of_an_impossible_size_ends_at_its_data(head: bytes) -> None:
    found = read(security(sid(21, 1, 2, 3), head + "ab".encode("utf-16-le")))
    assert found.domain_name in {"", "ab"}


@pytest.mark.parametrize("data", [b"\1", b"\2\5" + bytes(30), sid(21, 1, 2, 3)[:-1]])
def test_fails_for_data_that_is_no_sid(data: bytes) -> None:
    with pytest.raises(UnreadableVolumeError, match=f"PolPrDmS has {len(data)} bytes that are no SID"):
        read(security(data))


def test_fails_without_the_policy() -> None:
    with pytest.raises(UnreadableVolumeError, match=r"Policy\\PolPrDmS does not exist"):
        read({"SAM": {}})
