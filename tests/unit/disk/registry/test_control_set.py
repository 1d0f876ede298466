import pytest
from tests.unit.disk.registry.hive_writer import MemoryFile, Values, dword, hive, sz

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.control_set import current_control_set
from pulumi_vmimport.disk.registry.hive import Hive, Key


def read(select: Values) -> Key:
    keys = {"ControlSet001": {}, "ControlSet002\\Services": {}, "Select": select}
    return current_control_set(Hive.open(MemoryFile(hive(keys))))


def test_the_current_control_set_is_the_selected_one() -> None:
    assert read({"Current": dword(1), "Default": dword(2)}).path == "ControlSet001"
    key = read({"Current": dword(2), "Default": dword(1)})
    assert key.path == "ControlSet002"
    services = key.key("services")
    assert services is not None
    assert services.path == "ControlSet002\\Services"


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ({}, "Select\\Current has no number of a control set"),
        ({"Current": sz("1")}, "Select\\Current has no number of a control set"),
        ({"Current": dword(0)}, "Select\\Current is 0"),
        ({"Current": dword(1000)}, "Select\\Current is 1000"),
        ({"Current": dword(3)}, "ControlSet003, the value of Select\\Current, does not exist"),
    ],
)
def test_fails_if_none_is_selected(select: Values, message: str) -> None:
    with pytest.raises(UnreadableVolumeError) as raised:
        read(select)
    assert raised.value.reason == message
