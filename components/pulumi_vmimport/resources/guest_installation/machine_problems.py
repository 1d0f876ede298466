"""The problems of a virtual machine whose guest is to be installed."""

from collections.abc import Iterator

from pulumi_vmimport.guest.answer_file import PartitionLayout
from pulumi_vmimport.guest.preparation_steps import GuestProfile
from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationInputs
from pulumi_vmimport.resources.guest_installation.installation_rules import product_of
from pulumi_vmimport.vsphere.installation_devices import ANSWER_FOLDER, InstallationDevices
from pulumi_vmimport.vsphere.machine_facts import MachineFacts
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport.vsphere.virtual_tpm import no_tpm_cause

INSTALLED_KEY = "vmimport.installed"
"""The entry of a machine's extraConfig that says which resource and which inputs installed its guest"""
INSTALLING_KEY = "vmimport.installing"
"""The same of an installation that is not complete"""
INSTALLATION_KEY = "vmimport.installation"
"""The id that the status file of the guest repeats; another one for each answer ISO"""
STARTED = "started"
"""The word that follows in INSTALLING_KEY once the machine boots the ISO image"""
# A thin disk without data has none, or a few MiB of the datastore's metadata.
_MAX_EMPTY_BYTES = 256 << 20
_FIRMWARE = {"bios": "BIOS", "efi": "UEFI"}


def installation_problems(
    machine: VSphereMachine, inputs: GuestInstallationInputs, identity_key: str
) -> Iterator[Problem]:
    """Everything that prevents the installation by the resource with this identity."""
    facts, devices = machine.facts(), InstallationDevices(machine)
    if not facts.disks:
        yield Problem("uuid", f"{facts.name} has no disk; add one")
        return
    for label in devices.serial_ports():
        cause = "the guest reports to COM1, which must be the port that the installation adds"
        yield Problem("uuid", f"{facts.name} has {label}, and {cause}; remove {label}")
    may_overwrite = not is_known(inputs.overwrite_disk) or inputs.overwrite_disk
    installing, installed = devices.noted(INSTALLING_KEY) or "", devices.noted(INSTALLED_KEY) or ""
    if installing and not installing.startswith(identity_key) and not may_overwrite:
        remedy = "destroy it first, or set overwrite_disk if it no longer exists"
        yield Problem("uuid", f"another GuestInstallation already installs {facts.name}; {remedy}")
        return
    if not is_known(inputs.guest_profile) or inputs.guest_profile is GuestProfile.EC2_LINUX:
        return
    if not any(f"] {ANSWER_FOLDER}/" not in path for path in devices.iso_paths()):
        yield Problem("uuid", f"{facts.name} has no ISO image in its CD drive; attach the one to install from")
    yield from _firmware_problems(facts, inputs)
    if requires_tpm(inputs) and not facts.has_vtpm and (no_tpm := no_tpm_cause(machine.session)):
        yield Problem(
            "uuid",
            f"Setup of Windows 11 requires a virtual TPM, {facts.name} has none, and {no_tpm}; replace the virtual "
            "machine with pulumi up --replace URN, where URN is that of the vsphere.VirtualMachine, or set bypass_tpm",
        )
    is_own = any(note.startswith(identity_key) for note in (installing, installed))
    if not is_own and not may_overwrite:
        yield from _data_problems(machine, facts)


def requires_tpm(inputs: GuestInstallationInputs) -> bool:
    """Whether Setup checks that the machine has a TPM; False if that is not known yet."""
    is_windows_11 = is_set(inputs.windows_release) and product_of(inputs.windows_release) == "11"
    return is_windows_11 and is_known(inputs.bypass_tpm) and not inputs.bypass_tpm


def has_data(machine: VSphereMachine) -> bool:
    """Whether the first disk has more than an empty file system of its datastore."""
    return machine.used_bytes().get(machine.facts().disks[0].key, 0) > _MAX_EMPTY_BYTES


def _firmware_problems(facts: MachineFacts, inputs: GuestInstallationInputs) -> Iterator[Problem]:
    found = _FIRMWARE.get(facts.firmware, facts.firmware)
    if is_set(inputs.windows_release) and product_of(inputs.windows_release) == "11" and facts.firmware != "efi":
        yield Problem("uuid", f"Windows 11 requires firmware UEFI, {facts.name} has {found}; set firmware efi")
    elif is_set(inputs.partition_layout):
        needs_efi = inputs.partition_layout is PartitionLayout.GPT
        if needs_efi != (facts.firmware == "efi"):
            layout = inputs.partition_layout.value
            yield Problem("partitionLayout", f"{layout} does not match firmware {found} of {facts.name}")


def _data_problems(machine: VSphereMachine, facts: MachineFacts) -> Iterator[Problem]:
    used_bytes = machine.used_bytes()
    for disk in facts.disks:
        used = used_bytes.get(disk.key, 0)
        if used > _MAX_EMPTY_BYTES:
            yield Problem(
                "overwriteDisk",
                f"{disk.label} of {facts.name} has {used >> 20} MiB of data, and Setup deletes them; set "
                "overwrite_disk if that is intended",
            )
