"""What pulumi-vsphere rejects: each value was read from the error of the real plugin."""

from typing import Any

import pulumi_vsphere as vsphere
import pytest

from pulumi_vmimport.components.provider_rules import ADAPTER_TYPES, provider_problems
from pulumi_vmimport.lifecycle.contract import UNKNOWN

CARD = {"network_id": "network-1"}


def problems(**values: Any) -> dict[str, str]:
    return {problem.path: problem.reason for problem in provider_problems(values)}


@pytest.mark.parametrize("adapter", ADAPTER_TYPES)
def test_the_adapter_types_of_the_provider_are_supported(adapter: str) -> None:
    assert problems(adapter_type=adapter) == {}
    assert problems(virtual_machine_args={"network_interfaces": [{**CARD, "adapter_type": adapter}]}) == {}


@pytest.mark.parametrize("adapter", ["vrdma", "VMXNET3", "pcnet32", ""])
def test_fails_for_another_adapter_type(adapter: str) -> None:
    reason = f"expected one of e1000, e1000e, sriov, vmxnet3, vmxnet3vrdma, got {adapter!r}"
    assert problems(adapter_type=adapter) == {"adapter_type": reason}
    card = vsphere.VirtualMachineNetworkInterfaceArgs(network_id="network-1", adapter_type=adapter)
    override = {"network_interfaces": [CARD, card]}
    path = "virtual_machine_args.network_interfaces[1].adapter_type"
    assert problems(adapter_type="vrdma", virtual_machine_args=override) == {path: reason}


def test_fails_for_another_controller() -> None:
    assert "got 'buslogic'" in problems(scsi_type="buslogic")["scsi_type"]
    found = problems(scsi_type="sas", virtual_machine_args={"scsi_type": "ide"})
    assert list(found) == ["virtual_machine_args.scsi_type"]


def test_fails_for_disks_that_share_a_unit_number_or_a_label() -> None:
    disk = vsphere.VirtualMachineDiskArgs(label="c", size=1, unit_number=1)
    disks = [{"label": "a", "size": 1}, {"label": "b", "size": 1}, disk, {"label": "c", "size": 1, "unit_number": 1}]
    found = problems(virtual_machine_args={"disks": disks})
    assert found == {
        "virtual_machine_args.disks[1].unit_number": (
            "expected a number that no other disk has, got none, which means 0, as disks[0]; set unit_number"
        ),
        "virtual_machine_args.disks[3].label": "expected a label that no other disk has, got 'c'",
        "virtual_machine_args.disks[3].unit_number": (
            "expected a number that no other disk has, got 1, as disks[2]; set unit_number"
        ),
    }


def test_each_kind_of_controller_has_its_own_unit_numbers() -> None:
    disks = [{"label": "a"}, {"label": "b", "controller_type": "sata"}, {"label": "c", "unit_number": 1}]
    assert problems(virtual_machine_args={"disks": disks}) == {}


@pytest.mark.parametrize("timeout", [None, 10, 60])
def test_a_clone_has_ten_minutes_or_more(timeout: int | None) -> None:
    clone = vsphere.VirtualMachineCloneArgs(template_uuid="4fce4ad7", timeout=timeout)
    assert problems(virtual_machine_args={"clone": clone}) == {}
    found = problems(virtual_machine_args={"clone": {"template_uuid": "4fce4ad7", "timeout": 9}})
    assert found == {"virtual_machine_args.clone.timeout": "expected at least 10 minutes, got 9"}


def test_values_that_preview_does_not_know_are_not_checked() -> None:
    disks = [{"label": UNKNOWN, "unit_number": UNKNOWN}, {"label": UNKNOWN, "unit_number": UNKNOWN}]
    override = {"clone": UNKNOWN, "disks": disks, "network_interfaces": UNKNOWN, "scsi_type": UNKNOWN}
    assert problems(adapter_type=UNKNOWN, scsi_type=UNKNOWN, virtual_machine_args=override) == {}
    assert problems(adapter_type=UNKNOWN, virtual_machine_args=UNKNOWN) == {}
