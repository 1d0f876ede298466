"""Every problem of the arguments of SourceVirtualMachine."""

from collections.abc import Callable, Iterator

import pulumi_vsphere as vsphere

from pulumi_vmimport.components.component_base import Values
from pulumi_vmimport.components.provider_rules import provider_problems
from pulumi_vmimport.components.source_machine_rules import Rules, SourceMachine
from pulumi_vmimport.components.vm_placement import placement_problems
from pulumi_vmimport.lifecycle.contract import Problem, is_set
from pulumi_vmimport.local_files import is_local_file
from pulumi_vmimport.shown_value import shown_value

MACHINE_ARGS = frozenset(n for n, v in vars(vsphere.VirtualMachineArgs).items() if isinstance(v, property))


def machine_problems(values: Values, warn: Callable[[str], None]) -> Iterator[Problem]:
    """The problems of the arguments; those that are not fatal are passed to `warn`."""
    yield from placement_problems(values)
    yield from _iso_problems(values)
    yield from provider_problems(values)
    yield from _rule_problems(values, warn)
    override = values.get("virtual_machine_args")
    for name in override if is_set(override) else ():
        if name not in MACHINE_ARGS:
            yield Problem(f"virtual_machine_args.{name}", "is not an argument of vsphere.VirtualMachine")


def _rule_problems(values: Values, warn: Callable[[str], None]) -> Iterator[Problem]:
    rules = values.get("rules") if values.get("rules") is not None else Rules.ENFORCE
    if rules == Rules.OFF:
        return
    for finding in SourceMachine(values).findings():
        if finding.is_fatal and rules == Rules.ENFORCE:
            yield finding
        else:
            warn(f"{finding.path}: {finding.reason}")


def _iso_problems(values: Values) -> Iterator[Problem]:
    iso = values.get("iso")
    if not is_set(iso):
        return
    local_path = iso.get("local_path")
    if local_path is None and iso.get("path") is None:
        yield Problem("iso.path", "is required, expected the path in the datastore, or local_path to upload a file")
    if is_set(local_path) and not is_local_file(local_path):
        yield Problem("iso.local_path", f"expected a file on this machine, got {shown_value(local_path)}")
    if local_path is not None and iso.get("datastore") is None and values.get("datastore") is None:
        yield Problem("iso.datastore", "is required to upload local_path: expected the datastore's name, not its id")
    if iso.get("datastore") is not None and iso.get("datastore_id") is not None:
        yield Problem("iso.datastore", "excludes iso.datastore_id; set one of the two")
