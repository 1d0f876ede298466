"""What the disks of a machine contain that AWS would reject, found before the export."""

from collections.abc import Callable, Iterator

from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    PoweredOn,
    VirtualMachineExportInputs,
)
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine

# machine_rules.py reports these with the remedy for a VM, and an export has only one network adapter.
_CHECKED_ELSEWHERE = frozenset({
    "byol-several-disks",
    "byol-disk-above-70",
    "byol-disk-too-large",
    "byol-windows-server",
    "ovf-several-adapters",
    "too-many-disks",
})  # fmt: skip


def disk_problems(
    run: Run,
    inputs: VirtualMachineExportInputs,
    source: VSphereMachine | MachineSnapshot,
    facts: MachineFacts,
    show: Callable[[str], None],
) -> Iterator[Problem]:
    """The errors found in the disks; `show` receives the other findings, and why a disk was not read.

    Raises: VSphereError if the machine cannot be read.
    """
    is_refused = facts.power_state is not PowerState.OFF and inputs.powered_on in {None, PoweredOn.REFUSE}
    if is_refused or not is_known(inputs.image_profile, inputs.ignored_findings, inputs.powered_on):
        return
    # Only a preview that reads a disk needs the readers of disks.
    from pulumi_vmimport.disk.inspect_guest import inspect_guest  # noqa: PLC0415
    from pulumi_vmimport.resources import machine_inspection  # noqa: PLC0415
    from pulumi_vmimport.resources.rules.image_inspection import Purpose, facts_problems  # noqa: PLC0415

    purpose = Purpose(inputs.image_profile or ImageProfile.EC2, _CHECKED_ELSEWHERE.union(inputs.ignored_findings or ()))
    inspected = machine_inspection.inspect_machine(source, facts, run.wait, inspect_guest)
    yield from facts_problems(show, inputs.machine_input()[0], inspected.facts, purpose)
