"""The requirements for a virtual machine whose export AWS can import.

Sources: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html,
https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
"""

from collections.abc import Collection, Iterator

from pulumi_vmimport.disk.rules.byol_disk_size import byol_disk_size_rule
from pulumi_vmimport.disk.rules.guest_systems import is_windows_server
from pulumi_vmimport.image_profile import ImageProfile, MachineProfile
from pulumi_vmimport.lifecycle.contract import Problem
from pulumi_vmimport.resources.virtual_machine_export.export_blockers import export_blockers
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import PoweredOn
from pulumi_vmimport.service_limits import BYOL_CHECKER_DISK_GIB, BYOL_DISK_GIB, GIB, MAX_IMPORT_VOLUMES
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere.hardware_kinds import PowerState
from pulumi_vmimport.vsphere.machine_facts import MachineFacts


def machine_problems(
    path: str,
    facts: MachineFacts,
    powered_on: PoweredOn | None,
    profile: MachineProfile | None,
    ignored: Collection[str] = (),
) -> Iterator[Problem]:
    """Why the machine cannot be exported or AWS would reject its image.

    `path` is the input that identifies the machine; `ignored` are ids of rules of docs/inspect.md.
    """
    if facts.power_state is not PowerState.OFF and powered_on in (None, PoweredOn.REFUSE):
        # vSphere's own word is also the name of the input.
        state = "powered on" if facts.power_state is PowerState.ON else facts.power_state
        yield Problem(
            "poweredOn",
            f"expected {facts.name} to be powered off, got {state}; shut it down, or set poweredOn to "
            "shutDown, powerOff or wait",
        )
    if not 1 <= len(facts.disks) <= MAX_IMPORT_VOLUMES:
        yield Problem(path, f"expected 1 to {MAX_IMPORT_VOLUMES} disks, {facts.name} has {len(facts.disks)}")
    for reason in export_blockers(facts):
        yield Problem(path, reason)
    if profile is ImageProfile.BYOL_WORKSPACES:
        yield from _byol_problems(path, facts, ignored)


def _byol_problems(path: str, facts: MachineFacts, ignored: Collection[str]) -> Iterator[Problem]:
    if len(facts.disks) > 1:
        yield Problem(path, f"expected one disk for WorkSpaces BYOL, {facts.name} has {len(facts.disks)}")
    for disk in facts.disks:
        rule = byol_disk_size_rule(disk.capacity_bytes)
        if rule and rule not in ignored:
            yield Problem(
                path,
                f"{disk.label} of {facts.name} has {disk.capacity_bytes / GIB:.0f} GB, expected at most "
                f"{BYOL_DISK_GIB} GB for WorkSpaces (BYOL Checker accepts {BYOL_CHECKER_DISK_GIB} GB); re-create the "
                "VM with a smaller disk, or shrink it; to ignore this finding, set "
                f"ignored_findings=[{shown_value(rule)}]",
            )
    if is_windows_server(facts.guest_id):
        yield Problem(
            path,
            f"expected Windows 10 or 11 for WorkSpaces BYOL, {facts.name} has guest OS {facts.guest_id} (Windows "
            "Server); if it runs a client edition, correct the guest OS of the VM",
        )
    if len(facts.network_adapters) > 1:
        count = len(facts.network_adapters)
        yield Problem(path, f"expected one network adapter for WorkSpaces BYOL, {facts.name} has {count}")
