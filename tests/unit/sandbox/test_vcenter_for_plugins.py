"""What pulumi-resource-vsphere asks a vCenter for; its answers come from the simulator's Go program."""

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim, vmodl

from pulumi_vmimport_sandbox.vcenter import VCenterSandbox

_Collector = vmodl.query.PropertyCollector


@pytest.fixture(scope="module")
def vcenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VCenterSandbox]:
    with VCenterSandbox(tmp_path_factory.mktemp("vcenter")) as running:
        yield running


def make_machine(vcenter: VCenterSandbox, name: str, **settings: Any) -> Any:
    session = vcenter.session
    files = vim.vm.FileInfo(vmPathName="[LocalDS_0]")
    spec = vim.vm.ConfigSpec(name=name, guestId="otherGuest64", files=files, **settings)
    pool = session.named(vim.ResourcePool, "DC0_C0/Resources")
    return session.wait("making", session.named(vim.Datacenter, "DC0").vmFolder.CreateVM_Task(config=spec, pool=pool))


def test_a_cluster_also_answers_as_a_compute_resource(vcenter: VCenterSandbox) -> None:
    cluster = vcenter.session.named(vim.ClusterComputeResource, "DC0_C0")
    base = vim.ComputeResource(cluster._moId, vcenter.session.instance._stub)
    assert base.name == "DC0_C0"
    assert base.environmentBrowser == cluster.environmentBrowser
    assert vcenter.session.all(vim.ComputeResource) == [cluster]  # it is not a second compute resource


def test_default_devices_have_a_hardware_version(vcenter: VCenterSandbox) -> None:
    browser = vcenter.session.named(vim.ClusterComputeResource, "DC0_C0").environmentBrowser
    options = browser.QueryConfigOption(None, None)
    assert f"vmx-{options.hardwareOptions.hwVersion}" == options.version
    assert any(isinstance(device, vim.vm.device.VirtualIDEController) for device in options.defaultDevice)


def test_the_placement_of_the_swap_file_is_inherited_by_default_and_kept(vcenter: VCenterSandbox) -> None:
    machine = make_machine(vcenter, "default")
    assert machine.config.swapPlacement == "inherit"
    changed = vim.vm.ConfigSpec(swapPlacement="hostLocal", vPMCEnabled=True)
    vcenter.session.wait("by hand", machine.ReconfigVM_Task(changed))
    vcenter.session.wait("by hand", machine.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="another change")))
    assert (machine.config.swapPlacement, machine.config.vPMCEnabled) == ("hostLocal", True)
    assert make_machine(vcenter, "explicit", swapPlacement="vmDirectory").config.swapPlacement == "vmDirectory"


def test_every_wait_of_a_collector_returns_what_changed_since_its_own_version(vcenter: VCenterSandbox) -> None:
    """pulumi-resource-vsphere waits for the tasks of several machines with one collector at the same time."""
    machine = make_machine(vcenter, "watched")
    collector = vcenter.session.content.propertyCollector
    spec = _Collector.FilterSpec(
        objectSet=[_Collector.ObjectSpec(obj=machine)],
        propSet=[_Collector.PropertySpec(type=vim.VirtualMachine, pathSet=["config.annotation"])],
    )
    watching = collector.CreateFilter(spec, False)
    bounded = _Collector.WaitOptions(maxWaitSeconds=5)
    versions = [collector.WaitForUpdatesEx("", bounded).version for _ in range(2)]
    vcenter.session.wait("by hand", machine.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="by hand")))
    for version in versions:
        answer = collector.WaitForUpdatesEx(version, bounded)
        changed = [change.val for part in answer.filterSet for update in part.objectSet for change in update.changeSet]
        assert changed == ["by hand"]
    vcenter.session.wait("by hand", machine.Destroy_Task())
    gone = collector.WaitForUpdatesEx(answer.version, bounded)
    assert [update.kind for part in gone.filterSet for update in part.objectSet] == ["leave"]
    watching.Destroy()


def test_a_wait_without_a_change_ends_at_its_limit(vcenter: VCenterSandbox) -> None:
    collector = vcenter.session.content.propertyCollector.CreatePropertyCollector()
    version = collector.WaitForUpdatesEx("", _Collector.WaitOptions(maxWaitSeconds=0)).version
    assert collector.WaitForUpdatesEx(version, _Collector.WaitOptions(maxWaitSeconds=0)) is None
    collector.Destroy()
