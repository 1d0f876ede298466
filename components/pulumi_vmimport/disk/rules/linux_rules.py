"""Rules for Linux: what VM Import/Export rejects, and what keeps the instance from starting or from its network."""

import re
from collections.abc import Iterator, Mapping

from pulumi_vmimport.disk.disk_errors import UnknownFactError
from pulumi_vmimport.disk.guest.guest_facts import FactValue
from pulumi_vmimport.disk.rules.fact_reader import FactChecks, FactReader, Violation
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.text_format import approximate_size, name_list
from pulumi_vmimport.service_limits import IMPORT_FREE_MIB, MIB

_X86_64 = "x86_64"
_FALLBACK_LOADER = "BOOTX64.EFI"
_OF_CLOUDS = re.compile(r"-(?:aws|azure|gcp|gke|oracle|ibm)$")
_AT_BOOT = frozenset({"nvme", "xen-blkfront"})
_ANY_PLACE = frozenset({"ena", "xen-netfront"})
_ROOT_BY_NAME = re.compile(r"root=/dev/(?:sd|vd|hd|xvd|nvme\d)\w*")
_NO_NAMES = "net.ifnames=0"
_LOGICAL = "logical volume "


def _names(facts: FactReader, id: str) -> list[str]:
    return list(facts.strings(id) or ())


def _objects(facts: FactReader, id: str) -> list[Mapping[str, FactValue]]:
    return list(facts.entries(id) or ())


def _several_systems(facts: FactReader) -> Iterator[str]:
    roots = _names(facts, "linux.roots")
    if len(roots) > 1:
        yield f"{len(roots)} volumes have /etc: {name_list(roots)}"


def _architecture(facts: FactReader) -> Iterator[str]:
    if facts.text("linux.architecture") not in {_X86_64, None}:
        yield f"{facts.shown('linux.architecture')}, expected {_X86_64}"


def _distribution(facts: FactReader) -> Iterator[str]:
    if not facts.text("linux.distribution"):
        yield facts.shown("linux.distribution")


def _encrypted(facts: FactReader) -> Iterator[str]:
    # The rule luks reports partitions.
    found = [where for where in _names(facts, "linux.encrypted_volumes") if where.startswith(_LOGICAL)]
    if found:
        yield name_list(found)


def _free_space(facts: FactReader) -> Iterator[str]:
    # The rule free-space reports partitions.
    where, free = facts.text("linux.root_volume"), facts.number("linux.root_free_bytes")
    if where and where.startswith(_LOGICAL) and free is not None and free < IMPORT_FREE_MIB * MIB:
        yield f"{where} has {approximate_size(free)} free, expected at least {IMPORT_FREE_MIB} MiB"


def _needs_recovery(facts: FactReader) -> Iterator[str]:
    if facts.flag("linux.needs_recovery"):
        yield f"the journal of {facts.evidence('linux.needs_recovery')} has changes that its files do not have yet"


def _no_fstab(facts: FactReader) -> Iterator[str]:
    if facts.flag("linux.has_fstab") is False:
        yield "/etc/fstab is absent"


def _device_names(facts: FactReader) -> Iterator[str]:
    entries = _objects(facts, "linux.fstab")
    found = [f"{entry['device']} at {entry['mount_point']}" for entry in entries if entry.get("is_device_name")]
    if found:
        yield f"/etc/fstab: {name_list(found)}"


def _root_argument(facts: FactReader) -> Iterator[str]:
    arguments = (facts.text("linux.kernel_arguments") or "").split()
    found = [argument for argument in arguments if _ROOT_BY_NAME.fullmatch(argument)]
    if found:
        yield f"{facts.evidence('linux.kernel_arguments')}: {name_list(found)}"


def _missing_volumes(facts: FactReader) -> Iterator[str]:
    for entry in _objects(facts, "linux.fstab"):
        options = entry.get("options")
        may_fail = isinstance(options, list | tuple) and bool({"nofail", "noauto"} & {*map(str, options)})
        if entry.get("found") is False and not may_fail:
            yield f"/etc/fstab: {entry['device']} at {entry['mount_point']} is no volume of this disk"


def _remote_mounts(facts: FactReader) -> Iterator[str]:
    if found := _names(facts, "linux.remote_mounts"):
        yield f"/etc/fstab: {name_list(found)}"


def _no_grub(facts: FactReader) -> Iterator[str | Violation]:
    loader = facts.text("linux.boot_loader")
    if loader is None:
        yield Violation("no configuration of GRUB with a menu was found", Severity.WARNING)
    elif not loader.startswith("GRUB"):
        yield facts.shown("linux.boot_loader")


def _several_grub_files(facts: FactReader) -> Iterator[str]:
    files = _names(facts, "linux.grub_files")
    if len(files) > 1:
        yield f"{len(files)} different files: {name_list(files)}"


def _default_kernel(facts: FactReader) -> Iterator[str]:
    loader = facts.text("linux.boot_loader") or ""
    if not loader.startswith("GRUB"):
        return
    if facts.text("linux.default_kernel") is None:
        yield f"{facts.evidence('linux.default_kernel')} has no entry with a kernel"
    elif facts.flag("linux.uses_boot_entries") and not facts.text("linux.saved_entry"):
        yield "the menu is in /boot/loader/entries, and grubenv has no saved_entry"


def _missing_kernel(facts: FactReader) -> Iterator[str]:
    kernel = facts.text("linux.default_kernel")
    if kernel is not None and facts.flag("linux.kernel_exists") is False:
        yield f"{facts.evidence('linux.default_kernel')} boots {kernel}, which does not exist"


def _missing_initramfs(facts: FactReader) -> Iterator[str]:
    if found := _names(facts, "linux.missing_initramfs"):
        yield f"{facts.evidence('linux.missing_initramfs')} loads {name_list(found)}, which does not exist"


def _cloud_kernel(facts: FactReader) -> Iterator[str]:
    version = facts.text("linux.kernel")
    if version and _OF_CLOUDS.search(version):
        yield facts.shown("linux.kernel")


def _drivers(facts: FactReader) -> Iterator[str]:
    drivers = facts.value("linux.drivers")
    if not isinstance(drivers, Mapping):
        raise UnknownFactError(f"{facts.shown('linux.drivers')}: expected an object")
    late = [name for name, place in drivers.items() if name in _AT_BOOT and place not in {"built-in", "initramfs"}]
    absent = [name for name, place in drivers.items() if name in _ANY_PLACE and place == "absent"]
    kernel = facts.text("linux.kernel") or "the default kernel"
    if late:
        yield f"the initramfs of {kernel} lacks {name_list(late)}"
    if absent:
        yield f"{kernel} has no module {name_list(absent)}"


def _no_server(facts: FactReader) -> Iterator[str]:
    if facts.text("linux.ssh_server") is None:
        yield facts.shown("linux.ssh_server")


def _not_started(facts: FactReader) -> Iterator[str]:
    if facts.text("linux.ssh_server") and facts.text("linux.ssh_starts_by") is None:
        yield "no unit or script starts the SSH server"


def _no_keys(facts: FactReader) -> Iterator[str]:
    settings = facts.value("linux.ssh_settings")
    value = settings.get("pubkeyauthentication") if isinstance(settings, Mapping) else None
    if isinstance(value, str) and value.lower() == "no":
        yield f"{facts.evidence('linux.ssh_settings')}: PubkeyAuthentication no"


def _no_login(facts: FactReader) -> Iterator[str]:
    if facts.flag("linux.cloud_init"):
        return  # it creates an account with the key pair of the instance
    if not _names(facts, "linux.key_accounts"):
        root = "only root has" if facts.flag("linux.root_has_key") else "no account has"
        yield f"{root} a key in authorized_keys, and cloud-init is not installed"


def _firewall(facts: FactReader) -> Iterator[str]:
    if found := facts.text("linux.blocking_firewall"):
        yield f"{found} does not allow SSH"


def _addresses(facts: FactReader) -> Iterator[str]:
    files = [*_names(facts, "linux.persistent_names")]
    files += [f"{network['file']}: {network['mac_address']}" for network in _objects(facts, "linux.networks") if network.get("mac_address")]  # fmt: skip  # noqa: E501
    if files:
        yield name_list(files)


def _static(facts: FactReader) -> Iterator[str]:
    networks = _objects(facts, "linux.networks")
    if found := [f"{n['file']}: {n['interface']}" for n in networks if n.get("method") == "static"]:
        yield name_list(found)


def _no_dhcp(facts: FactReader) -> Iterator[str]:
    networks = _objects(facts, "linux.networks")
    if any(network.get("method") == "dhcp" for network in networks) or facts.flag("linux.network_manager"):
        return
    if not facts.flag("linux.cloud_init"):  # it configures the network of an instance
        found = [f"{network['file']}: {network['method']}" for network in networks]
        yield name_list(found) or "no configuration of an adapter was found"


def _predictable_names(facts: FactReader) -> Iterator[str]:
    arguments = facts.text("linux.kernel_arguments")
    if arguments is not None and _NO_NAMES not in arguments.split():
        yield f"{facts.evidence('linux.kernel_arguments')} has no {_NO_NAMES}"


def _no_fallback_loader(facts: FactReader) -> Iterator[str | Violation]:
    firmware = facts.text("linux.firmware")
    if firmware in {"efi", "both"} and _FALLBACK_LOADER not in _names(facts, "linux.esp_loaders"):
        words = rf"the EFI system partition has no \EFI\BOOT\{_FALLBACK_LOADER}"
        # BIOS boots such a disk too.
        yield Violation(words, Severity.WARNING) if firmware == "both" else words


def _tools(facts: FactReader) -> Iterator[str]:
    if facts.flag("linux.vmware_tools"):
        yield f"{facts.evidence('linux.vmware_tools')} exists"


CHECKS: FactChecks = {
    "linux-several-systems": (_several_systems,),
    "linux-architecture": (_architecture,),
    "linux-distribution": (_distribution,),
    "linux-encrypted-volume": (_encrypted,),
    "linux-free-space": (_free_space,),
    "linux-needs-recovery": (_needs_recovery,),
    "linux-no-fstab": (_no_fstab,),
    "linux-device-names": (_device_names, _root_argument),
    "linux-missing-volume": (_missing_volumes,),
    "linux-remote-mounts": (_remote_mounts,),
    "linux-no-grub": (_no_grub,),
    "linux-several-grub-files": (_several_grub_files,),
    "linux-default-kernel": (_default_kernel,),
    "linux-missing-kernel": (_missing_kernel,),
    "linux-missing-initramfs": (_missing_initramfs,),
    "linux-cloud-kernel": (_cloud_kernel,),
    "linux-drivers": (_drivers,),
    "linux-no-fallback-loader": (_no_fallback_loader,),
    "linux-no-ssh-server": (_no_server,),
    "linux-ssh-not-started": (_not_started,),
    "linux-ssh-keys-off": (_no_keys,),
    "linux-no-login": (_no_login,),
    "linux-firewall-blocks-ssh": (_firewall,),
    "linux-mac-address": (_addresses,),
    "linux-static-address": (_static,),
    "linux-no-dhcp": (_no_dhcp,),
    "linux-predictable-names": (_predictable_names,),
    "linux-vmware-tools": (_tools,),
}
