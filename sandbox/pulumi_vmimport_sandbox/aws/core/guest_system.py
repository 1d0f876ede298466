"""The operating system in an imported disk, as far as licences and WorkSpaces care."""

from dataclasses import dataclass

# vSphere API, VirtualMachineGuestOsIdentifier: Windows 10 and the servers of its time say windows9.
_WORKSPACES_NAMES = {"windows9_64guest": "Microsoft Windows 10", "windows11_64guest": "Microsoft Windows 11"}


@dataclass(frozen=True)
class GuestSystem:
    """What the service found the guest to be."""

    name: str
    is_windows: bool
    is_client: bool
    """A Windows for users, which Amazon licenses to nobody."""

    @property
    def platform(self) -> str:
        """As DescribeImportImageTasks says it."""
        return "Windows" if self.is_windows else "Linux"

    @property
    def is_windows_server(self) -> bool:
        """A Windows that Amazon also licenses."""
        return self.is_windows and not self.is_client

    @property
    def is_windows_11(self) -> bool:
        """A Windows 11, for which WorkSpaces has rules of its own."""
        return self.is_client and "11" in self.name

    @classmethod
    def of_vsphere(cls, identifier: str, description: str) -> "GuestSystem":
        """The guest of an OVF's vmw:osType, or of its description where it has none."""
        known = (identifier or description).lower()
        is_windows = known.startswith("win") or "windows" in known
        is_server = "server" in known or "srv" in known
        name = _WORKSPACES_NAMES.get(known) or description or identifier
        return cls(name, is_windows, is_windows and not is_server)

    @classmethod
    def of_platform(cls, platform: str | None, *, brings_licence: bool) -> "GuestSystem":
        """The guest of a file that does not tell: what the caller said it is, and Linux where nobody said anything.

        A Windows that brings its licence is taken for a client, as one that does not cannot be one.
        """
        is_windows = (platform or "").lower() == "windows"
        return cls("Microsoft Windows" if is_windows else "Linux", is_windows, is_windows and brings_licence)
