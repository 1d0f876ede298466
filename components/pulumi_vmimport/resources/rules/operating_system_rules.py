"""Whether VM Import/Export supports the operating_system of an ImportImage in combination with its other inputs.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html
"""

from collections.abc import Iterator
from typing import Protocol, TypeVar

from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform, UsageOperation
from pulumi_vmimport.aws.tables import system_rules
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set

T = TypeVar("T")


class DescribedMachine(Protocol):
    """The inputs that the table of supported systems covers. Any of them may be UNKNOWN."""

    @property
    def region(self) -> str | None: ...
    @property
    def operating_system(self) -> str | None: ...
    @property
    def skip_operating_system_check(self) -> bool | None: ...
    @property
    def architecture(self) -> Architecture | None: ...
    @property
    def boot_mode(self) -> BootMode | None: ...
    @property
    def license_type(self) -> LicenseType | None: ...
    @property
    def platform(self) -> Platform | None: ...
    @property
    def usage_operation(self) -> UsageOperation | None: ...


def problems(inputs: DescribedMachine) -> Iterator[Problem]:
    """Why the system cannot be imported. None if skip_operating_system_check is set."""
    is_checked = is_known(inputs.skip_operating_system_check) and not inputs.skip_operating_system_check
    if is_checked and (problem := system_rules.architecture_problem(_known(inputs.architecture))):
        yield Problem(*problem)
    system = _system_to_check(inputs)
    if system is None:
        return
    found = system_rules.problems(
        system,
        region=_known(inputs.region),
        platform=_known(inputs.platform),
        license_type=_known(inputs.license_type),
        usage_operation=_known(inputs.usage_operation),
        boot_mode=_known(inputs.boot_mode),
    )
    yield from (Problem(path, reason) for path, reason in found)


def warn(run: Run, inputs: DescribedMachine) -> None:
    """Warn about what may fail after the import. No warning if skip_operating_system_check is set."""
    system = _system_to_check(inputs)
    if system is None:
        return
    for text in system_rules.warnings(system, boot_mode=inputs.boot_mode):  # an unknown boot mode counts as set
        run.warn(text)


def _system_to_check(inputs: DescribedMachine) -> str | None:
    skip = inputs.skip_operating_system_check
    return None if not is_known(skip) or skip else _known(inputs.operating_system)


def _known(value: T | None) -> T | None:
    return value if is_set(value) else None
