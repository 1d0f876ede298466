"""The facts of windows_facts.toml: one value or one key of the registry each."""

from collections.abc import Iterator

from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.guest.fact_catalog import LookUpKind, RegistryLookUp, registry_look_ups
from pulumi_vmimport.disk.guest.guest_facts import Fact, FactValue
from pulumi_vmimport.disk.registry.hive import Key
from pulumi_vmimport.disk.windows.windows_hives import WindowsHives, number, strings, text


def registry_facts(hives: WindowsHives) -> Iterator[Fact]:
    """The facts. Raises: what the source of the image raises."""
    for look_up in registry_look_ups():
        yield hives.fact(
            look_up.id,
            look_up.hive,
            look_up.key,
            lambda key, look_up=look_up: _read(key, look_up),  # type: ignore[misc] # mypy: the default binds the loop's value
            look_up.name,
        )


def _read(key: Key | None, look_up: RegistryLookUp) -> FactValue:
    if look_up.kind is LookUpKind.EXISTS:
        return key is not None
    if key is None:
        return None
    if look_up.kind is LookUpKind.SUBKEYS:
        return [subkey.name for subkey in key.subkeys()]
    name = look_up.name or ""
    found: FactValue
    match look_up.kind:
        case LookUpKind.NUMBER:
            found = number(key, name)
        case LookUpKind.STRINGS:
            found = strings(key, name)
        case _:
            found = text(key, name)
    if found is None and (value := key.value(name)) is not None:
        raise UnreadableVolumeError(f"{key.path}\\{name}", f"expected {look_up.kind}, got a value of type {value.type}")
    return found
