import io
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport_sandbox import toolchain
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected
from pulumi_vmimport_sandbox.standins.vsphere_session import TaskFailed, VSphere
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox


@pytest.fixture
def vcenter(tmp_path: Path) -> Iterator[VCenterSandbox]:
    with VCenterSandbox(tmp_path / "vcenter") as running:
        yield running


def make_machine(vcenter: VCenterSandbox, name: str) -> Any:
    session = vcenter.session
    spec = vim.vm.ConfigSpec(name=name, guestId="otherGuest64", files=vim.vm.FileInfo(vmPathName="[LocalDS_0]"))
    pool = session.named(vim.ResourcePool, "DC0_C0/Resources")
    return session.wait("making", session.named(vim.Datacenter, "DC0").vmFolder.CreateVM_Task(config=spec, pool=pool))


def test_it_starts_empty_and_has_a_valid_certificate(vcenter: VCenterSandbox) -> None:
    assert vcenter.virtual_machines() == []
    assert vcenter.remaining_resources() == []
    context = ssl.create_default_context(cafile=str(vcenter.ca_file))
    url = f"https://{vcenter.host}:{vcenter.port}/about"
    with urllib.request.urlopen(url, context=context) as answer:
        assert answer.status == 200


def test_a_file_is_read_as_it_was_written(vcenter: VCenterSandbox) -> None:
    vcenter.put_file("LocalDS_0", "isos/windows/10.iso", io.BytesIO(b"first"))
    vcenter.put_file("LocalDS_0", "isos/windows/10.iso", io.BytesIO(b"second"))
    assert vcenter.read_file("LocalDS_0", "isos/windows/10.iso") == b"second"


def test_fails_to_read_a_missing_file(vcenter: VCenterSandbox) -> None:
    with pytest.raises(NotFound, match=r"GET \[LocalDS_0\] none.iso: HTTP 404"):
        vcenter.read_file("LocalDS_0", "none.iso")


def test_remaining_resources_are_vms_and_files_except_uploaded_ones(vcenter: VCenterSandbox) -> None:
    vcenter.put_file("LocalDS_0", "a.iso", io.BytesIO(b"iso"))
    machine = make_machine(vcenter, "web")
    remaining = vcenter.remaining_resources()
    assert remaining[0] == "virtual machine web"
    assert "file [LocalDS_0] web/web.vmx" in remaining
    assert not any("a.iso" in line for line in remaining)
    vcenter.session.wait("deleting", machine.Destroy_Task())
    assert vcenter.remaining_resources() == []


def test_an_object_is_found_by_the_end_of_its_inventory_path(vcenter: VCenterSandbox) -> None:
    pools = [vcenter.session.named(vim.ResourcePool, path) for path in ("Resources", "DC0_C0/Resources")]
    assert pools[0] == pools[1] == vcenter.session.named(vim.ResourcePool, "/DC0/host/DC0_C0/Resources")
    with pytest.raises(Rejected, match="ResourcePool 'DC1_C0/Resources' not found"):
        vcenter.session.named(vim.ResourcePool, "DC1_C0/Resources")


def test_fails_to_choose_between_several_objects(vcenter: VCenterSandbox) -> None:
    assert len(vcenter.session.all(vim.Network)) > 1
    with pytest.raises(Rejected, match=r"Network '\(default\)' is not unique"):
        vcenter.session.named(vim.Network, None)


def test_fails_with_the_fault_of_a_task(vcenter: VCenterSandbox) -> None:
    machine = make_machine(vcenter, "web")
    with pytest.raises(TaskFailed, match=r"^powering off web: InvalidPowerState ") as failure:
        vcenter.session.wait("powering off web", machine.PowerOffVM_Task())
    assert isinstance(failure.value.fault, vim.fault.InvalidPowerState)


def test_fails_to_log_in_with_the_fault_of_vcenter(vcenter: VCenterSandbox) -> None:
    session = VSphere(vcenter.host, vcenter.port, vcenter.user, "wrong", str(vcenter.ca_file))
    with pytest.raises(
        Rejected, match=f"cannot log in to the vCenter at {vcenter.host}:{vcenter.port}: InvalidLogin: "
    ):
        session.all(vim.Datacenter)


def test_fails_to_log_in_if_the_certificate_differs(vcenter: VCenterSandbox) -> None:
    session = VSphere(vcenter.host, vcenter.port, vcenter.user, vcenter.password, None)
    with pytest.raises(Rejected, match="CERTIFICATE_VERIFY_FAILED"):
        session.all(vim.Datacenter)


def test_fails_to_start_with_the_output_of_the_simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "vcsim"
    broken.write_text("#!/bin/sh\necho no memory >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(toolchain, "vcenter_simulator", lambda: broken)
    with pytest.raises(RuntimeError, match="no memory"), VCenterSandbox(tmp_path / "vcenter"):
        pass


def test_the_simulator_exits_with_its_parent_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from pulumi_vmimport_sandbox.vcenter import VCenterSandbox\n"
        "with VCenterSandbox(Path(sys.argv[1])) as vcenter: print(vcenter._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        simulator = int(owner.stdout.readline())
        owner.kill()
    end = time.monotonic() + 10
    while _runs(simulator) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _runs(simulator)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[-1].split()[0] != "Z"
