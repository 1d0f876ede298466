"""How a server's certificate is verified: against CAs, or by the thumbprint of the certificate itself."""

import hashlib
import socket
import ssl
from typing import Any, Self

from pulumi_vmimport.vsphere.vsphere_errors import VSphereError

# Hexadecimal digits of a thumbprint -> the hash. ESXi and vCenter show SHA-1 up to 7.0, SHA-256 as well from there on.
_HASHES = {40: "sha1", 64: "sha256"}


class ThumbprintMismatchError(VSphereError, ssl.SSLCertVerificationError):
    """The server's certificate is not the pinned one. `shown` is the thumbprint of the one it showed."""

    def __init__(self, expected: str, shown: str) -> None:
        super().__init__(f"thumbprint mismatch: expected {colons(expected)}, the server shows {colons(shown)}")
        self.expected = expected
        self.shown = shown


class PinnedContext(ssl.SSLContext):
    """Trusts exactly the certificate of one thumbprint, whoever signed it and whatever its name.

    pyVmomi's own `thumbprint` argument would not do: it is looked at after a failed verification only, and that turns
    verification off for the later connections of the same pool.
    """

    thumbprint: str

    @classmethod
    def of(cls, thumbprint: str) -> Self:
        """A context for a thumbprint as `normalized` returns it."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.thumbprint = thumbprint
        return context

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """As SSLContext's; the handshake is done here, before a byte of the request leaves."""
        tls = super().wrap_socket(sock, *args, **kwargs)
        shown = fingerprint(tls.getpeercert(binary_form=True) or b"", _HASHES[len(self.thumbprint)])
        if shown != self.thumbprint:
            tls.close()
            raise ThumbprintMismatchError(self.thumbprint, shown)
        return tls


def normalized(thumbprint: str) -> str:
    """A thumbprint as lower-case digits. Raises: ValueError when it is no SHA-1 or SHA-256 thumbprint."""
    digits = thumbprint.replace(":", "").replace(" ", "").lower()
    if len(digits) not in _HASHES or set(digits) - set("0123456789abcdef"):
        raise ValueError(f"expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits, got {thumbprint!r}")
    return digits


def colons(thumbprint: str) -> str:
    """A thumbprint as vSphere shows it: AB:CD:..."""
    return ":".join(thumbprint[at : at + 2] for at in range(0, len(thumbprint), 2)).upper()


def fingerprint(certificate: bytes, algorithm: str = "sha256") -> str:
    """The thumbprint of a DER certificate, as lower-case digits."""
    return hashlib.new(algorithm, certificate, usedforsecurity=False).hexdigest()


def certificate_fingerprint(pem: str) -> str:
    """The SHA-256 thumbprint of a PEM certificate, as lower-case digits."""
    return fingerprint(ssl.PEM_cert_to_DER_cert(pem.strip() + "\n"))


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """A context that verifies certificate and name, against the CAs of a file or else those of the system."""
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is not None:
        # Python 3.13 sets this by default; CAs that vSphere makes for itself lack the extensions it asks for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def unverified() -> ssl.SSLContext:
    """A context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shown_thumbprint(host: str, port: int, timeout_seconds: float) -> str | None:
    """The SHA-256 thumbprint of the certificate that a server shows, trusted or not; None where it shows none."""
    try:
        with (
            socket.create_connection((host, port), timeout_seconds) as raw,
            unverified().wrap_socket(raw, server_hostname=host) as tls,
        ):
            return fingerprint(tls.getpeercert(binary_form=True) or b"")
    except OSError:
        return None  # the caller reports why it could not connect in the first place
