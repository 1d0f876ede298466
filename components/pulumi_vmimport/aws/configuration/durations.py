"""Durations in the notation of Go, which the configuration of pulumi-aws uses.

Source: https://pkg.go.dev/time#ParseDuration
"""

import re

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d{1,12}(?:\.\d{0,9})?)(h|ms|m|us|µs|μs|ns|s)")


def seconds_of(text: str) -> int | None:
    """A duration such as 1h30m in whole seconds; None if the text is none."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return round(sum(float(number) * _SECONDS[unit] for number, unit in parts))
