"""Validation of the calls that create a WorkSpaces image.

The error codes are the service model's. Messages are not documented; all are assumed.
"""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError

_NAME = re.compile(r"[a-zA-Z0-9_./()\\-]{1,64}")
_DESCRIPTION = re.compile(r"[a-zA-Z0-9_./() -]+")
_DESCRIPTION_LENGTH = 256
_PROCESSES = frozenset({
    "BYOL_REGULAR", "BYOL_GRAPHICS", "BYOL_GRAPHICSPRO", "BYOL_GRAPHICS_G4DN",
    "BYOL_REGULAR_WSP", "BYOL_GRAPHICS_G4DN_WSP", "BYOL_REGULAR_BYOP", "BYOL_GRAPHICS_G4DN_BYOP",
})  # fmt: skip
_OFFICES = ("Microsoft_Office_2016", "Microsoft_Office_2019")
_TAGS, _KEY, _VALUE = 50, 127, 255


def invalid(message: str) -> ServiceError:
    """The error for an invalid value."""
    return ServiceError("InvalidParameterValuesException", message)


def check_names(name: str, description: str, of: str = "image", longest: int = _DESCRIPTION_LENGTH) -> None:
    """Reject a name or description that does not match the service model's patterns."""
    if not _NAME.fullmatch(name):
        raise invalid(f"The {of} name {name!r} is invalid: it must match {_NAME.pattern}.")
    if not _DESCRIPTION.fullmatch(description) or len(description) > longest:
        text = f"it must match {_DESCRIPTION.pattern} and have up to {longest} characters."
        raise invalid(f"The {of} description {description!r} is invalid: {text}")


def check_ingestion(request: Mapping[str, Any], guest: GuestSystem | None) -> None:
    """Reject invalid combinations of ingestion process, applications and guest (None: unknown)."""
    process = request["IngestionProcess"]
    if process not in _PROCESSES:
        raise invalid(
            f"The ingestion process {process!r} is invalid: it must be one of {', '.join(sorted(_PROCESSES))}."
        )
    applications = request.get("Applications") or []
    if len(applications) > 1:
        raise invalid("Only one application can be specified.")
    for application in applications:
        if application not in _OFFICES:
            raise invalid(f"The application {application!r} is invalid: it must be one of {', '.join(_OFFICES)}.")
        if guest is not None and guest.is_windows_11 and application not in _offices_of_windows_11(process):
            raise invalid(f"{application} cannot be installed on Windows 11 with the ingestion process {process}.")


def late_failure(process: str, guest: GuestSystem | None) -> tuple[str, ...]:
    """The ErrorDetails codes of an ingestion. That they are not reported immediately is assumed."""
    if guest is not None and not guest.is_client:
        return ("OSNotSupported",)
    if guest is not None and guest.is_windows_11 and not process.endswith(("_WSP", "_BYOP")):
        return ("ProtocolOSIncompatibility",)  # Windows 11 does not support PCoIP
    return ()


def _offices_of_windows_11(process: str) -> tuple[str, ...]:
    # DCV without a GPU: only Office 2019; DCV with a GPU: none.
    if not process.endswith("_WSP"):
        return _OFFICES
    return () if "GRAPHICS" in process else _OFFICES[1:]


def merge_workspaces_tags(present: list[dict[str, str]], added: list[dict[str, str]]) -> list[dict[str, str]]:
    """The tags of a resource with added or replaced ones."""
    tags = {tag["Key"]: tag["Value"] for tag in (*present, *added)}
    for key, value in tags.items():
        if key.startswith("aws:") or not 1 <= len(key) <= _KEY or len(value) > _VALUE:
            raise invalid(f"The tag {key!r} is invalid: keys have 1 to {_KEY} characters, values up to {_VALUE}.")
    if len(tags) > _TAGS:
        raise ServiceError("ResourceLimitExceededException", f"A resource has up to {_TAGS} tags.")
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def can_be_updated(guest: GuestSystem | None) -> bool:
    """Whether CreateUpdatedWorkspaceImage supports the guest (None: unknown): Windows 10, Server 2016 and 2019."""
    return guest is None or not re.search("11|2012|2022|2025", guest.name)
