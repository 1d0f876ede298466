"""Restrict the stand-ins to this machine."""

import ipaddress

from .resource_kind import Rejected


def require_loopback(host: str | None, setting: str, value: str | None) -> None:
    """Require a loopback address.

    Raises:
        Rejected: `host`, the value of `setting`, is missing or not a loopback address.
    """
    if not _is_loopback(host or ""):
        raise Rejected(
            f"the sandbox's stand-ins connect only to this machine: expected a loopback address in {setting}, "
            f"got {value!r}; run the program in the sandbox's environment"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
