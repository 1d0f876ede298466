"""License and billing of an imported guest."""

from dataclasses import dataclass

from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem

# Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html
_PLATFORM_DETAILS = {
    "RunInstances": "Linux/UNIX",
    "RunInstances:0002": "Windows",
    "RunInstances:0004": "SQL Server Standard",
    "RunInstances:0006": "Windows with SQL Server Standard",
    "RunInstances:000g": "SUSE Linux",
    "RunInstances:0010": "Red Hat Enterprise Linux",
    "RunInstances:0100": "SQL Server Enterprise",
    "RunInstances:0102": "Windows with SQL Server Enterprise",
    "RunInstances:0200": "SQL Server Web",
    "RunInstances:0202": "Windows with SQL Server Web",
    "RunInstances:0800": "Windows BYOL",
}
USAGE_OPERATIONS = frozenset(_PLATFORM_DETAILS)
_WINDOWS_INCLUDED, _WINDOWS_OWN = "RunInstances:0002", "RunInstances:0800"
_OWN_LICENCE = {"RunInstances", _WINDOWS_OWN}


def brings_license(license_type: str | None, usage_operation: str | None) -> bool:
    """Whether a request specifies the user's own license."""
    return (license_type or "").upper() == "BYOL" or usage_operation in _OWN_LICENCE


@dataclass(frozen=True)
class GuestLicense:
    """The license of a guest, from ImportImage's LicenseType or UsageOperation."""

    type: str
    usage_operation: str

    @classmethod
    def of(cls, license_type: str | None, usage_operation: str | None, guest: GuestSystem) -> "GuestLicense":
        """The license of a request. Default: AWS for Windows Server, BYOL for other guests."""
        if usage_operation:
            return cls("BYOL" if brings_license(None, usage_operation) else "AWS", usage_operation)
        kind = (license_type or ("AWS" if guest.is_windows_server else "BYOL")).upper()
        if not guest.is_windows:
            return cls(kind, "RunInstances")
        return cls(kind, _WINDOWS_INCLUDED if kind == "AWS" else _WINDOWS_OWN)

    @property
    def platform_details(self) -> str:
        """PlatformDetails of the AMI."""
        return _PLATFORM_DETAILS[self.usage_operation]

    def mismatch(self, guest: GuestSystem) -> str | None:
        """The StatusMessage if the license does not fit the guest; otherwise None. Messages assumed."""
        if guest.is_windows != self.platform_details.startswith("Windows"):
            return f"ClientError: Usage operation {self.usage_operation} is not supported for {guest.name}"
        if guest.is_client:
            refused = self.usage_operation != _WINDOWS_OWN
        else:
            refused = self.type == "AWS" and self.usage_operation == "RunInstances"
        return f"ClientError: License type AWS is not supported for {guest.name}; only BYOL is" if refused else None
