"""What can go wrong with vSphere, as one tree; the facts are attributes, the service's own words are in the message.

VSphereError
├── InvalidSettingError         a setting that no server could be reached with
├── CannotConnectError          nothing that speaks vSphere answers there
├── TlsNotVerifiedError         the server's certificate is not trusted; carries its thumbprint
├── LoginRefusedError           the server does not know this user and password
├── VSphereFaultError           an operation ended in a fault
├── MachineNotFoundError        no virtual machine of that uuid, id or path
├── AmbiguousMachineError       several virtual machines fit
├── SnapshotNotFoundError       the machine has no snapshot, or several, of that name or id
├── GuestStillRunningError      the guest did not shut down in the time it was given
└── ExportError                 an export that came to nothing
    ├── LeaseLostError          vSphere ended the lease, or it could not be renewed
    ├── DownloadError           a disk could not be read to its end
    ├── DiskChangedError        asked for the same bytes again, the host sent others
    └── BytesDifferError        vSphere sent other bytes than those received
"""

from collections.abc import Sequence

from pulumi_vmimport.errors import VmimportError


class VSphereError(VmimportError):
    """Anything of vSphere that failed."""


class InvalidSettingError(VSphereError):
    """A setting that no server could be reached with."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason


class CannotConnectError(VSphereError):
    """Nothing that speaks vSphere answers at the server's address."""

    def __init__(self, server: str, words: str) -> None:
        super().__init__(f'cannot connect to vSphere at {server}: "{words}"; check VSPHERE_SERVER and the way there')
        self.server = server
        self.words = words


class TlsNotVerifiedError(VSphereError):
    """The server's certificate is not trusted. `thumbprint` is that of the one it showed, where it could be read."""

    def __init__(self, server: str, words: str, thumbprint: str | None) -> None:
        shown = (
            f"if {thumbprint} is its SHA-256 thumbprint (compare at its console), set VMIMPORT_VSPHERE_THUMBPRINT to it"
            if thumbprint
            else "set VMIMPORT_VSPHERE_THUMBPRINT to the SHA-256 thumbprint of its certificate"
        )
        super().__init__(
            f'the certificate of {server} is not trusted: "{words}"; set VMIMPORT_VSPHERE_CA_FILE to the file of its '
            f"CA, or, {shown}"
        )
        self.server = server
        self.words = words
        self.thumbprint = thumbprint


class LoginRefusedError(VSphereError):
    """The server does not know this user and password."""

    def __init__(self, server: str, user: str, words: str) -> None:
        super().__init__(f'{server} refuses to log in {user}: "{words}"; check VSPHERE_USER and VSPHERE_PASSWORD')
        self.server = server
        self.user = user
        self.words = words


class VSphereFaultError(VSphereError):
    """An operation ended in a fault; `fault` is its type, such as `InvalidPowerState`."""

    def __init__(self, action: str, fault: str, words: str) -> None:
        super().__init__(f'{action}: {fault}: "{words}"' if words else f"{action}: {fault}")
        self.action = action
        self.fault = fault
        self.words = words


class MachineNotFoundError(VSphereError):
    """No virtual machine of that uuid, managed object id or path."""

    def __init__(self, reference: str, server: str) -> None:
        super().__init__(f"{server} has no virtual machine with {reference}, or this user may not see it")
        self.reference = reference
        self.server = server


class AmbiguousMachineError(VSphereError):
    """Several virtual machines fit; `candidates` are their inventory paths and managed object ids."""

    def __init__(self, reference: str, candidates: Sequence[str]) -> None:
        super().__init__(
            f"{len(candidates)} virtual machines have {reference}: {', '.join(candidates)}; "
            f"give one of these paths or ids"
        )
        self.reference = reference
        self.candidates = tuple(candidates)


class SnapshotNotFoundError(VSphereError):
    """The machine has no snapshot of that name or id, or several; `candidates` are their names and ids."""

    def __init__(self, machine: str, wanted: str, candidates: Sequence[str]) -> None:
        super().__init__(
            f"expected one snapshot {wanted!r} of virtual machine {machine}, got {', '.join(candidates) or 'none'}; "
            f"give the name or the id of one that is there"
        )
        self.machine = machine
        self.wanted = wanted
        self.candidates = tuple(candidates)


class GuestStillRunningError(VSphereError):
    """The guest did not shut down in the time it was given."""

    def __init__(self, machine: str, seconds: float) -> None:
        super().__init__(
            f"the guest of {machine} still runs {seconds:.0f} s after it was told to shut down; shut it down by hand, "
            f"or let it be powered off"
        )
        self.machine = machine
        self.seconds = seconds


class ExportError(VSphereError):
    """An export that came to nothing."""


class LeaseLostError(ExportError):
    """vSphere ended the lease of an export, never granted it, or could not be told that it is still in use."""

    def __init__(self, machine: str, words: str) -> None:
        super().__init__(f'the export lease of {machine} is lost: "{words}"; start the export again')
        self.machine = machine
        self.words = words


class DownloadError(ExportError):
    """A disk could not be read to its end; `status` is the HTTP status where the server answered.

    `passing` says that the next attempt may do better.
    """

    def __init__(
        self, disk: str, words: str, *, received_bytes: int = 0, status: int | None = None, passing: bool = False
    ) -> None:
        super().__init__(
            f'disk {disk}: the download ended after {received_bytes} bytes: "{words}"; start the export again'
        )
        self.disk = disk
        self.words = words
        self.received_bytes = received_bytes
        self.status = status
        self.passing = passing


class DiskChangedError(ExportError):
    """After a broken download, the host sent other bytes than before."""

    def __init__(self, disk: str, size_bytes: int) -> None:
        super().__init__(
            f"disk {disk}: the download broke after {size_bytes} bytes, and the next one began with other bytes; "
            f"start the export again when nothing changes the disk"
        )
        self.disk = disk
        self.size_bytes = size_bytes


class BytesDifferError(ExportError):
    """The manifest of the lease says that vSphere sent other bytes than those received."""

    def __init__(self, disk: str, what: str, *, sent: str, received: str) -> None:
        super().__init__(
            f"disk {disk}: vSphere sent {what} {sent} by its manifest, {what} {received} was received; "
            f"start the export again"
        )
        self.disk = disk
        self.what = what
        self.sent = sent
        self.received = received
