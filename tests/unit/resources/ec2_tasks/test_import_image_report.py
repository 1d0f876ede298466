from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.tables import post_import
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle

lifecycle = ImportImageLifecycle()


@pytest.fixture
def inputs(image_inputs: ImportImageInputs) -> ImportImageInputs:
    return image_inputs


def test_create_returns_the_post_import_report_of_the_ami(run: Any, inputs: ImportImageInputs) -> None:
    windows_10 = replace(inputs, operating_system="Windows 10 Enterprise")
    report = lifecycle.create(run, windows_10).state.post_import_report
    assert report == post_import.report(
        Platform.WINDOWS,
        license_type=LicenseType.BYOL,
        boot_mode=BootMode.LEGACY_BIOS,
        encrypted=False,
        operating_system="Windows 10 Enterprise",
    )
    assert any(line.startswith("license: ") and "Dedicated Hosts" in line for line in report)
    assert any(line.startswith("hardening: ") and "WorkSpaces_BYOL" in line for line in report)
    assert any("not encrypted" in line for line in report)


@pytest.mark.parametrize(
    ("changes", "words", "is_reported"),
    [
        pytest.param({"license_type": LicenseType.AWS}, "Amazon's KMS server", True, id="license-of-aws"),
        pytest.param({"license_type": LicenseType.AWS}, "Dedicated Hosts", False, id="no-byol-terms"),
        pytest.param({"encrypted": True}, "not encrypted", False, id="encrypted"),
        pytest.param({"operating_system": "Windows Server 2012 R2"}, "SR-IOV", True, id="release"),
        pytest.param({"platform": Platform.LINUX}, "/etc/fstab", True, id="linux"),
    ],
)
def test_the_post_import_report_follows_the_inputs_and_the_ami(
    run: Any, inputs: ImportImageInputs, changes: dict[str, Any], words: str, is_reported: bool
) -> None:
    report = lifecycle.create(run, replace(inputs, **changes)).state.post_import_report
    assert any(words in line for line in report) is is_reported


def test_fails_in_check_for_a_region_where_aws_does_not_support_the_system(
    checked: Callable[..., list[tuple[str, str]]],
) -> None:
    bag = {"diskContainers": [{"url": "s3://images/web.raw"}], "operatingSystem": "Windows Server 2022"}
    ((path, reason),) = checked(lifecycle, {**bag, "region": "cn-north-1"})
    assert path == "operatingSystem"
    assert "cn-north-1" in reason
    assert checked(lifecycle, {**bag, "region": "eu-west-1"}) == []
