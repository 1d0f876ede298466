r"""The control set that Windows starts with: `CurrentControlSet` exists only in a running system."""

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.registry.hive import Hive, Key

_MAX_NUMBER = 999


def current_control_set(system: Hive) -> Key:
    r"""The key `ControlSet00n` of the hive SYSTEM, n being the number in `Select\Current`.

    Raises: UnreadableVolumeError if there is none; what the source of the image raises.
    """
    select = system.key("Select")
    current = select.value("Current") if select is not None else None
    number = current.number() if current is not None else None
    if number is None or not 0 < number <= _MAX_NUMBER:
        found = "has no number of a control set" if number is None else f"is {number}"
        raise UnreadableVolumeError(system.path, f"Select\\Current {found}")
    key = system.key(f"ControlSet{number:03}")
    if key is None:
        raise UnreadableVolumeError(system.path, f"ControlSet{number:03}, the value of Select\\Current, does not exist")
    return key
