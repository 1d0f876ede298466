"""Numbers, sizes and units of an OVF descriptor.

Source: DMTF DSP0243 2.1.1, annex C (programmatic units).
"""

import re

_UNIT = re.compile(r"byte(?:s)?(?:\s*\*\s*(2|10)\s*\^\s*(\d{1,2}))?", re.IGNORECASE)
_OLD_UNITS = {"kilobytes": 1 << 10, "megabytes": 1 << 20, "gigabytes": 1 << 30, "terabytes": 1 << 40}
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
        return int(parsed[1]) ** int(parsed[2]) if parsed[1] else 1
    return _OLD_UNITS.get(unit.lower())
