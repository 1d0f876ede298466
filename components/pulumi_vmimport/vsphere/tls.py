"""Verification of a server's certificate: against CAs, or by the certificate's thumbprint."""

import hashlib
import socket
import ssl
from typing import Any, Self

from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere.vsphere_errors import VSphereError

# Number of hexadecimal digits -> hash. ESXi and vCenter show SHA-1 before 7.0, and SHA-256 as well since.
_HASHES = {40: "sha1", 64: "sha256"}


class ThumbprintMismatchError(VSphereError, ssl.SSLCertVerificationError):
    """The server's certificate is not the pinned one. `actual` is its thumbprint."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"thumbprint mismatch: expected {with_colons(expected)}, got {with_colons(actual)}")
        self.expected = expected
        self.actual = actual


class PinnedContext(ssl.SSLContext):
    """Trusts exactly the certificate with one thumbprint, regardless of its issuer and its name.

    pyVmomi's own `thumbprint` argument is not used: pyVmomi checks it only after a failed verification, and then turns
    verification off for later connections of the same pool.
    """

    thumbprint: str

    @classmethod
    def of(cls, thumbprint: str) -> Self:
        """A context for a thumbprint from `normalize_thumbprint`."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.thumbprint = thumbprint
        return context

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """See `SSLContext.wrap_socket`. Verifies the thumbprint before any data is sent."""
        tls = super().wrap_socket(sock, *args, **kwargs)
        actual = fingerprint(tls.getpeercert(binary_form=True) or b"", _HASHES[len(self.thumbprint)])
        if actual != self.thumbprint:
            tls.close()
            raise ThumbprintMismatchError(self.thumbprint, actual)
        return tls


def normalize_thumbprint(thumbprint: str) -> str:
    """A thumbprint as lower-case digits. Raises: ValueError if it is not a SHA-1 or SHA-256 thumbprint."""
    digits = thumbprint.replace(":", "").replace(" ", "").lower()
    if len(digits) not in _HASHES or set(digits) - set("0123456789abcdef"):
        raise ValueError(f"expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits, got {shown_value(thumbprint)}")
    return digits


def with_colons(thumbprint: str) -> str:
    """A thumbprint as vSphere shows it: AB:CD:..."""
    return ":".join(thumbprint[at : at + 2] for at in range(0, len(thumbprint), 2)).upper()


def fingerprint(certificate: bytes, algorithm: str = "sha256") -> str:
    """The thumbprint of a DER certificate, as lower-case digits."""
    return hashlib.new(algorithm, certificate, usedforsecurity=False).hexdigest()


def certificate_fingerprint(pem: str) -> str:
    """The SHA-256 thumbprint of a PEM certificate, as lower-case digits."""
    return fingerprint(ssl.PEM_cert_to_DER_cert(pem.strip() + "\n"))


def ca_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that verifies certificate and name against the CAs of the file, or of the system without a file."""
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is not None:
        # Set by default since Python 3.13; CAs that vSphere creates lack the extensions that it requires.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def unverified_context() -> ssl.SSLContext:
    """A context that accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def server_thumbprint(host: str, port: int, timeout_seconds: float) -> str | None:
    """The SHA-256 thumbprint of a server's certificate, trusted or not; None if the server cannot be reached."""
    try:
        with (
            socket.create_connection((host, port), timeout_seconds) as raw,
            unverified_context().wrap_socket(raw, server_hostname=host) as tls,
        ):
            return fingerprint(tls.getpeercert(binary_form=True) or b"")
    except OSError:
        return None  # the caller reports its own connection error
