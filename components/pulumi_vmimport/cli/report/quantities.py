"""Sizes, rates and times as the report shows them."""

from datetime import UTC, datetime

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def size(amount: float) -> str:
    """`512 B`, `1.5 MiB`, `70 GiB`."""
    unit = 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    text = f"{amount:.1f}".removesuffix(".0")
    return f"{text} {_UNITS[unit]}"


def rate(bytes_per_second: float) -> str:
    """`12.3 MiB/s`."""
    return f"{size(bytes_per_second)}/s"


def time(at: int) -> str:
    """`2026-11-29 08:02:02 UTC`; empty for what is no date."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return ""
