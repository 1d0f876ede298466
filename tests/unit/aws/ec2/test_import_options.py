from enum import StrEnum
from typing import Any

import pytest
from botocore.session import get_session

from pulumi_vmimport.aws.ec2.export_options import (
    FORMAT_BY_ENVIRONMENT,
    ContainerFormat,
    ExportFormat,
    TargetEnvironment,
)
from pulumi_vmimport.aws.ec2.import_options import Architecture, BootMode, LicenseType, Platform, SnapshotFormat


@pytest.mark.parametrize(
    ("values", "text", "member"),
    [
        (LicenseType, "byol", LicenseType.BYOL),
        (Platform, "WINDOWS", Platform.WINDOWS),
        (Architecture, "X86_64", Architecture.X86_64),
        (ContainerFormat, "OVA", ContainerFormat.OVA),
        (BootMode, "UEFI", BootMode.UEFI),
    ],
)
def test_members_are_accepted_in_any_case(values: type[StrEnum], text: str, member: StrEnum) -> None:
    assert values(text) is member


@pytest.mark.parametrize("value", ["FOO", "", None, 7])
def test_fails_for_every_other_value(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid LicenseType"):
        LicenseType(value)


@pytest.mark.parametrize(
    ("values", "shape"),
    [(ExportFormat, "DiskImageFormat"), (ContainerFormat, "ContainerFormat"), (TargetEnvironment, "ExportEnvironment")],
)
def test_export_options_are_those_of_the_service_model(values: type[StrEnum], shape: str) -> None:
    model: Any = get_session().get_service_model("ec2").shape_for(shape)
    assert {member.value for member in values} == set(model.enum)


def test_each_environment_has_a_format() -> None:
    assert set(FORMAT_BY_ENVIRONMENT) == set(TargetEnvironment)
    assert FORMAT_BY_ENVIRONMENT[TargetEnvironment.VMWARE] is ExportFormat.VMDK
    assert FORMAT_BY_ENVIRONMENT[TargetEnvironment.CITRIX] is ExportFormat.VHD
    assert FORMAT_BY_ENVIRONMENT[TargetEnvironment.MICROSOFT] is ExportFormat.VHD


def test_a_snapshot_import_has_neither_ova_nor_vhdx() -> None:
    assert set(SnapshotFormat) == {"VHD", "VMDK", "RAW"}
