"""A wait that takes no time, and hosts that misbehave over TLS."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pulumi_vmimport.vsphere.tls import fingerprint


@dataclass
class Waits:
    """A wait that takes no time; `then` runs in each."""

    seconds: list[float] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.then()


@pytest.fixture
def waits() -> Waits:
    return Waits()


class FakeHost:
    """A local TLS server that responds to every request with the same bytes and closes the connection."""

    def __init__(self, directory: Path, answer: bytes) -> None:
        self.answer = answer
        self.hold_open = False
        self.requests: list[str] = []
        self.ca_file = directory / "ca.pem"
        certificate = _self_signed(directory)
        self.pem = self.ca_file.read_text()
        self.sha1, self.sha256 = fingerprint(certificate, "sha1"), fingerprint(certificate)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(directory / "ca.pem", directory / "key.pem")
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}/nfc/disk-0.vmdk"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listening.accept()
            except OSError:
                return  # closed
            # The client may reject the certificate or close the connection early.
            with suppress(OSError), self._tls.wrap_socket(raw, server_side=True) as connection:
                if request := connection.recv(1 << 16):
                    self.requests.append(request.decode())
                    connection.sendall(self.answer)
                    if self.hold_open:
                        connection.recv(1)  # until the client closes the connection


def _self_signed(directory: Path) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "esxi01")])
    began = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture
def fake_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes], FakeHost]]:
    with ExitStack() as running:

        def start(answer: bytes) -> FakeHost:
            host = FakeHost(tmp_path_factory.mktemp("host"), answer)
            running.callback(host.close)
            return host

        yield start
