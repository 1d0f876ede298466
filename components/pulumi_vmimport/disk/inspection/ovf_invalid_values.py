"""Numbers in an OVF descriptor that cannot be what they state: no number, negative, zero or impossibly large.

The limits are above anything that a hypervisor offers.
"""

from collections.abc import Iterator, Mapping, Sequence

from pulumi_vmimport.disk.disk_content import MAX_DISK_BYTES
from pulumi_vmimport.disk.inspection.ovf_quantities import parse_number, parse_size
from pulumi_vmimport.disk.inspection.ovf_xml import Element
from pulumi_vmimport.disk.printable import printable
from pulumi_vmimport.shown_value import shown_value

_MAX_CPUS, _MAX_MEMORY_BYTES = 4096, 1 << 48
_MAX_SHOWN = 60
_MAX_VALUES = 100


def resolved(value: str, properties: Mapping[str, str]) -> str:
    """The value, or the default of the property that it refers to as `${key}`."""
    if value.startswith("${") and value.endswith("}"):
        return properties.get(value[2:-1], value)
    return value


def properties_of(envelope: Element) -> Mapping[str, str]:
    """The default values of the properties of the package, by key."""
    found: dict[str, str] = {}
    for property in (p for section in envelope.below("ProductSection") for p in section.all("Property")):
        key = property.attributes.get("key", "")
        value = property.first("Value")
        default = property.attributes.get("value") or (value.attributes.get("value", "") if value else "")
        found.setdefault(printable(key), printable(default))
    return found


def invalid_values(
    envelope: Element, processors: Sequence[Element], memories: Sequence[Element], properties: Mapping[str, str]
) -> tuple[str, ...]:
    """What is wrong, with the values. `processors` and `memories` are items of the VM."""
    found = [
        *_files(envelope),
        *_disks(envelope, properties),
        *(_quantity("CPU count", item, _MAX_CPUS) for item in processors),
        *(_memory(item) for item in memories),
    ]
    return tuple(problem for problem in found if problem)[:_MAX_VALUES]


def _shown(value: str) -> str:
    return shown_value(printable(value, _MAX_SHOWN))


def _files(envelope: Element) -> Iterator[str]:
    for file in (f for section in envelope.all("References") for f in section.all("File")):
        name = printable(file.attributes.get("href", ""), _MAX_SHOWN)
        for key, title, least in (("size", "size", 0), ("chunksize", "chunkSize", 1)):
            stated = file.attributes.get(key)
            number = parse_number(stated.strip()) if stated is not None else least
            if number is None or not least <= number <= MAX_DISK_BYTES:
                yield f"{title} of {name}: {_shown(stated or '')}"


def _disks(envelope: Element, properties: Mapping[str, str]) -> Iterator[str]:
    for disk in (d for section in envelope.all("DiskSection") for d in section.all("Disk")):
        stated = disk.attributes.get("capacity", "").strip()
        unit = capacity_unit(disk)
        size = parse_size(resolved(stated, properties), unit)
        if size is None or not 0 < size <= MAX_DISK_BYTES:
            name = printable(disk.attributes.get("diskid", ""), _MAX_SHOWN)
            yield f"capacity of disk {name}: {_shown(stated)}" + (f" in {_shown(unit)}" if unit else "")


def capacity_unit(disk: Element) -> str:
    """The unit of the capacity; empty for bytes."""
    return disk.attributes.get("capacityallocationunits") or disk.attributes.get("allocationunits") or ""


def _quantity(title: str, item: Element, most: int) -> str | None:
    stated = item.words("VirtualQuantity")
    number = parse_number(stated)
    if not stated or (number is not None and 0 < number <= most):
        return None
    return f"{title}: {_shown(stated)}"


def memory_unit(item: Element) -> str:
    """The unit of the memory. Drafts of the standard have MiB without a unit."""
    return item.words("VirtualQuantityUnits") or item.words("AllocationUnits") or "MegaBytes"


def _memory(item: Element) -> str | None:
    stated, unit = item.words("VirtualQuantity"), memory_unit(item)
    size = parse_size(stated, unit)
    if not stated or (size is not None and 0 < size <= _MAX_MEMORY_BYTES):
        return None
    return f"memory: {_shown(stated)} in {_shown(unit)}"
