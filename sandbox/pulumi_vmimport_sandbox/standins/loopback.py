"""The one promise of every stand-in: it never reaches a machine other than this one."""

import ipaddress

from .resource_kind import Rejected


def require_loopback(host: str | None, setting: str, value: str | None) -> None:
    """Refuse an address that is not this machine's own.

    Raises:
        Refused: `host`, which `setting` names, is missing or is not a loopback address.
    """
    if not _is_loopback(host or ""):
        raise Rejected(
            f"the sandbox's stand-ins speak to this machine alone: expected a loopback address in {setting}, "
            f"got {value!r}; start the program with the sandbox's environment"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
