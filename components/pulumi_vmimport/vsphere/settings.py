"""The address of the vSphere server and the login. Does not import pyVmomi: the import takes a tenth of a second."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.vsphere_errors import InvalidSettingError

DEFAULT_PORT = 443
_TRUE = frozenset({"1", "t", "true"})  # the values that pulumi-vsphere accepts as true in VSPHERE_ALLOW_UNVERIFIED_SSL


@dataclass(frozen=True)
class VSphereSettings:
    """The server, the login, and the verification of the server's certificate.

    A thumbprint takes precedence over a CA file, and a CA file over the system's CAs. `allow_unverified` applies only
    without a thumbprint and a CA file.
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
        """The settings in pulumi-vsphere's environment variables and our two for TLS; None without VSPHERE_SERVER.

        Raises: InvalidSettingError if the server is set but the user or the password is not.
        """
        server = environment.get("VSPHERE_SERVER")
        if not server:
            return None
        for name in ("VSPHERE_USER", "VSPHERE_PASSWORD"):
            if not environment.get(name):
                raise InvalidSettingError(
                    name, f"expected a value because VSPHERE_SERVER is {shown_value(server)}, got none"
                )
        return cls(
            server=server,
            user=environment["VSPHERE_USER"],
            password=environment["VSPHERE_PASSWORD"],
            ca_file=environment.get("VMIMPORT_VSPHERE_CA_FILE") or None,
            thumbprint=environment.get("VMIMPORT_VSPHERE_THUMBPRINT") or None,
            allow_unverified=environment.get("VSPHERE_ALLOW_UNVERIFIED_SSL", "").lower() in _TRUE,
        )

    def address(self) -> tuple[str, int]:
        """Host and port. Raises: InvalidSettingError if `server` is neither host nor host:port."""
        host, colon, port = self.server.rpartition(":")
        if not colon or self.server.endswith("]"):
            host, port = self.server, str(DEFAULT_PORT)
        host = host.removeprefix("[").removesuffix("]")
        if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise InvalidSettingError("VSPHERE_SERVER", f"expected host or host:port, got {shown_value(self.server)}")
        return host, int(port)

    def tls_context(self) -> ssl.SSLContext:
        """The TLS context for connections to the server. Raises: InvalidSettingError."""
        if self.thumbprint is not None:
            try:
                return tls.PinnedContext.of(tls.normalize_thumbprint(self.thumbprint))
            except ValueError as error:
                raise InvalidSettingError("VMIMPORT_VSPHERE_THUMBPRINT", str(error)) from error
        if self.allow_unverified and self.ca_file is None:
            return tls.unverified_context()
        try:
            return tls.ca_context(self.ca_file)
        except OSError as error:
            reason = f'cannot load the certificates of {shown_value(self.ca_file)}: "{error}"'
            raise InvalidSettingError("VMIMPORT_VSPHERE_CA_FILE", reason) from error
