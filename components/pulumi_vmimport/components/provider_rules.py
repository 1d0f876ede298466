"""What pulumi-vsphere rejects in a virtual machine, reported with the other problems of the arguments.

Source: https://github.com/vmware/terraform-provider-vsphere/blob/main/vsphere/resource_vsphere_virtual_machine.go
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_vmimport.components.component_base import Values
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.shown_value import shown_value

ADAPTER_TYPES = ("e1000", "e1000e", "sriov", "vmxnet3", "vmxnet3vrdma")
SCSI_TYPES = ("lsilogic", "lsilogic-sas", "pvscsi")
_LEAST_CLONE_MINUTES = 10


def provider_problems(values: Values) -> Iterator[Problem]:
    """The values that pulumi-vsphere does not support; virtual_machine_args take precedence."""
    given = values.get("virtual_machine_args")
    override: Mapping[str, Any] = given if is_set(given) else {}
    if "network_interfaces" not in override:
        yield from _choice("adapter_type", values.get("adapter_type"), ADAPTER_TYPES)
    if "scsi_type" not in override:
        yield from _choice("scsi_type", values.get("scsi_type"), SCSI_TYPES)
    for problem in _of_override(override):
        yield Problem(f"virtual_machine_args.{problem.path}", problem.reason)


def member(item: Any, name: str) -> Any:
    """A member of a structure: a mapping or one of Pulumi's argument classes."""
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


def _of_override(override: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _choice("scsi_type", override.get("scsi_type"), SCSI_TYPES)
    for index, card in enumerate(_items(override, "network_interfaces")):
        yield from _choice(f"network_interfaces[{index}].adapter_type", member(card, "adapter_type"), ADAPTER_TYPES)
    yield from _duplicate_disks(_items(override, "disks"))
    clone = override.get("clone")
    minutes = member(clone, "timeout") if is_set(clone) else None
    if isinstance(minutes, int) and minutes < _LEAST_CLONE_MINUTES:
        yield Problem("clone.timeout", f"expected at least {_LEAST_CLONE_MINUTES} minutes, got {minutes}")


def _choice(path: str, value: Any, choices: Sequence[str]) -> Iterator[Problem]:
    if is_set(value) and value not in choices:
        yield Problem(path, f"expected one of {', '.join(choices)}, got {shown_value(value)}")


def _items(override: Mapping[str, Any], name: str) -> Sequence[Any]:
    items = override.get(name)
    return items if is_set(items) and isinstance(items, Sequence) else ()


def _duplicate_disks(disks: Sequence[Any]) -> Iterator[Problem]:
    """Disks with the label of another, or with its unit number on the same kind of controller."""
    labels: dict[Any, int] = {}
    units: dict[Any, int] = {}
    for index, disk in enumerate(disks):
        label, controller = member(disk, "label"), member(disk, "controller_type")
        if is_set(label) and labels.setdefault(label, index) != index:
            yield Problem(f"disks[{index}].label", f"expected a label that no other disk has, got {shown_value(label)}")
        unit = member(disk, "unit_number")
        number = 0 if unit is None else unit
        if is_set(number) and units.setdefault((controller or "scsi", number), index) != index:
            got = "none, which means 0" if unit is None else number
            first = units[controller or "scsi", number]
            reason = f"expected a number that no other disk has, got {got}, as disks[{first}]; set unit_number"
            yield Problem(f"disks[{index}].unit_number", reason)
