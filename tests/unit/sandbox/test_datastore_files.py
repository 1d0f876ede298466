"""The simulated vCenter serves and refuses the files of disks as vCenter and ESXi do."""

import http.client
import io
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim
from tests.unit.conftest import Machines
from tests.unit.disk.inspection.disk_tools import run

from pulumi_vmimport.vsphere.nfc_lease import ExportLease
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

FLAT, DESCRIPTOR = "web/web-flat.vmdk", "web/web.vmdk"
CONTENT = b"the first sectors " * 20_000 + bytes(3 << 20) + b"and more"
GIB = 1 << 30


@pytest.fixture
def machine(machines: Machines) -> VSphereMachine:
    return machines.make_with_disks("web", CONTENT)


@pytest.fixture
def get(vcenter: VCenterSandbox) -> Callable[..., tuple[int, bytes]]:
    """Status and first bytes of a file."""

    def request(path: str, cookie: str | None = None) -> tuple[int, bytes]:
        cookie = vcenter.session.instance._stub.cookie.split(";")[0] if cookie is None else cookie
        context = ssl.create_default_context(cafile=vcenter.ca_file)
        connection = http.client.HTTPSConnection(vcenter.host, vcenter.port, context=context)
        headers = {"Cookie": cookie, "Range": "bytes=0-99"}
        connection.request("GET", f"/folder/{path}?dcPath=DC0&dsName=LocalDS_0", headers=headers)
        response = connection.getresponse()
        found = response.status, response.read()
        connection.close()
        return found

    return request


def test_a_range_of_the_data_of_a_disk_is_served(machine: VSphereMachine, get: Any) -> None:
    assert get(FLAT) == (206, CONTENT[:100])
    assert get(DESCRIPTOR)[1].startswith(b"# Disk DescriptorFile")


def test_the_data_of_a_running_machine_is_locked_and_its_descriptor_is_not(
    machine: VSphereMachine, machines: Machines, get: Any
) -> None:
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    assert get(FLAT)[0] == 500
    assert get(DESCRIPTOR)[0] == 206
    machines.vcenter.session.wait("power off", machine.reference.PowerOffVM_Task())
    assert get(FLAT)[0] == 206


@pytest.mark.parametrize("cookie", ["", "vmware_soap_session=another"])
def test_a_request_without_a_session_is_refused(machine: VSphereMachine, get: Any, cookie: str) -> None:
    assert get(FLAT, cookie)[0] == 401


def test_a_role_without_the_privileges_is_refused(machine: VSphereMachine, vcenter: VCenterSandbox, get: Any) -> None:
    manager = vcenter.session.content.authorizationManager
    (datastore,) = machine.reference.datastore
    role = manager.AddAuthorizationRole("browses", ["Datastore.Browse"])
    permission = vim.AuthorizationManager.Permission(principal="a", group=False, roleId=role, propagate=True)
    try:
        manager.SetEntityPermissions(datastore, [permission])
        assert get(FLAT)[0] == 403
        manager.UpdateAuthorizationRole(role, "browses", ["Datastore.Browse", "Datastore.FileManagement"])
        assert get(FLAT)[0] == 206
    finally:
        manager.RemoveEntityPermission(datastore, "a", False)


def test_vsan_serves_descriptors_and_no_data(tmp_path: Path) -> None:
    with VCenterSandbox(tmp_path) as vcenter:
        (cluster,) = vcenter.session.all(vim.ClusterComputeResource)
        enabled = vim.vsan.cluster.ConfigInfo(enabled=True)
        spec = vim.cluster.ConfigSpecEx(vsanConfig=enabled)
        vcenter.session.wait("enable vSAN", cluster.ReconfigureComputeResource_Task(spec, modify=True))
        datastore = vcenter.session.named(vim.Datastore, "vsanDatastore")
        for name in ("disk.vmdk", "disk-flat.vmdk"):
            vcenter.session.put_file(datastore, name, io.BytesIO(b"bytes"))
        assert vcenter.session.read_file(datastore, "disk.vmdk") == b"bytes"
        with pytest.raises(NotFound, match="404"):
            vcenter.session.read_file(datastore, "disk-flat.vmdk")


class Received:
    """Receives an exported disk."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.sha256 = ""
        self._buffer = memoryview(b"")

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def get_buffer(self, max_bytes: int) -> memoryview:
        self._buffer = memoryview(bytearray(max_bytes))
        return self._buffer

    def advance(self, size_bytes: int) -> None:
        self.data += self._buffer[:size_bytes]


def test_an_export_has_the_data_of_the_disk(machine: VSphereMachine, vcenter: VCenterSandbox, tmp_path: Path) -> None:
    received, exported = Received(), tmp_path / "exported.vmdk"
    with ExportLease(machine, lambda _: None, expected_bytes=GIB) as lease:
        lease.read(lease.disks[0], received)
    exported.write_bytes(received.data)
    flat = vcenter.folder_of("LocalDS_0") / FLAT
    assert flat.stat().st_size == GIB
    assert "identical" in run("qemu-img", "compare", "-f", "vmdk", "-F", "raw", exported, flat)


def test_a_disk_is_written_where_esxi_stores_it(machine: VSphereMachine, vcenter: VCenterSandbox) -> None:
    vcenter.put_disk(machine.reference, io.BytesIO(b"another disk"))
    flat = vcenter.folder_of("LocalDS_0") / FLAT
    with flat.open("rb") as file:
        assert file.read(len(CONTENT)) == b"another disk".ljust(len(CONTENT), b"\0")
