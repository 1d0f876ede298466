"""vSphere serves the disks from the ESXi host, which may be unreachable although vCenter is not."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyVmomi import vim

from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExportInputs as Inputs
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox
from pulumi_vmimport_sandbox.windows import WindowsGuest

lifecycle = VirtualMachineExportLifecycle()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def unreachable_host(machines: Any, closed_port: int) -> Iterator[str]:
    """The URLs of all leases point to this host."""

    def serve_from(url: str) -> None:
        option = vim.option.OptionValue(key="vcsim.server.url", value=url)
        machines.vcenter.session.content.setting.UpdateOptions([option])

    serve_from(f"https://127.0.0.1:{closed_port}/sdk")
    yield f"127.0.0.1:{closed_port}"
    serve_from("https://*/sdk")


@pytest.fixture
def export_inputs(export_inputs: Inputs, machines: Any) -> Inputs:
    """An export of a machine whose disk preview reads and finds nothing in."""
    return replace(export_inputs, uuid=machines.make_windows("windows", WindowsGuest.healthy().disk()).facts().uuid)


def test_preview_is_silent_while_the_host_can_be_reached(
    new_export_run: Callable[..., Any], export_inputs: Inputs
) -> None:
    run = new_export_run()
    assert list(lifecycle.preflight(run, export_inputs)) == []
    assert run.warnings == []


def test_preview_warns_of_a_host_that_cannot_be_reached(
    new_export_run: Callable[..., Any], export_inputs: Inputs, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    run = new_export_run()
    monkeypatch.setattr(VSphereMachine, "disk_host", lambda _: ("127.0.0.1", closed_port))
    assert list(lifecycle.preflight(run, export_inputs)) == []
    (warning,) = run.warnings
    assert f"127.0.0.1:{closed_port}" in warning
    assert "ESXi host" in warning


def test_fails_with_the_host_and_its_port_and_leaves_nothing(
    new_export_run: Callable[..., Any], export_inputs: Inputs, aws: AwsSandbox, unreachable_host: str
) -> None:
    run = new_export_run()
    with pytest.raises(DownloadError, match=rf"attempt 6 of 6.*ESXi host, so {unreachable_host} must be reachable"):
        lifecycle.create(run, export_inputs)
    assert sum("attempt" in text for text in map(str, run.texts)) == 5
    assert aws.observer("s3").list_multipart_uploads(Bucket=export_inputs.bucket).get("Uploads", []) == []
