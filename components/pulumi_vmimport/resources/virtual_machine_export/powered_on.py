"""What an export does with a machine that is powered on."""

from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import PoweredOn
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.machine_snapshot import MachineSnapshot
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine


def power_off(run: Run, source: VSphereMachine | MachineSnapshot, powered_on: PoweredOn | None) -> None:
    """Power the machine off, or wait until it is off, as `powered_on` requires. Does nothing for a snapshot."""
    if isinstance(source, MachineSnapshot) or source.power_state() is PowerState.OFF:
        return
    match powered_on:
        case PoweredOn.SHUT_DOWN:
            run.status("shutting down the guest")
            source.shut_down_guest(run.wait)
        case PoweredOn.POWER_OFF:
            source.power_off(run.wait)
        case PoweredOn.WAIT:
            while source.power_state() is not PowerState.OFF:
                run.status("waiting until the machine is off: prepare the guest and shut it down")
                run.wait(run.poll_seconds)
