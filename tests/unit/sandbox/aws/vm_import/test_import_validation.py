from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox


def _container(**parts: Any) -> list[dict[str, Any]]:
    return [{"Format": "OVA", **parts}]


def test_fails_for_an_object_that_does_not_exist(ready: Account) -> None:
    code, message = ready.refused(ready.start, key="other.ova")
    assert (code, message) == (
        "InvalidParameter",
        "User does not have access to the S3 object (disk-images/other.ova).",
    )


def test_fails_for_a_bucket_that_does_not_exist(ready: Account) -> None:
    containers = _container(UserBucket={"S3Bucket": "nobodys", "S3Key": "vm.ova"})
    code, message = ready.refused(ready.ec2.import_image, DiskContainers=containers)
    assert (code, message) == ("InvalidParameter", "User does not have access to the S3 object (nobodys/vm.ova).")


def test_fails_for_an_import_bucket_in_another_region(ready: Account, aws: AwsSandbox) -> None:
    containers = _container(UserBucket={"S3Bucket": "disk-images", "S3Key": "vm.ova"})
    code, message = ready.refused(aws.client("ec2", "us-west-2").import_image, DiskContainers=containers)
    assert code == "InvalidParameter"
    assert message == "The given S3 object is not local to the region. The object must be located in us-west-2."


@pytest.mark.parametrize(
    "parts",
    [{}, {"UserBucket": {"S3Bucket": "disk-images"}}, {"Url": "s3://disk-images"}],
    ids=["nothing", "no key", "url without a key"],
)
def test_fails_without_a_source(ready: Account, parts: dict[str, Any]) -> None:
    code, message = ready.refused(ready.ec2.import_image, DiskContainers=_container(**parts))
    assert (code, message) == ("InvalidParameter", "Invalid S3 source location")


def test_fails_without_a_disk(ready: Account) -> None:
    assert ready.refused(ready.ec2.import_image)[0] == "InvalidParameter"


@pytest.mark.parametrize(
    "url",
    [
        "s3://disk-images/folder/vm.ova",
        "https://disk-images.s3.eu-west-1.amazonaws.com/folder/vm.ova?X-Amz-Signature=x",
        "https://s3.eu-west-1.amazonaws.com/disk-images/folder%2Fvm.ova?X-Amz-Signature=x",
    ],
    ids=["s3", "virtual host", "path"],
)
def test_a_url_names_the_object(ready: Account, aws: AwsSandbox, samples: type[Samples], url: str) -> None:
    ready.put("folder/vm.ova", samples.ova())
    ready.ec2.import_image(DiskContainers=_container(Url=url))
    assert aws.import_tasks[0].key == "folder/vm.ova"


PARAMETERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "both licenses": (
        {"LicenseType": "BYOL", "UsageOperation": "RunInstances:0800"}, "InvalidParameterCombination", "UsageOperation",
    ),
    "license": ({"LicenseType": "Auto"}, "InvalidParameterValue", "Auto"),
    "usage": ({"UsageOperation": "RunInstances:9"}, "InvalidParameterValue", "RunInstances:9"),
    "boot mode": ({"BootMode": "uefi-preferred"}, "InvalidParameterValue", "uefi-preferred"),
    "architecture": ({"Architecture": "arm64"}, "InvalidParameterValue", "arm64"),
    "platform": ({"Platform": "BeOS"}, "InvalidParameterValue", "BeOS"),
    "key without encryption": ({"KmsKeyId": "k"}, "InvalidParameterDependency", "KmsKeyId"),
}  # fmt: skip


@pytest.mark.parametrize(("parameters", "code", "word"), PARAMETERS.values(), ids=PARAMETERS)
def test_fails_for_parameters_that_ec2_rejects(
    ready: Account, aws: AwsSandbox, parameters: dict[str, Any], code: str, word: str
) -> None:
    actual, message = ready.refused(ready.start, **parameters)
    assert (actual, word in message) == (code, True)
    assert aws.import_tasks == []


def test_values_are_case_insensitive(ready: Account) -> None:
    assert ready.imported(LicenseType="byol", Platform="windows", Format="ova")["Status"] == "completed"


LICENCES: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "client": ("windows9_64Guest", {}, ["Windows BYOL", "RunInstances:0800"]),
    "client, own": ("windows11_64Guest", {"LicenseType": "BYOL"}, ["Windows BYOL", "RunInstances:0800"]),
    "server": ("windows2019srv_64Guest", {}, ["Windows", "RunInstances:0002"]),
    "server, own": ("windows9Server64Guest", {"LicenseType": "BYOL"}, ["Windows BYOL", "RunInstances:0800"]),
    "server with SQL": (
        "windows2019srv_64Guest",
        {"UsageOperation": "RunInstances:0006"},
        ["Windows with SQL Server Standard", "RunInstances:0006"],
    ),
    "linux": ("ubuntu64Guest", {}, ["Linux/UNIX", "RunInstances"]),
    "linux, red hat": (
        "rhel8_64Guest",
        {"UsageOperation": "RunInstances:0010"},
        ["Red Hat Enterprise Linux", "RunInstances:0010"],
    ),
}


@pytest.mark.parametrize(("os_type", "parameters", "billed"), LICENCES.values(), ids=LICENCES)
def test_license_and_guest_decide_how_the_image_is_billed(
    ready: Account, samples: type[Samples], os_type: str, parameters: dict[str, Any], billed: list[str]
) -> None:
    ready.put("vm.ova", samples.ova(os_type))
    image_id = ready.imported(**parameters)["ImageId"]
    [image] = ready.ec2.describe_images(ImageIds=[image_id])["Images"]
    assert [image["PlatformDetails"], image["UsageOperation"]] == billed
    assert image.get("Platform") == ("windows" if os_type.startswith("win") else None)


MISMATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "client with AWS's license": ("windows9_64Guest", {"LicenseType": "AWS"}),
    "client with AWS's usage": ("windows11_64Guest", {"UsageOperation": "RunInstances:0002"}),
    "linux with AWS's license": ("ubuntu64Guest", {"LicenseType": "AWS"}),
    "linux as windows": ("ubuntu64Guest", {"UsageOperation": "RunInstances:0800"}),
}


@pytest.mark.parametrize(("os_type", "parameters"), MISMATCHES.values(), ids=MISMATCHES)
def test_the_task_fails_for_a_license_that_the_guest_cannot_have(
    ready: Account, aws: AwsSandbox, samples: type[Samples], os_type: str, parameters: dict[str, Any]
) -> None:
    ready.put("vm.ova", samples.ova(os_type))
    task_id = ready.start(**parameters)
    aws.clock.advance(aws.settings.seconds_until(59))
    assert ready.task(task_id)["Status"] == "active"
    assert ready.ended("vm.ova", **parameters).startswith("ClientError: ")


@pytest.mark.parametrize(
    ("parameters", "platform"),
    [({"Platform": "Windows"}, "Windows"), ({"Platform": "Linux"}, "Linux"), ({}, "Linux")],
    ids=["windows", "linux", "not stated"],
)
def test_the_request_determines_the_guest_of_a_disk_that_does_not_describe_it(
    ready: Account, samples: type[Samples], parameters: dict[str, Any], platform: str
) -> None:
    ready.put("disk.raw", samples.raw())
    assert ready.imported("disk.raw", **parameters)["Platform"] == platform


def test_the_descriptor_takes_precedence_over_the_request(ready: Account, samples: type[Samples]) -> None:
    ready.put("vm.ova", samples.ova("ubuntu64Guest"))
    assert ready.imported(Platform="Windows")["Platform"] == "Linux"


@pytest.mark.parametrize("state", ["unknown", "disabled"])
def test_the_task_fails_for_a_key_that_cannot_be_used(ready: Account, aws: AwsSandbox, state: str) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ready.iam.put_role_policy(RoleName="vmimport", PolicyName="all", PolicyDocument=ready.document(everything))
    aws.clock.advance(aws.settings.iam_propagation_seconds)
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    if state == "disabled":
        kms.disable_key(KeyId=key)
    else:
        key = "12345678-1234-1234-1234-123456789012"
    assert key in ready.ended("vm.ova", Encrypted=True, KmsKeyId=key)


def test_the_task_fails_for_more_volumes_than_an_instance_supports(ready: Account, samples: type[Samples]) -> None:
    ready.put("vm.ova", samples.ova(capacities=(1,) * 22))
    assert "22 volumes" in ready.ended("vm.ova")


def test_fails_for_an_unknown_snapshot(ready: Account) -> None:
    containers = [{"SnapshotId": "snap-0123456789abcdef0"}]
    assert ready.refused(ready.ec2.import_image, DiskContainers=containers)[0] == "InvalidSnapshot.NotFound"


def test_a_snapshot_can_be_a_source(ready: Account, aws: AwsSandbox) -> None:
    volume = ready.ec2.create_volume(Size=7, AvailabilityZone="eu-west-1a")["VolumeId"]
    snapshot = ready.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    task_id = ready.ec2.import_image(DiskContainers=[{"SnapshotId": snapshot}], Platform="Windows")["ImportTaskId"]
    aws.clock.advance(aws.settings.import_seconds)
    [image] = ready.ec2.describe_images(ImageIds=[ready.task(task_id)["ImageId"]])["Images"]
    assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 7
