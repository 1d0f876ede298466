"""A hive after each of several changes, and the log entries between them."""

from collections.abc import Mapping

from tests.unit.disk.registry.hive_writer import BINARY, Values, changed_pages, dword, hive, log_entry, sz

STEPS = 6
FILLER: Mapping[str, Values] = {
    f"ControlSet001\\Services\\s{number:03}": {"ImagePath": sz("System32\\x.sys")} for number in range(60)
}


def step(number: int) -> bytes:
    """The hive after so many changes; each changes the number and adds a key at the end, also more bins."""
    added: dict[str, Values] = {f"Z{change}": {"data": (BINARY, bytes([change]) * 9000)} for change in range(number)}
    return hive({"A": {"step": dword(number)}, **FILLER, **added})


HIVES = [step(number) for number in range(STEPS)]


def entry(number: int, sequence: int, *, salt: int = 0) -> bytes:
    """The entry that leads from one step to the next."""
    old, new = HIVES[number], HIVES[number + 1]
    return log_entry(sequence, len(new) - 4096, changed_pages(old, new), salt=salt)
