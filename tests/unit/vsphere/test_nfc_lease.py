import http.client
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.unit.vsphere.received import Received, received

from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError, LeaseLostError, VSphereFaultError
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

MIB = 1 << 20


def pattern(size_bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size_bytes)  # noqa: S311 - no secret


def status_of(session: VSphereSession, url: str) -> int:
    connection = http.client.HTTPSConnection(session.host, session.port, context=session.tls_context)
    connection.request("GET", urlsplit(url).path)
    return connection.getresponse().status


def test_every_byte_of_every_disk_arrives(machines: Any, waits: Any) -> None:
    disks = [pattern(3 * MIB + 17, seed=1), pattern(MIB, seed=2), b"", pattern(1, seed=3)]
    with ExportLease(machines.make("bytes", *disks), waits) as lease:
        found = [received(lease, disk) for disk in lease.disks]
    assert found == disks


def test_the_lease_has_disks_but_no_cd_image(machines: Any, waits: Any) -> None:
    with ExportLease(machines.make("no-cd", b"disk"), waits) as lease:
        assert [disk.target for disk in lease.disks] == ["no-cd.vmdk"]


def test_the_lease_is_completed_at_the_end_of_the_block(machines: Any, waits: Any, session: VSphereSession) -> None:
    with ExportLease(machines.make("completed", b"disk"), waits) as lease:
        assert status_of(session, lease.disks[0].url) == 200
    assert status_of(session, lease.disks[0].url) == 404


def test_the_lease_is_aborted_if_the_block_fails(machines: Any, waits: Any, session: VSphereSession) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        ExportLease(machines.make("aborted", b"disk"), waits) as lease,
    ):
        raise KeyboardInterrupt
    assert status_of(session, lease.disks[0].url) == 404


def test_fails_to_export_a_running_machine(machines: Any, waits: Any) -> None:
    machine = machines.make("runs", b"disk")
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    with pytest.raises(VSphereFaultError, match=r"export virtual machine vm-\d+: InvalidPowerState: ") as caught:
        ExportLease(machine, waits).__enter__()
    assert "existing state poweredOn" in caught.value.message


def test_fails_during_a_download_if_vsphere_ends_the_lease(machines: Any, waits: Any) -> None:
    machine = machines.make("lost", pattern(3 * MIB))

    def read(lease: ExportLease) -> None:
        def abort() -> None:
            if lease._renewal is not None and lease._renewal.failure is None:
                lease._lease.HttpNfcLeaseAbort()  # as an administrator may do in vSphere
                lease._renewal.join(10)

        lease.read(lease.disks[0], Received(then=abort))

    with (
        pytest.raises(LeaseLostError, match=f'the export lease of {machine.moid} is lost: "managed object not found'),
        ExportLease(machine, waits, renew_seconds=0.01) as lease,
    ):
        read(lease)


@pytest.fixture
def short_lived(tmp_path: Path) -> Iterator[tuple[VCenterSandbox, VSphereSession]]:
    with VCenterSandbox(tmp_path) as vcenter:
        server = f"{vcenter.host}:{vcenter.port}"
        settings = VSphereSettings(server, vcenter.user, vcenter.password, ca_file=str(vcenter.ca_file))
        with VSphereSession(settings) as session:
            yield vcenter, session


def test_fails_after_retries_if_vcenter_dies_during_a_download(
    short_lived: tuple[VCenterSandbox, VSphereSession], make_machines: Any, waits: Any
) -> None:
    vcenter, _ = short_lived
    machine = make_machines(*short_lived).make("dies", pattern(64 * MIB))

    def read(lease: ExportLease) -> None:
        def kill() -> None:
            assert vcenter._process is not None
            vcenter._process.kill()

        lease.read(lease.disks[0], Received(then=kill))

    with pytest.raises(DownloadError, match=r"disk dies.vmdk: the download ended after \d+ bytes") as caught:  # noqa: SIM117
        with ExportLease(machine, waits) as lease:
            read(lease)
    assert 0 < caught.value.received_bytes < 64 * MIB
    assert (waits.seconds, "attempt 6 of 6" in str(caught.value)) == ([1.0, 2.0, 4.0, 8.0, 16.0], True)
    assert "abort the export of virtual machine" in caught.value.__notes__[0]
