"""The errors of vSphere; pulumi_vmimport.errors shows the tree. `message` is vSphere's own text."""

from collections.abc import Sequence

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.shown_value import shown_value


class VSphereError(VmimportError):
    """An operation on vSphere failed."""


class InvalidSettingError(VSphereError):
    """A setting is missing or invalid."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason


class CannotConnectError(VSphereError):
    """No vSphere server responds at the address."""

    def __init__(self, server: str, message: str) -> None:
        super().__init__(
            f'cannot connect to vSphere at {server}: "{message}"; check VSPHERE_SERVER and the network connection'
        )
        self.server = server
        self.message = message


class TlsNotVerifiedError(VSphereError):
    """The server's certificate is not trusted. `thumbprint` is its SHA-256 thumbprint; None if it could not be read."""

    def __init__(self, server: str, message: str, thumbprint: str | None) -> None:
        remedy = (
            f"if its SHA-256 thumbprint is {thumbprint} (compare it at the server's console), set "
            "VMIMPORT_VSPHERE_THUMBPRINT to this value"
            if thumbprint
            else "set VMIMPORT_VSPHERE_THUMBPRINT to the SHA-256 thumbprint of its certificate"
        )
        super().__init__(
            f'the certificate of {server} is not trusted: "{message}"; set VMIMPORT_VSPHERE_CA_FILE to the path of its '
            f"CA certificate; or, {remedy}"
        )
        self.server = server
        self.message = message
        self.thumbprint = thumbprint


class LoginFailedError(VSphereError):
    """The server rejects the user or the password."""

    def __init__(self, server: str, user: str, message: str) -> None:
        super().__init__(f'cannot log in to {server} as {user}: "{message}"; check VSPHERE_USER and VSPHERE_PASSWORD')
        self.server = server
        self.user = user
        self.message = message


class VSphereFaultError(VSphereError):
    """An operation failed with a fault; `fault` is its type, such as `InvalidPowerState`."""

    def __init__(self, action: str, fault: str, message: str) -> None:
        super().__init__(f'{action}: {fault}: "{message}"' if message else f"{action}: {fault}")
        self.action = action
        self.fault = fault
        self.message = message


class MachineNotFoundError(VSphereError):
    """No virtual machine has this UUID, managed object id or path."""

    def __init__(self, reference: str, server: str) -> None:
        super().__init__(f"{server} has no virtual machine with {reference}, or the user has no permission to see it")
        self.reference = reference
        self.server = server


class AmbiguousMachineError(VSphereError):
    """Several virtual machines match; `candidates` are their inventory paths and managed object ids."""

    def __init__(self, reference: str, candidates: Sequence[str]) -> None:
        super().__init__(
            f"{len(candidates)} virtual machines have {reference}: {', '.join(candidates)}; "
            f"specify one of these paths or ids"
        )
        self.reference = reference
        self.candidates = tuple(candidates)


class SnapshotNotFoundError(VSphereError):
    """No snapshot, or several, match the name or id; `candidates` are names and ids of the existing ones."""

    def __init__(self, machine: str, name_or_id: str, candidates: Sequence[str]) -> None:
        super().__init__(
            f"expected one snapshot {shown_value(name_or_id)} of virtual machine {machine}, got "
            f"{', '.join(candidates) or 'none'};"
            f" specify the name or the id of an existing snapshot"
        )
        self.machine = machine
        self.name_or_id = name_or_id
        self.candidates = tuple(candidates)


class GuestStillRunningError(VSphereError):
    """The guest did not shut down in time."""

    def __init__(self, machine: str, seconds: float) -> None:
        super().__init__(
            f"the guest of {machine} is still running {seconds:.0f} s after the shutdown request; shut it down "
            f"manually, or power the machine off"
        )
        self.machine = machine
        self.seconds = seconds


class DatastoreFileError(VSphereError):
    """A file of a datastore cannot be read or written; `status` is that of the HTTP response, None without one."""

    def __init__(self, path: str, reason: str, *, status: int | None = None, verb: str = "read") -> None:
        super().__init__(f"{path} cannot be {verb}: {reason}")
        self.path = path
        self.reason = reason
        self.status = status


class ExportError(VSphereError):
    """An export failed."""


class LeaseLostError(ExportError):
    """vSphere ended the lease of an export or did not grant it, or the lease could not be renewed."""

    def __init__(self, machine: str, message: str) -> None:
        super().__init__(f'the export lease of {machine} is lost: "{message}"; restart the export')
        self.machine = machine
        self.message = message


class DownloadError(ExportError):
    """A disk could not be read to its end. `status` is the HTTP status of the response; None without a response.

    `transient` is true if a retry may succeed. `remedy` includes the cause where it is known.
    """

    def __init__(
        self,
        disk: str,
        message: str,
        *,
        received_bytes: int = 0,
        status: int | None = None,
        transient: bool = False,
        remedy: str = "restart the export",
    ) -> None:
        super().__init__(f'disk {disk}: the download ended after {received_bytes} bytes: "{message}"; {remedy}')
        self.remedy = remedy
        self.disk = disk
        self.message = message
        self.received_bytes = received_bytes
        self.status = status
        self.transient = transient


class DiskChangedError(ExportError):
    """After a reconnect, the host sent other bytes than before."""

    def __init__(self, disk: str, size_bytes: int) -> None:
        super().__init__(
            f"disk {disk}: the download broke after {size_bytes} bytes, and the host then sent other bytes than before;"
            f" restart the export when no process changes the disk"
        )
        self.disk = disk
        self.size_bytes = size_bytes


class BytesDifferError(ExportError):
    """The received bytes differ from the lease's manifest; `what` is the size or the SHA-256."""

    def __init__(self, disk: str, what: str, *, sent: str, received: str) -> None:
        super().__init__(
            f"disk {disk}: the lease's manifest has {what} {sent}, but {what} {received} was received; "
            f"restart the export"
        )
        self.disk = disk
        self.what = what
        self.sent = sent
        self.received = received
