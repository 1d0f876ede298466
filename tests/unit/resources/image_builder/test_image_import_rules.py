"""What preview finds wrong with ImportVmImage and ImportDiskImage: everything at once."""

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.image_builder.import_disk_image_lifecycle import ImportDiskImageLifecycle
from pulumi_vmimport.resources.image_builder.import_vm_image_lifecycle import ImportVmImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
VM, DISK = ImportVmImageLifecycle(), ImportDiskImageLifecycle()
TASK = "import-ami-0123456789abcdef0"
BUILDER = f"arn:aws:imagebuilder:{REGION}:123456789012:infrastructure-configuration/builder"
VM_BAG = {
    "region": REGION,
    "name": "web",
    "semanticVersion": "1.0.0",
    "platform": "Windows",
    "vmImportTaskId": TASK,
}
DISK_BAG = {
    "region": REGION,
    "name": "windows-11",
    "semanticVersion": "1.0.0",
    "platform": "Windows",
    "osVersion": "Microsoft Windows 11",
    "uri": "s3://images-of-web/windows-11.iso",
    "infrastructureConfigurationArn": BUILDER,
    "executionRole": "distribution",
}


@pytest.fixture
def preflight(run: Any) -> Callable[..., dict[str, str]]:
    """The problems of a bag that preview finds by reading AWS."""

    def find(lifecycle: Any, bag: dict[str, Any], *supplied: str) -> dict[str, str]:
        run.supplied = supplied
        inputs, problems = read_bag(lifecycle.inputs_type, bag)
        assert problems == []
        return {problem.path: problem.reason for problem in lifecycle.preflight(run, inputs)}

    return find


@pytest.fixture
def import_task(aws: AwsSandbox, bucket: str, role: str) -> Callable[..., str]:
    """Starts an import task."""
    aws.observer("s3").put_object(Bucket=bucket, Key="win.raw", Body=bytes(510) + b"\x55\xaa")
    disk = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "win.raw"}}

    def start(**request: Any) -> str:
        given = {"Platform": "Windows", "LicenseType": "BYOL", **request}
        return str(aws.observer("ec2").import_image(DiskContainers=[disk], **given)["ImportTaskId"])

    return start


@pytest.mark.parametrize(("lifecycle", "bag"), [(VM, VM_BAG), (DISK, DISK_BAG)], ids=["vm", "disk"])
def test_valid_inputs_have_no_problem(checked: Any, lifecycle: Any, bag: dict[str, Any]) -> None:
    assert checked(lifecycle, bag) == []


def test_every_problem_of_an_import_task_is_reported_at_once(checked: Any) -> None:
    wrong = {
        "name": "w",
        "semanticVersion": "1.0",
        "platform": "BSD",
        "vmImportTaskId": "import-snap-1",
        "osVersion": "",
        "description": "",
        "logGroupName": "/web",
        "tags": {"a*": "b"},
    }
    assert {path for path, _ in checked(VM, VM_BAG | wrong)} == {*(wrong.keys() - {"tags"}), "tags.a*"}


def test_every_problem_of_an_iso_is_reported_at_once(checked: Any) -> None:
    wrong = {
        "platform": "Linux",
        "osVersion": "Microsoft Windows 10",
        "uri": "https://images-of-web/windows-11.img",
        "infrastructureConfigurationArn": BUILDER.replace(REGION, "us-west-2"),
        "executionRole": "a role",
        "registerImageOptions": {"uefiData": "A" * 64001},
        "windowsConfiguration": {"imageIndex": 0},
    }
    found = {path for path, _ in checked(DISK, DISK_BAG | wrong)}
    assert found == {
        *(wrong.keys() - {"registerImageOptions", "windowsConfiguration"}),
        "registerImageOptions.uefiData",
        "windowsConfiguration.imageIndex",
    }


@pytest.mark.parametrize("version", ["1", "1.0.0.0", "v1.0.0", "1.x.0", "1073741824.0.0"])
def test_a_version_has_three_numbers(checked: Any, version: str) -> None:
    assert [path for path, _ in checked(VM, VM_BAG | {"semanticVersion": version})] == ["semanticVersion"]


@pytest.mark.parametrize("uri", ["s3://images-of-web/windows.vhd", "s3://.iso", "s3://Images/w.iso", "images/w.iso"])
def test_the_uri_is_that_of_an_iso_in_s3(checked: Any, uri: str) -> None:
    assert [path for path, _ in checked(DISK, DISK_BAG | {"uri": uri})] == ["uri"]


def test_an_import_task_must_exist_unless_the_stack_creates_it(preflight: Any, run: Any) -> None:
    assert f"there is no import task {TASK} in {REGION}" in preflight(VM, VM_BAG)["vmImportTaskId"]
    assert preflight(VM, VM_BAG, "vmImportTaskId") == {}


def test_a_failing_import_task_is_refused_with_its_words(preflight: Any, import_task: Any, aws: AwsSandbox) -> None:
    aws.faults.fail_import("ClientError: Unsupported kernel")
    task_id = import_task()
    aws.clock.advance(aws.settings.import_seconds)
    reason = preflight(VM, VM_BAG | {"vmImportTaskId": task_id})["vmImportTaskId"]
    assert reason.startswith(f"import task {task_id} is delet")
    assert "ClientError: Unsupported kernel" in reason


def test_an_import_task_whose_ami_is_gone_is_refused(preflight: Any, import_task: Any, aws: AwsSandbox) -> None:
    task_id, ec2 = import_task(), aws.observer("ec2")
    aws.clock.advance(aws.settings.import_seconds)
    bag = VM_BAG | {"vmImportTaskId": task_id, "osVersion": "Microsoft Windows 10"}
    assert preflight(VM, bag) == {}
    image_id = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"][0]["ImageId"]
    ec2.deregister_image(ImageId=image_id)
    assert preflight(VM, bag) == {"vmImportTaskId": f"AMI {image_id} of import task {task_id} no longer exists"}


def test_platform_and_license_of_the_task_must_fit(preflight: Any, import_task: Any, aws: AwsSandbox) -> None:
    task_id = import_task(LicenseType="AWS")
    aws.clock.advance(aws.settings.seconds_until(50))
    bag = VM_BAG | {"vmImportTaskId": task_id}
    assert preflight(VM, bag | {"osVersion": "Microsoft Windows Server 2022"}) == {}
    found = preflight(VM, bag | {"platform": "Linux", "osVersion": "Microsoft Windows 11"})
    assert found == {
        "platform": f"expected Windows, the platform of import task {task_id}, got Linux",
        "vmImportTaskId": f"Microsoft Windows 11 requires a task with license type BYOL, {task_id} has AWS",
    }


def test_file_configuration_and_role_must_exist_unless_the_stack_creates_them(preflight: Any, bucket: str) -> None:
    assert preflight(DISK, DISK_BAG) == {
        "uri": f"there is no object 'windows-11.iso' in bucket {bucket!r}",
        "infrastructureConfigurationArn": f"{BUILDER} does not exist",
        "executionRole": "role 'distribution' does not exist in account 123456789012",
    }
    assert preflight(DISK, DISK_BAG, "uri", "infrastructureConfigurationArn", "executionRole") == {}


def test_the_bucket_is_an_own_one_in_the_region(preflight: Any, aws: AwsSandbox, bucket: str) -> None:
    del bucket
    abroad, other = aws.observer("s3", "us-west-2"), aws.second_account().observer("s3")
    abroad.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    other.create_bucket(Bucket="of-another", CreateBucketConfiguration={"LocationConstraint": REGION})
    reasons = [preflight(DISK, DISK_BAG | {"uri": f"s3://{name}/w.iso"})["uri"] for name in ("far-away", "missing")]
    assert "is in us-west-2, expected eu-west-1" in reasons[0]
    assert reasons[1] == "bucket 'missing' does not exist"
    assert preflight(DISK, DISK_BAG | {"uri": "s3://missing/w.iso"}, "uri").keys() == {
        "infrastructureConfigurationArn",
        "executionRole",
    }


def test_a_denied_check_is_a_warning(preflight: Any, run: Any, aws: AwsSandbox, bucket: str) -> None:
    del bucket
    for operation in ("HeadBucket", "GetInfrastructureConfiguration", "GetRole"):
        aws.faults.deny(operation)
    assert preflight(DISK, DISK_BAG) == {}
    assert len(run.warnings) == 3
