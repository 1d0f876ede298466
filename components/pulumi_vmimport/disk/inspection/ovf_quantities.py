"""Numbers, sizes and units of an OVF descriptor.

Source: DMTF DSP0243 2.1.1, annex C (programmatic units).
"""

import re
from math import prod

_UNIT = re.compile(r"bytes?((?:\s{0,8}\*\s{0,8}\d{1,12}(?:\s{0,8}\^\s{0,8}\d{1,2})?){0,4})", re.IGNORECASE)
_FACTOR = re.compile(r"(\d{1,12})(?:\s{0,8}\^\s{0,8}(\d{1,2}))?")
_OLD_UNITS = {
    "kilobytes": 1 << 10, "megabytes": 1 << 20, "gigabytes": 1 << 30, "terabytes": 1 << 40,
    "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40,
}  # fmt: skip
_SIZE_LIMIT_BYTES = 1 << 63


def parse_number(text: str) -> int | None:
    """A whole number; None for other text."""
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) else None


def parse_size(text: str, unit: str) -> int | None:
    """A size in bytes, from a number and a unit such as `byte * 2^30`. None for other text, such as a property name."""
    number, factor = parse_number(text), _unit_bytes(unit.strip())
    if number is None or factor is None or number * factor >= _SIZE_LIMIT_BYTES:
        return None
    return number * factor


def _unit_bytes(unit: str) -> int | None:
    if not unit:
        return 1
    if (parsed := _UNIT.fullmatch(unit)) is not None:
        factor: int = prod(int(base) ** int(power or 1) for base, power in _FACTOR.findall(parsed[1]))
        return min(factor, _SIZE_LIMIT_BYTES)
    return _OLD_UNITS.get(unit.lower())
