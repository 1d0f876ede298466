"""Where vSphere is, and how it is logged in to; without pyVmomi, which takes a tenth of a second to import."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.vsphere_errors import InvalidSettingError

DEFAULT_PORT = 443
_TRUE = frozenset({"1", "t", "true"})  # what pulumi-vsphere takes for true in VSPHERE_ALLOW_UNVERIFIED_SSL


@dataclass(frozen=True)
class VSphereSettings:
    """Where the server is, who logs in, and how its certificate is verified.

    A thumbprint goes before a CA file, and that before the system's CAs; `allow_unverified` counts only when neither a
    thumbprint nor a CA file is given.
    """

    server: str
    """host or host:port"""
    user: str
    password: str = field(repr=False)
    ca_file: str | None = None
    thumbprint: str | None = None
    """SHA-256 or SHA-1 of the server's certificate, with or without colons"""
    allow_unverified: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "VSphereSettings | None":
        """The settings of the variables that pulumi-vsphere reads too, and our two for TLS; None without a server.

        Raises: InvalidSettingError when the server is given but not the user or the password.
        """
        server = environment.get("VSPHERE_SERVER")
        if not server:
            return None
        for name in ("VSPHERE_USER", "VSPHERE_PASSWORD"):
            if not environment.get(name):
                raise InvalidSettingError(name, f"expected a value, as VSPHERE_SERVER is {server!r}; got none")
        return cls(
            server=server,
            user=environment["VSPHERE_USER"],
            password=environment["VSPHERE_PASSWORD"],
            ca_file=environment.get("VMIMPORT_VSPHERE_CA_FILE") or None,
            thumbprint=environment.get("VMIMPORT_VSPHERE_THUMBPRINT") or None,
            allow_unverified=environment.get("VSPHERE_ALLOW_UNVERIFIED_SSL", "").lower() in _TRUE,
        )

    def address(self) -> tuple[str, int]:
        """Host and port. Raises: InvalidSettingError when `server` is neither host nor host:port."""
        host, colon, port = self.server.rpartition(":")
        if not colon or self.server.endswith("]"):
            host, port = self.server, str(DEFAULT_PORT)
        host = host.removeprefix("[").removesuffix("]")
        if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise InvalidSettingError("VSPHERE_SERVER", f"expected host or host:port, got {self.server!r}")
        return host, int(port)

    def tls_context(self) -> ssl.SSLContext:
        """How connections to the server verify it. Raises: InvalidSettingError for a bad thumbprint or CA file."""
        if self.thumbprint is not None:
            try:
                return tls.PinnedContext.of(tls.normalized(self.thumbprint))
            except ValueError as error:
                raise InvalidSettingError("VMIMPORT_VSPHERE_THUMBPRINT", str(error)) from error
        if self.allow_unverified and self.ca_file is None:
            return tls.unverified()
        try:
            return tls.trusting(self.ca_file)
        except OSError as error:
            reason = f'cannot load the certificates of {self.ca_file!r}: "{error}"'
            raise InvalidSettingError("VMIMPORT_VSPHERE_CA_FILE", reason) from error
