"""What the simulator does not do: other lease states, manifests, thumbprints, failing renewals."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from pyVmomi import vim, vmodl
from tests.unit.vsphere.received import received

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import VirtualMachine
from pulumi_vmimport.vsphere.vsphere_errors import BytesDifferError, DownloadError, LeaseLostError, VSphereFaultError

BODY = bytes(range(256)) * 400
FRAMED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
UNFRAMED = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
SHA256 = hashlib.sha256(BODY).hexdigest()

HostOf = Callable[[bytes], Any]


@dataclass
class Lease:
    """A lease of one disk, and the session and machine it is of."""

    fake_host: Any
    host: str = "127.0.0.1"
    port: int = 443
    cookie: str = "vmware_soap_session=secret"
    url: str = "https://*/nfc/52/disk-0.vmdk"
    thumbprint: str | None = None
    states: list[str] = field(default_factory=lambda: ["ready"])
    error: Any = None
    manifest: list[Any] = field(default_factory=list)
    knows_sha256: bool = True
    progress: list[int] = field(default_factory=list)
    progress_faults: list[Exception | None] = field(default_factory=list)
    complete_fault: Exception | None = None
    abort_fault: Exception | None = None
    ended: list[str] = field(default_factory=list)
    renewed: threading.Event = field(default_factory=threading.Event)
    timeout_seconds: float = 300

    def __post_init__(self) -> None:
        self.port = self.fake_host.port
        self.tls_context = tls.trusting(None)
        self.thumbprint = self.fake_host.sha1 if self.thumbprint is None else self.thumbprint

    def export(self, wait: Any, **kwargs: Any) -> ExportLease:
        machine: Any = self
        return ExportLease(VirtualMachine(machine, machine), wait, **kwargs)

    # the session
    def properties(self, _: Any, *paths: str) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        device = vim.HttpNfcLease.DeviceUrl(
            key="/vm-7/VirtualLsiLogicSASController0:0",
            url=self.url,
            sslThumbprint=self.thumbprint,
            disk=True,
            targetId="disk-0.vmdk",
        )
        capacity = len(BODY) * 2 // 1024
        info = SimpleNamespace(deviceUrl=[device], leaseTimeout=self.timeout_seconds, totalDiskCapacityInKB=capacity)
        return {"state": state, "info": info} | ({"error": self.error} if self.error else {})

    # the machine
    _moId = "vm-7"  # noqa: N815 - pyVmomi's name

    def ExportVm(self) -> "Lease":  # noqa: N802 - vSphere's name
        return self

    # the lease
    def HttpNfcLeaseProgress(self, percent: int) -> None:  # noqa: N802
        self.progress.append(percent)
        if self.progress_faults and (fault := self.progress_faults.pop(0)):
            raise fault
        if not self.progress_faults:
            self.renewed.set()

    def HttpNfcLeaseGetManifest(self) -> list[Any]:  # noqa: N802
        return self.manifest

    def HttpNfcLeaseSetManifestChecksumType(self, wanted: list[Any]) -> None:  # noqa: N802
        assert [(pair.key, pair.value) for pair in wanted] == [("/vm-7/VirtualLsiLogicSASController0:0", "sha256")]
        if not self.knows_sha256:
            raise vmodl.fault.MethodNotFound(msg="no such method")

    def HttpNfcLeaseComplete(self) -> None:  # noqa: N802
        self.ended.append("complete")
        if self.complete_fault:
            raise self.complete_fault

    def HttpNfcLeaseAbort(self) -> None:  # noqa: N802
        self.ended.append("abort")
        if self.abort_fault:
            raise self.abort_fault


def entry(**facts: Any) -> Any:
    given = {"key": "/vm-7/VirtualLsiLogicSASController0:0", "sha1": "", "size": len(BODY), "disk": True}
    return vim.HttpNfcLease.ManifestEntry(**{**given, **facts})


def export(lease: Lease, waits: Any) -> bytes:
    with lease.export(waits) as open_lease:
        return received(open_lease)


def test_the_thumbprint_of_the_device_verifies_a_host_that_no_ca_knows(fake_host: HostOf, waits: Any) -> None:
    host = fake_host(FRAMED)
    assert export(Lease(host), waits) == BODY
    assert "Cookie: vmware_soap_session=secret" in host.requests[0]


def test_the_cookie_of_the_session_stays_with_its_own_host(fake_host: HostOf, waits: Any) -> None:
    host = fake_host(FRAMED)
    assert export(Lease(host, url=host.url.replace("127.0.0.1", "localhost")), waits) == BODY
    assert "Cookie" not in host.requests[0]


def test_fails_for_another_thumbprint_and_aborts(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED), thumbprint="AB:" * 19 + "AB")
    with pytest.raises(DownloadError, match="thumbprint mismatch: expected AB:AB:"):
        export(lease, waits)
    assert lease.ended == ["abort"]


def test_without_a_thumbprint_the_session_verifies(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED), thumbprint="")
    with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED"):
        export(lease, waits)
    lease.tls_context = tls.trusting(str(lease.fake_host.ca_file))
    assert export(lease, waits) == BODY


def test_a_lease_is_waited_for_until_it_is_ready(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED), states=["initializing", "initializing", "ready"])
    assert export(lease, waits) == BODY
    assert (waits.seconds, lease.ended) == ([1.0, 1.0], ["complete"])


def test_fails_with_the_words_of_a_lease_that_is_refused(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED), states=["initializing", "error"], error=vim.fault.FileLocked(msg="disk is in use"))
    with pytest.raises(LeaseLostError, match='"disk is in use"'):
        export(lease, waits)
    assert lease.ended == ["abort"]


def test_fails_aborted_when_the_wait_for_it_is_cut_short(fake_host: HostOf, waits: Any) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    lease, waits.then = Lease(fake_host(FRAMED), states=["initializing"]), stop
    with pytest.raises(KeyboardInterrupt):
        export(lease, waits)
    assert lease.ended == ["abort"]


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        [entry(key="another disk", size=1)],
        [entry()],
        [entry(checksum=SHA256.upper(), checksumType="sha256")],
        [entry(sha1="ab" * 20, checksum="ab" * 20, checksumType="sha1")],
    ],
    ids=["none", "not of this disk", "size", "SHA-256", "SHA-1, which nobody asked for"],
)
@pytest.mark.parametrize("knows_sha256", [True, False])
def test_bytes_that_agree_with_the_manifest_are_taken(
    fake_host: HostOf, waits: Any, manifest: list[Any], knows_sha256: bool
) -> None:
    lease = Lease(fake_host(FRAMED), manifest=manifest, knows_sha256=knows_sha256)
    assert export(lease, waits) == BODY
    assert lease.ended == ["complete"]


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        (entry(size=len(BODY) + 1), "size 102401 by its manifest, size 102400 was received"),
        (
            entry(checksum="ab" * 32, checksumType="sha256"),
            f"SHA-256 {'ab' * 32} by its manifest, SHA-256 {SHA256} was",
        ),
    ],
    ids=["size", "SHA-256"],
)
def test_fails_when_the_manifest_tells_of_other_bytes(fake_host: HostOf, waits: Any, manifest: Any, what: str) -> None:
    lease = Lease(fake_host(FRAMED), manifest=[manifest])
    with pytest.raises(BytesDifferError, match=what):
        export(lease, waits)
    assert lease.ended == ["abort"]


def test_the_manifest_can_prove_a_body_that_http_does_not_frame(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(UNFRAMED), manifest=[entry()])
    assert export(lease, waits) == BODY
    assert lease.ended == ["complete"]


@pytest.mark.parametrize("manifest", [[], [entry(size=0)]], ids=["no manifest", "a manifest that says nothing"])
def test_fails_when_nothing_tells_that_the_body_was_whole(fake_host: HostOf, waits: Any, manifest: list[Any]) -> None:
    lease = Lease(fake_host(UNFRAMED), manifest=manifest)
    with pytest.raises(DownloadError, match=r"neither HTTP nor the lease's manifest tells whether the body was whole"):
        export(lease, waits)
    assert lease.ended == ["abort"]


def test_the_percentage_is_reported_again_and_again(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED))
    with lease.export(waits, renew_seconds=0.005) as open_lease:
        assert lease.renewed.wait(10)
        received(open_lease)
        lease.renewed.clear()
        assert lease.renewed.wait(10)
    assert (lease.progress[0], lease.progress[-1]) == (0, 50)


def test_the_percentage_stays_below_a_hundred_while_bytes_come(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED))
    with lease.export(waits, renew_seconds=0.005, expected_bytes=10) as open_lease:
        received(open_lease)
        lease.renewed.clear()
        assert lease.renewed.wait(10)
    assert lease.progress[-1] == 99


def test_renewals_that_do_not_get_through_are_tried_again(fake_host: HostOf, waits: Any) -> None:
    now_and_then: list[Exception | None] = [ConnectionResetError("reset"), None] * 5
    lease = Lease(fake_host(FRAMED), progress_faults=now_and_then, timeout_seconds=0.02)
    with lease.export(waits, renew_seconds=0.005) as open_lease:
        assert lease.renewed.wait(10)
        assert received(open_lease) == BODY


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([ConnectionResetError("reset")] * 4, "it could not be renewed: reset"),
        ([vim.fault.Timedout(msg="the lease has expired")], "the lease has expired"),
        ([RuntimeError("no vSphere answer")], "no vSphere answer"),
    ],
    ids=["no way through until it expires", "refused", "anything else"],
)
def test_fails_when_the_lease_cannot_be_renewed(
    fake_host: HostOf, waits: Any, faults: list[Exception | None], words: str
) -> None:
    lease = Lease(fake_host(FRAMED), progress_faults=faults, timeout_seconds=0.02)

    def read_on(open_lease: ExportLease) -> None:
        assert open_lease._renewal is not None
        open_lease._renewal.join(10)
        received(open_lease)

    with pytest.raises(LeaseLostError, match=words), lease.export(waits, renew_seconds=0.005) as open_lease:
        read_on(open_lease)
    assert lease.ended == ["abort"]


def test_fails_when_vsphere_does_not_complete_the_export(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(FRAMED), complete_fault=vim.fault.InvalidState(msg="not now"))
    with pytest.raises(VSphereFaultError, match='complete the export of virtual machine vm-7: InvalidState: "not now"'):
        export(lease, waits)
    assert lease.ended == ["complete", "abort"]


def test_fails_with_the_first_error_when_the_abort_fails_too(fake_host: HostOf, waits: Any) -> None:
    lease = Lease(fake_host(UNFRAMED), abort_fault=ConnectionResetError("reset"))
    with pytest.raises(DownloadError, match="neither HTTP nor") as caught:
        export(lease, waits)
    assert caught.value.__notes__ == ['abort the export of virtual machine vm-7: ConnectionResetError: "reset"']
