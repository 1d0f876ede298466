"""The source `windows_iso` of ByolWorkspaceImage: a virtual machine, and Windows installed in it from an ISO image."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from pulumi_vmimport.components.component_base import CheckedInputs, Values
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, is_set

_MACHINE_SETTINGS = {
    "iso": "set windows_iso instead",
    "phase": "remove it, because the component selects it",
    "profile": "remove it, because the component selects it",
    "unattended": "remove it, because the component selects it",
    "windows_release": "set guest.windows_release instead",
}
"""The arguments of SourceVirtualMachine that are not set in `source_machine`, each with the remedy"""
_PLAIN = ("guest", "virtual_machine_args")
_GUEST_PROFILE = "byol-workspaces"


def installation_problems(values: Values) -> Iterator[Problem]:
    """The problems of `source_machine` and `guest`, and of windows_iso with them."""
    if values.get("windows_iso") is None:
        for name in ("source_machine", "guest"):
            if values.get(name) is not None:
                yield Problem(name, "applies only to windows_iso; set it to the ISO image of Windows, or remove both")
        return
    machine, guest = _given(values, "source_machine"), _given(values, "guest")
    release: Any = UNKNOWN
    if guest is not UNKNOWN:
        problems = list(_guest_problems(guest))
        yield from problems
        if not any(problem.path == "guest.windows_release" for problem in problems):
            release = guest.get("windows_release")
        yield from _os_version_problems(values.get("os_version"), release)
    if machine is not UNKNOWN:
        bypasses_tpm = UNKNOWN if guest is UNKNOWN else guest.get("bypass_tpm")
        yield from _machine_problems(machine, values.get("windows_iso"), release, bypasses_tpm)


def declare_installation(
    parent: pulumi.ComponentResource, name: str, args: Mapping[str, Any], inputs: CheckedInputs
) -> pulumi.Output[str]:
    """Declare the virtual machine and its guest; returns the BIOS UUID, which is known when the guest is installed."""
    # Programs with another source do not import pulumi-vsphere and the answer files.
    from pulumi_vmimport.components.source_virtual_machine import SourceVirtualMachine  # noqa: PLC0415
    from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallation  # noqa: PLC0415

    opts = pulumi.ResourceOptions(parent=parent)
    guest = _after_check(inputs, args.get("guest"))
    machine_args: Any = {"vm_name": inputs.after_check(name), **_bypassing_tpm(guest)}
    machine_args |= _after_check(inputs, args.get("source_machine"))
    machine_args |= {"iso": _after_check(inputs, args["windows_iso"]), "unattended": True}
    machine_args["windows_release"] = guest.get("windows_release")
    machine = SourceVirtualMachine(f"{name}-machine", machine_args, opts)
    defaults: dict[str, Any] = {}
    if args.get("applications") is not None:
        defaults["with_office"] = inputs.get("applications").apply(bool)
    if args.get("timeout_minutes") is not None:
        defaults["timeout_minutes"] = inputs.get("timeout_minutes")
    guest_args: Any = {**defaults, **guest, "uuid": machine.uuid, "guest_profile": _GUEST_PROFILE}
    return GuestInstallation(f"{name}-guest", guest_args, opts).uuid


def os_version(args: Mapping[str, Any], inputs: CheckedInputs) -> pulumi.Output[str]:
    """The version of Windows that the release of the guest has, such as Windows_10."""
    release: pulumi.Output[Any] = inputs.after_check((args.get("guest") or {}).get("windows_release"))
    return release.apply(_version_of)


def _version_of(release: str) -> str:
    return f"Windows_{release.partition('-')[0]}"


def _given(values: Values, name: str) -> Any:
    """The structure of this name; empty if it is absent."""
    value = values.get(name)
    return {} if value is None else value


def _after_check(inputs: CheckedInputs, args: Mapping[str, Any] | None) -> dict[str, Any]:
    """The arguments that are set, once all arguments of the component have been checked."""
    given = {name: value for name, value in (args or {}).items() if value is not None}
    return {name: value if name in _PLAIN else inputs.after_check(value) for name, value in given.items()}


def _bypassing_tpm(guest: Mapping[str, Any]) -> dict[str, Any]:
    """Neither TPM nor Secure Boot where Setup does not check them; elsewhere the defaults of the release."""
    if "bypass_tpm" not in guest:
        return {}
    wanted = guest["bypass_tpm"].apply(lambda is_bypassed: False if is_bypassed else None)
    return {"vtpm": wanted, "secure_boot": wanted}


def _guest_problems(guest: Values) -> Iterator[Problem]:
    from pulumi_vmimport.lifecycle.program_spelling import program_path, program_text  # noqa: PLC0415
    from pulumi_vmimport.lifecycle.property_bag import read_bag  # noqa: PLC0415
    from pulumi_vmimport.lifecycle.schema import camel_case  # noqa: PLC0415
    from pulumi_vmimport.resources.guest_installation.guest_installation import (  # noqa: PLC0415
        GuestInstallationInputs as Inputs,
    )
    from pulumi_vmimport.resources.guest_installation.installation_rules import input_problems  # noqa: PLC0415

    bag = {camel_case(name): value for name, value in guest.items()}
    installation, mistyped = read_bag(Inputs, {**bag, "uuid": UNKNOWN, "guestProfile": _GUEST_PROFILE})
    for problem in (*mistyped, *input_problems(installation)):
        path = f"guest.{program_path(Inputs, problem.path)}" if problem.path else "guest"
        yield Problem(path, program_text(Inputs, problem.reason))


def _os_version_problems(version: Any, release: Any) -> Iterator[Problem]:
    if is_set(version) and is_set(release) and version != _version_of(release):
        reason = f"expected {_version_of(release)} for guest.windows_release {release}, got {version}; remove it"
        yield Problem("os_version", reason)


def _machine_problems(machine: Values, iso: Any, release: Any, bypasses_tpm: Any) -> Iterator[Problem]:
    from pulumi_vmimport.components.source_machine_problems import machine_problems  # noqa: PLC0415

    for name, remedy in _MACHINE_SETTINGS.items():
        if machine.get(name) is not None:
            yield Problem(f"source_machine.{name}", f"has no effect with windows_iso: {remedy}")
    if is_set(release) and _version_of(release) == "Windows_11" and bypasses_tpm in (None, False):
        for name in ("secure_boot", "vtpm"):
            if machine.get(name) is False:
                reason = "expected true, which Windows 11 Setup requires, got false; remove it, or set guest.bypass_tpm"
                yield Problem(f"source_machine.{name}", reason)
    settings = {**machine, "iso": iso, "profile": None, "phase": None, "windows_release": release}
    for problem in machine_problems(settings, lambda _: None):  # SourceVirtualMachine itself reports the warnings
        first, dot, rest = problem.path.partition(".")
        if first == "iso":
            yield Problem(f"windows_iso{dot}{rest}", problem.reason.replace("iso.datastore", "windows_iso.datastore"))
        elif first == "windows_release":
            yield Problem("guest.windows_release", problem.reason)
        else:
            yield Problem(f"source_machine.{problem.path}", problem.reason)
