"""What the simulator does not support: other lease states, manifests, thumbprints, failing renewals."""

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
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import BytesDifferError, DownloadError, LeaseLostError, VSphereFaultError

BODY = bytes(range(256)) * 400
FRAMED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
UNFRAMED = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
SHA256 = hashlib.sha256(BODY).hexdigest()

HostOf = Callable[[bytes], Any]


@dataclass
class FakeLease:
    """A lease of one disk, with its session and its machine."""

    fake_host: Any
    host: str = "127.0.0.1"
    port: int = 443
    cookie: str = "vmware_soap_session=secret"
    url: str = "https://*/nfc/52/disk-0.vmdk"
    thumbprint: str | None = None
    states: list[str] = field(default_factory=lambda: ["ready"])
    error: Any = None
    manifest: list[Any] = field(default_factory=list)
    supports_sha256: bool = True
    progress: list[int] = field(default_factory=list)
    progress_faults: list[Exception | None] = field(default_factory=list)
    complete_fault: Exception | None = None
    abort_fault: Exception | None = None
    calls: list[str] = field(default_factory=list)
    renewed: threading.Event = field(default_factory=threading.Event)
    timeout_seconds: float = 300

    def __post_init__(self) -> None:
        self.port = self.fake_host.port
        self.tls_context = tls.ca_context(None)
        self.thumbprint = self.fake_host.sha1 if self.thumbprint is None else self.thumbprint

    def export(self, wait: Any, **kwargs: Any) -> ExportLease:
        machine: Any = self
        return ExportLease(VSphereMachine(machine, machine), wait, **kwargs)

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

    def ExportVm(self) -> "FakeLease":  # noqa: N802 - vSphere's name
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
        if not self.supports_sha256:
            raise vmodl.fault.MethodNotFound(msg="no such method")

    def HttpNfcLeaseComplete(self) -> None:  # noqa: N802
        self.calls.append("complete")
        if self.complete_fault:
            raise self.complete_fault

    def HttpNfcLeaseAbort(self) -> None:  # noqa: N802
        self.calls.append("abort")
        if self.abort_fault:
            raise self.abort_fault


def entry(**facts: Any) -> Any:
    given = {"key": "/vm-7/VirtualLsiLogicSASController0:0", "sha1": "", "size": len(BODY), "disk": True}
    return vim.HttpNfcLease.ManifestEntry(**{**given, **facts})


def export(lease: FakeLease, waits: Any) -> bytes:
    with lease.export(waits) as open_lease:
        return received(open_lease)


def test_the_thumbprint_of_the_device_verifies_a_self_signed_host(fake_host: HostOf, waits: Any) -> None:
    host = fake_host(FRAMED)
    assert export(FakeLease(host), waits) == BODY
    assert "Cookie: vmware_soap_session=secret" in host.requests[0]


def test_the_session_cookie_is_sent_only_to_its_own_host(fake_host: HostOf, waits: Any) -> None:
    host = fake_host(FRAMED)
    assert export(FakeLease(host, url=host.url.replace("127.0.0.1", "localhost")), waits) == BODY
    assert "Cookie" not in host.requests[0]


def test_fails_for_another_thumbprint_and_aborts(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(FRAMED), thumbprint="AB:" * 19 + "AB")
    with pytest.raises(DownloadError, match="thumbprint mismatch: expected AB:AB:"):
        export(lease, waits)
    assert lease.calls == ["abort"]


def test_without_a_thumbprint_the_tls_context_of_the_session_applies(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(FRAMED), thumbprint="")
    with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED"):
        export(lease, waits)
    lease.tls_context = tls.ca_context(str(lease.fake_host.ca_file))
    assert export(lease, waits) == BODY


def test_entering_waits_until_the_lease_is_ready(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(FRAMED), states=["initializing", "initializing", "ready"])
    assert export(lease, waits) == BODY
    assert (waits.seconds, lease.calls) == ([1.0, 1.0], ["complete"])


def test_fails_with_the_error_of_a_lease_that_is_not_granted(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(
        fake_host(FRAMED), states=["initializing", "error"], error=vim.fault.FileLocked(msg="disk is in use")
    )
    with pytest.raises(LeaseLostError, match='"disk is in use"'):
        export(lease, waits)
    assert lease.calls == ["abort"]


def test_the_lease_is_aborted_if_the_wait_for_it_is_interrupted(fake_host: HostOf, waits: Any) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    lease, waits.then = FakeLease(fake_host(FRAMED), states=["initializing"]), stop
    with pytest.raises(KeyboardInterrupt):
        export(lease, waits)
    assert lease.calls == ["abort"]


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        [entry(key="another disk", size=1)],
        [entry()],
        [entry(checksum=SHA256.upper(), checksumType="sha256")],
        [entry(sha1="ab" * 20, checksum="ab" * 20, checksumType="sha1")],
    ],
    ids=["none", "another-disk", "size", "SHA-256", "SHA-1"],
)
@pytest.mark.parametrize("supports_sha256", [True, False])
def test_bytes_that_match_the_manifest_are_accepted(
    fake_host: HostOf, waits: Any, manifest: list[Any], supports_sha256: bool
) -> None:
    lease = FakeLease(fake_host(FRAMED), manifest=manifest, supports_sha256=supports_sha256)
    assert export(lease, waits) == BODY
    assert lease.calls == ["complete"]


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        (entry(size=len(BODY) + 1), "manifest has size 102401, but size 102400 was received"),
        (
            entry(checksum="ab" * 32, checksumType="sha256"),
            f"manifest has SHA-256 {'ab' * 32}, but SHA-256 {SHA256} was",
        ),
    ],
    ids=["size", "SHA-256"],
)
def test_fails_if_the_manifest_differs_from_the_bytes(fake_host: HostOf, waits: Any, manifest: Any, what: str) -> None:
    lease = FakeLease(fake_host(FRAMED), manifest=[manifest])
    with pytest.raises(BytesDifferError, match=what):
        export(lease, waits)
    assert lease.calls == ["abort"]


def test_the_manifest_confirms_a_body_without_length(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(UNFRAMED), manifest=[entry()])
    assert export(lease, waits) == BODY
    assert lease.calls == ["complete"]


@pytest.mark.parametrize("manifest", [[], [entry(size=0)]], ids=["no-manifest", "empty-entry"])
def test_fails_if_nothing_confirms_that_the_body_is_complete(
    fake_host: HostOf, waits: Any, manifest: list[Any]
) -> None:
    lease = FakeLease(fake_host(UNFRAMED), manifest=manifest)
    with pytest.raises(DownloadError, match="neither HTTP nor the lease's manifest"):
        export(lease, waits)
    assert lease.calls == ["abort"]


def test_the_percentage_is_reported_at_intervals(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(FRAMED))
    with lease.export(waits, renew_seconds=0.005) as open_lease:
        assert lease.renewed.wait(10)
        received(open_lease)
        lease.renewed.clear()
        assert lease.renewed.wait(10)
    assert (lease.progress[0], lease.progress[-1]) == (0, 50)


def test_the_percentage_stays_below_100_until_the_lease_is_completed(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(FRAMED))
    with lease.export(waits, renew_seconds=0.005, expected_bytes=10) as open_lease:
        received(open_lease)
        lease.renewed.clear()
        assert lease.renewed.wait(10)
    assert lease.progress[-1] == 99


def test_failed_renewals_are_repeated_until_the_lease_expires(fake_host: HostOf, waits: Any) -> None:
    now_and_then: list[Exception | None] = [ConnectionResetError("reset"), None] * 5
    lease = FakeLease(fake_host(FRAMED), progress_faults=now_and_then, timeout_seconds=0.02)
    with lease.export(waits, renew_seconds=0.005) as open_lease:
        assert lease.renewed.wait(10)
        assert received(open_lease) == BODY


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([ConnectionResetError("reset")] * 4, "could not be renewed: reset"),
        ([vim.fault.Timedout(msg="the lease has expired")], "the lease has expired"),
        ([RuntimeError("no vSphere answer")], "no vSphere answer"),
    ],
    ids=["no-connection-until-it-expires", "rejected", "any-other-error"],
)
def test_fails_if_the_lease_cannot_be_renewed(
    fake_host: HostOf, waits: Any, faults: list[Exception | None], message: str
) -> None:
    lease = FakeLease(fake_host(FRAMED), progress_faults=faults, timeout_seconds=0.02)

    def read(open_lease: ExportLease) -> None:
        assert open_lease._renewal is not None
        open_lease._renewal.join(10)
        received(open_lease)

    with pytest.raises(LeaseLostError, match=message), lease.export(waits, renew_seconds=0.005) as open_lease:
        read(open_lease)
    assert lease.calls == ["abort"]


def test_fails_if_vsphere_does_not_complete_the_export(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(FRAMED), complete_fault=vim.fault.InvalidState(msg="not now"))
    with pytest.raises(VSphereFaultError, match='complete the export of virtual machine vm-7: InvalidState: "not now"'):
        export(lease, waits)
    assert lease.calls == ["complete", "abort"]


def test_fails_with_the_first_error_if_the_abort_fails_too(fake_host: HostOf, waits: Any) -> None:
    lease = FakeLease(fake_host(UNFRAMED), abort_fault=ConnectionResetError("reset"))
    with pytest.raises(DownloadError, match="neither HTTP nor") as caught:
        export(lease, waits)
    assert caught.value.__notes__ == ['abort the export of virtual machine vm-7: ConnectionResetError: "reset"']
