"""Sizes, quantities and lists as findings and reports show them."""

from collections.abc import Sequence

_UNITS = ("byte", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_MAX_NAMES = 5


def approximate_size(size_bytes: int) -> str:
    """A size in the largest unit that it reaches, with at most two decimals."""
    size, unit = float(size_bytes), 0
    while abs(size) >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    number = f"{size:.2f}".rstrip("0").rstrip(".")
    return f"{number} {_UNITS[unit]}" if unit else quantity(size_bytes, _UNITS[0])


def exact_size(size_bytes: int) -> str:
    """The approximate size, followed by the bytes if it is rounded."""
    size = approximate_size(size_bytes)
    number, unit = size.split()
    if unit.startswith(_UNITS[0]) or float(number) * _STEP ** _UNITS.index(unit) == size_bytes:
        return size
    return f"{size} ({quantity(size_bytes, _UNITS[0])})"


def quantity(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def name_list(names: Sequence[object]) -> str:
    """At most five names, followed by the number of the others."""
    several = [str(name) for name in names]
    rest = len(several) - _MAX_NAMES
    return ", ".join(several[:_MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")
