from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.resources.rules import operating_system_rules as rules


@dataclass(frozen=True, kw_only=True)
class Machine:
    operating_system: Any = None
    skip_operating_system_check: Any = None
    region: Any = "eu-west-1"
    architecture: Any = None
    boot_mode: Any = None
    license_type: Any = None
    platform: Any = None
    usage_operation: Any = None


class Warned:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str) -> None:
        self.texts.append(text)


def warned(machine: Machine) -> list[str]:
    run: Any = Warned()
    rules.warn(run, machine)
    texts: list[str] = run.texts
    return texts


def paths(machine: Machine) -> list[str]:
    return [problem.path for problem in rules.problems(machine)]


def test_a_system_is_checked_in_combination_with_other_inputs() -> None:
    assert paths(Machine(operating_system="BeOS 5", license_type="AWS")) == ["operatingSystem"]
    assert paths(Machine(operating_system="Windows 10", license_type="AWS")) == ["licenseType"]


@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(Machine(), id="nothing-said"),
        pytest.param(Machine(operating_system=UNKNOWN), id="not-known-yet"),
        pytest.param(Machine(operating_system="BeOS 5", skip_operating_system_check=True), id="skipped"),
        pytest.param(Machine(operating_system="CentOS 7", skip_operating_system_check=True), id="warning-skipped"),
    ],
)
def test_nothing_is_checked(machine: Machine) -> None:
    assert paths(machine) == []
    assert warned(machine) == []


def test_unknown_inputs_beside_the_system_are_not_checked() -> None:
    names = ("architecture", "boot_mode", "license_type", "platform", "region", "usage_operation")
    machine = Machine(operating_system="Windows 11", **dict.fromkeys(names, UNKNOWN))
    assert paths(machine) == []
    assert warned(machine) == []


def test_nothing_is_checked_while_the_skip_input_is_unknown() -> None:
    assert paths(Machine(operating_system="BeOS 5", skip_operating_system_check=UNKNOWN)) == []


def test_a_finding_below_error_is_a_warning() -> None:
    (text,) = warned(Machine(operating_system="CentOS 7"))
    assert "end of life" in text


@pytest.mark.parametrize(
    ("system", "region"),
    [
        ("Windows Server 2022", "cn-north-1"),
        ("Windows Server 2025", "cn-northwest-1"),
        ("Windows 11", "eu-south-2"),
        ("Windows 11", "me-central-1"),
    ],
)
def test_fails_in_a_region_where_aws_does_not_support_the_system(system: str, region: str) -> None:
    (problem,) = rules.problems(Machine(operating_system=system, region=region, boot_mode="uefi"))
    assert problem.path == "operatingSystem"
    assert region in problem.reason
    assert list(rules.problems(Machine(operating_system=system, region="eu-west-1", boot_mode="uefi"))) == []
