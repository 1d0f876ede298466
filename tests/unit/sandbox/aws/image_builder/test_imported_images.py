"""ImportVmImage, ImportDiskImage and infrastructure configurations."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.image_builder.conftest import Distribution

BUCKET, ISO = "isos", "windows-11.iso"


@pytest.fixture
def iso_request(distribution: "Distribution") -> dict[str, Any]:
    """An import of an ISO file."""
    s3 = distribution.aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key=ISO, Body=b"CD001")
    created = distribution.builder.create_infrastructure_configuration(name="byol", instanceProfileName="builder")
    return {
        "name": "windows-11",
        "semanticVersion": "1.0.0",
        "platform": "Windows",
        "osVersion": "Microsoft Windows 11",
        "uri": f"s3://{BUCKET}/{ISO}",
        "infrastructureConfigurationArn": created["infrastructureConfigurationArn"],
        "executionRole": "distribution",
    }


def vm_request(task_id: str, **change: Any) -> dict[str, Any]:
    given = {"name": "web", "semanticVersion": "1.0.0", "platform": "Windows", "vmImportTaskId": task_id}
    return {**given, **change}


def test_an_image_of_a_running_task_is_pending_until_the_task_has_its_ami(distribution: "Distribution") -> None:
    task_id = distribution.account.start("desktop.ova", LicenseType="BYOL")
    arn = distribution.builder.import_vm_image(**vm_request(task_id))["imageArn"]
    assert arn == "arn:aws:imagebuilder:eu-west-1:123456789012:image/web/1.0.0/1"
    distribution.aws.clock.advance(distribution.aws.settings.import_seconds - 1)
    assert distribution.image(arn)["state"] == {"status": "PENDING"}
    distribution.aws.clock.advance(1)
    image = distribution.image(arn)
    assert (image["state"], image["buildType"]) == ({"status": "AVAILABLE"}, "IMPORT")
    tasks = distribution.aws.client("ec2").describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
    assert [ami["image"] for ami in image["outputResources"]["amis"]] == [tasks[0]["ImageId"]]


def test_an_image_fails_with_its_task(distribution: "Distribution") -> None:
    distribution.aws.faults.fail_import("ClientError: Unsupported kernel")
    task_id = distribution.account.start("desktop.ova", LicenseType="BYOL")
    arn = distribution.builder.import_vm_image(**vm_request(task_id))["imageArn"]
    distribution.aws.clock.advance(distribution.aws.settings.import_seconds)
    state = distribution.image(arn)["state"]
    assert (state["status"], "ClientError: Unsupported kernel" in state["reason"]) == ("FAILED", True)


def test_the_same_name_and_version_is_a_new_build_and_the_same_token_is_not(distribution: "Distribution") -> None:
    task_id = distribution.account.start("desktop.ova", LicenseType="BYOL")
    start = distribution.builder.import_vm_image
    arns = [start(**vm_request(task_id, clientToken=token))["imageArn"] for token in ("first", "second", "second")]
    assert [arn.rpartition("/")[2] for arn in arns] == ["1", "2", "2"]


def test_an_iso_becomes_an_ami_of_windows_11(distribution: "Distribution", iso_request: dict[str, Any]) -> None:
    settings = distribution.aws.settings
    arn = distribution.builder.import_disk_image(**iso_request)["imageBuildVersionArn"]
    assert distribution.image(arn)["state"] == {"status": "PENDING"}
    distribution.aws.clock.advance(settings.import_disk_image_seconds - 1)
    assert distribution.image(arn)["state"] == {"status": "BUILDING"}
    distribution.aws.clock.advance(1)
    image = distribution.image(arn)
    assert (image["state"], image["buildType"]) == ({"status": "AVAILABLE"}, "IMPORT_ISO")
    ami = distribution.found(image["outputResources"]["amis"][0])
    assert (ami["Platform"], ami["UsageOperation"], ami["BootMode"]) == ("windows", "RunInstances:0800", "uefi")


def test_an_iso_that_does_not_exist_fails(distribution: "Distribution", iso_request: dict[str, Any]) -> None:
    arn = distribution.builder.import_disk_image(**{**iso_request, "uri": "s3://isos/other.iso"})
    distribution.aws.clock.advance(distribution.aws.settings.import_disk_image_seconds)
    state = distribution.image(arn["imageBuildVersionArn"])["state"]
    assert (state["status"], "the object does not exist" in state["reason"]) == ("FAILED", True)


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"osVersion": "Microsoft Windows 10"}, "osVersion"),
        ({"uri": "s3://isos/windows.vhd"}, "uri"),
        ({"semanticVersion": "1"}, "semanticVersion"),
        ({"executionRole": "missing"}, "executionRole"),
        ({"loggingConfiguration": {"logGroupName": "/web"}}, "loggingConfiguration.logGroupName"),
    ],
)
def test_an_invalid_request_names_its_member(
    distribution: "Distribution", iso_request: dict[str, Any], change: dict[str, Any], member: str
) -> None:
    code, text = distribution.refused(distribution.builder.import_disk_image, **{**iso_request, **change})
    assert (code, f"'{member}'" in text) == ("InvalidParameterValueException", True)


def test_a_cancelled_import_ends_and_keeps_no_ami(distribution: "Distribution", iso_request: dict[str, Any]) -> None:
    arn = distribution.builder.import_disk_image(**iso_request)["imageBuildVersionArn"]
    distribution.builder.cancel_image_creation(imageBuildVersionArn=arn)
    distribution.aws.clock.advance(distribution.aws.settings.import_disk_image_seconds)
    image = distribution.image(arn)
    assert (image["state"]["status"], image["outputResources"]["amis"]) == ("CANCELLED", [])


def test_a_deleted_infrastructure_configuration_is_gone(
    distribution: "Distribution", iso_request: dict[str, Any]
) -> None:
    builder, arn = distribution.builder, iso_request["infrastructureConfigurationArn"]
    described = builder.get_infrastructure_configuration(infrastructureConfigurationArn=arn)
    assert described["infrastructureConfiguration"]["instanceProfileName"] == "builder"
    builder.delete_infrastructure_configuration(infrastructureConfigurationArn=arn)
    code, _ = distribution.refused(builder.get_infrastructure_configuration, infrastructureConfigurationArn=arn)
    assert code == "ResourceNotFoundException"
    code, text = distribution.refused(builder.import_disk_image, **iso_request)
    assert (code, "infrastructureConfigurationArn" in text) == ("InvalidParameterValueException", True)
