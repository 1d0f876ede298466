"""A real vCenter simulator, machines in it with disks of known bytes, and hosts that misbehave over TLS."""

import datetime as dt
import io
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyVmomi import vim

from pulumi_vmimport.sandbox.vcenter import VCenterSandbox
from pulumi_vmimport.vsphere.inventory import by_moid
from pulumi_vmimport.vsphere.session import VSphereSession, VSphereSettings
from pulumi_vmimport.vsphere.tls import fingerprint
from pulumi_vmimport.vsphere.virtual_machine import VirtualMachine

DEVICE = vim.vm.device
DATASTORE = "LocalDS_0"


@pytest.fixture(scope="session")
def vcenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCenterSandbox]:
    with VCenterSandbox(tmp_path_factory.mktemp("vcenter")) as running:
        yield running


@pytest.fixture
def settings(vcenter: VCenterSandbox) -> VSphereSettings:
    server = f"{vcenter.host}:{vcenter.port}"
    return VSphereSettings(server, vcenter.user, vcenter.password, ca_file=str(vcenter.ca_file))


@pytest.fixture
def session(settings: VSphereSettings) -> Iterator[VSphereSession]:
    with VSphereSession(settings) as connected:
        yield connected


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


class Machines:
    """Makes virtual machines and removes them."""

    def __init__(self, vcenter: VCenterSandbox, session: VSphereSession) -> None:
        self.vcenter = vcenter
        self.session = session
        self._made: list[Any] = []

    def make(self, name: str, *disks: bytes, folder: str = "", **config: Any) -> VirtualMachine:
        """A Windows-like machine, off, with an ISO in its CD drive; its disks' files have the bytes given."""
        root = self.vcenter.session.content.rootFolder.childEntity[0]
        into = root.vmFolder
        if folder:
            into = next((f for f in into.childEntity if f.name == folder), None) or into.CreateFolder(folder)
        files = vim.vm.FileInfo(vmPathName=f"[{DATASTORE}]")
        spec = vim.vm.ConfigSpec(name=name, files=files, deviceChange=_devices(len(disks)), **{**_CONFIG, **config})
        pool = root.hostFolder.childEntity[0].resourcePool
        made = self.vcenter.session.wait("create", into.CreateVM_Task(config=spec, pool=pool))
        self._made.append(made)
        held: list[Any] = [device for device in made.config.hardware.device if isinstance(device, DEVICE.VirtualDisk)]
        for device, content in zip(held, disks, strict=True):
            self.vcenter.put_file(DATASTORE, device.backing.fileName.split("] ")[1], io.BytesIO(content))
        return by_moid(self.session, made._moId)

    def remove(self) -> None:
        for made in self._made:
            if made.runtime.powerState == "poweredOn":
                self.vcenter.session.wait("power off", made.PowerOffVM_Task())
            self.vcenter.session.wait("remove", made.Destroy_Task())


@pytest.fixture
def machines(vcenter: VCenterSandbox, session: VSphereSession) -> Iterator[Machines]:
    made = Machines(vcenter, session)
    yield made
    made.remove()


@pytest.fixture
def make_machines() -> type[Machines]:
    """For a vCenter of the test's own, which takes its machines with it."""
    return Machines


_CONFIG = {"guestId": "windows9_64Guest", "numCPUs": 2, "memoryMB": 4096, "firmware": "bios"}


def _devices(disks: int) -> list[Any]:
    connected = DEVICE.VirtualDevice.ConnectInfo(startConnected=True, allowGuestControl=True, connected=True)
    iso = DEVICE.VirtualCdrom.IsoBackingInfo(fileName=f"[{DATASTORE}] iso/windows.iso")
    network = DEVICE.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network")
    devices: list[Any] = [
        DEVICE.VirtualLsiLogicSASController(key=1000, busNumber=0, sharedBus="noSharing"),
        DEVICE.VirtualCdrom(key=3000, controllerKey=200, unitNumber=0, backing=iso, connectable=connected),
        DEVICE.VirtualE1000e(key=4000, backing=network),
    ]
    changes = [DEVICE.VirtualDeviceSpec(operation="add", device=device) for device in devices]
    for number in range(disks):
        backing = DEVICE.VirtualDisk.FlatVer2BackingInfo(
            fileName=f"[{DATASTORE}]", diskMode="persistent", thinProvisioned=True
        )
        disk = DEVICE.VirtualDisk(
            key=2000 + number, controllerKey=1000, unitNumber=number, backing=backing, capacityInKB=(number + 1) << 20
        )
        changes.append(DEVICE.VirtualDeviceSpec(operation="add", fileOperation="create", device=disk))
    return changes


class FakeHost:
    """A TLS server on this machine that answers every request with the bytes it was given, and hangs up."""

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
            # The client may not like the certificate, or leave in the middle.
            with suppress(OSError), self._tls.wrap_socket(raw, server_side=True) as connection:
                if asked := connection.recv(1 << 16):
                    self.requests.append(asked.decode())
                    connection.sendall(self.answer)
                    if self.hold_open:
                        connection.recv(1)  # until the client gives up


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
