"""The operating system of an imported disk, as far as licenses and WorkSpaces depend on it."""

from dataclasses import dataclass

# vSphere API, VirtualMachineGuestOsIdentifier: Windows 10 and the servers of its time say windows9.
_WORKSPACES_NAMES = {"windows9_64guest": "Microsoft Windows 10", "windows11_64guest": "Microsoft Windows 11"}


@dataclass(frozen=True)
class GuestSystem:
    """The detected guest operating system."""

    name: str
    is_windows: bool
    is_client: bool
    """Whether it is a Windows client, for which AWS provides no licenses."""

    @property
    def platform(self) -> str:
        """Platform in DescribeImportImageTasks."""
        return "Windows" if self.is_windows else "Linux"

    @property
    def is_windows_server(self) -> bool:
        """Whether it is a Windows Server, for which AWS provides licenses."""
        return self.is_windows and not self.is_client

    @property
    def is_windows_11(self) -> bool:
        """Whether it is Windows 11, for which WorkSpaces has additional rules."""
        return self.is_client and "11" in self.name

    @classmethod
    def of_vsphere(cls, identifier: str, description: str) -> "GuestSystem":
        """The guest of an OVF's vmw:osType or, without one, of its description."""
        known = (identifier or description).lower()
        is_windows = known.startswith("win") or "windows" in known
        is_server = "server" in known or "srv" in known
        name = _WORKSPACES_NAMES.get(known) or description or identifier
        return cls(name, is_windows, is_windows and not is_server)

    @classmethod
    def of_platform(cls, platform: str | None, *, brings_license: bool) -> "GuestSystem":
        """The guest of a disk whose format does not describe it: the request's platform, by default Linux.

        Windows with the user's own license is assumed to be a client.
        """
        is_windows = (platform or "").lower() == "windows"
        return cls("Microsoft Windows" if is_windows else "Linux", is_windows, is_windows and brings_license)
