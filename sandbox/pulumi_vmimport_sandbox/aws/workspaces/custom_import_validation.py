"""Validation of ImportCustomWorkspaceImage.

Values are the service model's. Messages and the time of each check are assumed.
"""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import invalid

_CHOICES = {
    "ComputeType": ("BASE", "GRAPHICS_G4DN", "GRAPHICS_G6", "GRAPHICS_G7"),
    "Protocol": ("PCOIP", "DCV", "BYOP"),
    "Platform": ("WINDOWS",),
    "OsVersion": ("Windows_10", "Windows_11"),
    "ImageValidationMode": ("CUSTOMER_MANAGED", "SERVICE_MANAGED"),
}
_BUILDER = r"arn:aws[^:]*:imagebuilder:[^:]+"
_CONFIGURATION = re.compile(rf"{_BUILDER}:(?:[0-9]{{12}}|aws):infrastructure-configuration/[a-z0-9-_]+")
_SOURCES = {
    "Ec2ImportTaskId": re.compile(r"import-ami-([a-zA-Z0-9]{8}|[a-zA-Z0-9]{17})"),
    "ImageBuildVersionArn": re.compile(
        rf"{_BUILDER}:(?:[0-9]{{12}}|aws(?:-[a-z-]+)?):image/[a-z0-9-_]+/"
        r"(?:(?:([0-9]+|x)\.([0-9]+|x)\.([0-9]+|x))|(?:[0-9]+\.[0-9]+\.[0-9]+/[0-9]+))"
    ),
    "Ec2ImageId": re.compile(r"ami-([a-f0-9]{8}|[a-f0-9]{17})"),
}


def check(request: Mapping[str, Any]) -> None:
    """Validate values and their combinations.

    Raises:
        ServiceError: The request is rejected.
    """
    for member, choices in _CHOICES.items():
        if member in request and request[member] not in choices:
            raise invalid(f"{member} {request[member]!r} is invalid: it must be one of {', '.join(choices)}.")
    if request["OsVersion"] == "Windows_11" and request["Protocol"] == "PCOIP":
        raise invalid("Windows 11 does not support the protocol PCOIP.")
    if not _CONFIGURATION.fullmatch(request["InfrastructureConfigurationArn"]):
        raise invalid(f"The infrastructure configuration {request['InfrastructureConfigurationArn']!r} is invalid.")
    source = request["ImageSource"]
    if len(source) != 1:
        raise invalid(f"ImageSource must have exactly one of {', '.join(_SOURCES)}.")
    for member, value in source.items():
        if not _SOURCES[member].fullmatch(value):
            raise invalid(f"{member} {value!r} is invalid: it must match {_SOURCES[member].pattern}.")


def late_failure(os_version: str, guest: GuestSystem | None) -> tuple[str, ...]:
    """The error codes of an import whose guest (None: unknown) differs from the request."""
    if guest is None:
        return ()
    is_right = guest.is_client and guest.is_windows_11 == (os_version == "Windows_11")
    # The Windows release is unknown for disk images that do not describe it.
    return () if is_right or guest.name == "Microsoft Windows" else ("OSNotSupported",)
