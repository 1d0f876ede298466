from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Samples
    from tests.unit.sandbox.aws.vm_import.exports.conftest import InstanceExporter

    from pulumi_vmimport_sandbox.aws import AwsSandbox

DAY = 86400
BUCKET = "exports"


def test_an_instance_has_the_attributes_of_its_imported_image(
    instances: InstanceExporter, samples: type[Samples]
) -> None:
    [reservation] = instances.ec2.describe_instances(InstanceIds=[instances.instance_id])["Reservations"]
    [instance] = reservation["Instances"]
    assert (instance["PlatformDetails"], instance["UsageOperation"]) == ("Windows BYOL", "RunInstances:0800")
    assert (len(instance["BlockDeviceMappings"]), len(instance["NetworkInterfaces"])) == (1, 1)
    [volume] = instances.ec2.describe_volumes()["Volumes"]
    [image] = instances.ec2.describe_images(ImageIds=[instances.image_id])["Images"]
    assert volume["SnapshotId"] == image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert volume["Size"] == 70
    instances.ec2.terminate_instances(InstanceIds=[instances.instance_id])
    assert instances.ec2.describe_volumes()["Volumes"] == []


def test_a_launch_changes_the_volumes_of_its_image(instances: InstanceExporter, samples: type[Samples]) -> None:
    instances.account.put("vm.ova", samples.ova(capacities=(70, 3)))
    image_id = instances.account.imported()["ImageId"]
    instances.ec2.terminate_instances(InstanceIds=[instances.instance_id])
    larger = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 99}}
    more = {"DeviceName": "/dev/sdx", "Ebs": {"VolumeSize": 5}}
    instances.run(ImageId=image_id, BlockDeviceMappings=[larger, more])
    assert sorted(volume["Size"] for volume in instances.ec2.describe_volumes()["Volumes"]) == [3, 5, 99]
    instances.run(ImageId=image_id, BlockDeviceMappings=[{"DeviceName": "/dev/sdg", "NoDevice": ""}])
    assert sorted(volume["Size"] for volume in instances.ec2.describe_volumes()["Volumes"]) == [3, 5, 70, 99]


def test_the_response_names_the_source_and_the_object(instances: InstanceExporter) -> None:
    answer = instances.export(Description="mine")
    task_id = answer["ExportTaskId"]
    target = {"ContainerFormat": "ova", "DiskImageFormat": "VMDK", "S3Bucket": BUCKET, "S3Key": f"vms/{task_id}.ova"}
    assert answer == {
        "Description": "mine",
        "ExportTaskId": task_id,
        "ExportToS3Task": target,
        "InstanceExportDetails": {"InstanceId": instances.instance_id, "TargetEnvironment": "vmware"},
        "State": "active",
        "Tags": [],
    }
    assert len(task_id) == len("export-i-") + 17
    assert instances.task(task_id) == answer


@pytest.mark.parametrize(
    ("environment", "target", "key"),
    [
        ("vmware", {"DiskImageFormat": "VMDK"}, "{}.vmdk"),
        ("microsoft", {"DiskImageFormat": "vhd", "S3Prefix": "a-"}, "a-{}.vhd"),
        ("citrix", {}, "{}.vhd"),
    ],
    ids=["vmware", "microsoft", "citrix, no format"],
)
def test_the_key_consists_of_prefix_task_id_and_format_of_the_environment(
    instances: InstanceExporter, aws: AwsSandbox, environment: str, target: dict[str, str], key: str
) -> None:
    task_id = instances.start(target=target, TargetEnvironment=environment)
    assert instances.task(task_id)["ExportToS3Task"]["S3Key"] == key.format(task_id)
    [record] = aws.export_tasks
    assert (record.key, record.source_id) == (key.format(task_id), instances.instance_id)
    aws.clock.advance(aws.settings.export_seconds)
    assert instances.task(task_id)["State"] == "completed"
    assert instances.in_s3() == [f"s3 object {BUCKET}/{key.format(task_id)}"]


def test_a_cancelled_export_leaves_nothing(instances: InstanceExporter, aws: AwsSandbox) -> None:
    task_id = instances.start()
    aws.clock.advance(aws.settings.export_seconds * 0.5)
    assert instances.in_s3() == [f"s3 multipart upload {BUCKET}/vms/{task_id}.ova"]
    instances.cancel(task_id)
    assert instances.task(task_id)["State"] == "cancelling"
    aws.clock.advance(aws.settings.deleting_seconds)
    assert (instances.task(task_id)["State"], instances.in_s3()) == ("cancelled", [])
    code, message = instances.account.refused(instances.cancel, task_id=task_id)
    assert (code, "it is cancelled" in message) == ("IncorrectState", True)


def test_an_injected_failure_cancels_the_export(instances: InstanceExporter, aws: AwsSandbox) -> None:
    aws.faults.fail_export("ClientError: something")
    task_id = instances.start()
    aws.clock.advance(aws.settings.export_seconds + aws.settings.deleting_seconds)
    task = instances.task(task_id)
    assert (task["State"], task["StatusMessage"], instances.in_s3()) == ("cancelled", "ClientError: something", [])


def test_two_equal_calls_start_two_tasks(instances: InstanceExporter, aws: AwsSandbox) -> None:
    assert instances.start() != instances.start()
    assert len(aws.export_tasks) == 2


def test_images_and_instances_share_a_quota(instances: InstanceExporter, aws: AwsSandbox) -> None:
    aws.settings.active_export_quota = 2
    instances.account.role({"Effect": "Allow", "Action": "*", "Resource": "*"}, name="exporter")
    target = {"S3Bucket": BUCKET}
    instances.ec2.export_image(
        ImageId=instances.image_id, DiskImageFormat="RAW", S3ExportLocation=target, RoleName="exporter"
    )
    first = instances.start()
    code, message = instances.refused()
    assert (code, "2 active export tasks" in message) == (aws.settings.quota_error_code, True)
    instances.cancel(first)
    instances.start()


def test_tasks_have_tags_and_filters_and_are_remaining_resources(instances: InstanceExporter, aws: AwsSandbox) -> None:
    tags = [{"ResourceType": "export-instance-task", "Tags": [{"Key": "name", "Value": "a"}]}]
    first, second = instances.start(TagSpecifications=tags), instances.start()
    instances.ec2.create_tags(Resources=[second], Tags=[{"Key": "name", "Value": "b"}])
    wanted = [{"Name": "tag:name", "Values": ["b"]}]
    found = instances.ec2.describe_export_tasks(Filters=wanted)["ExportTasks"]
    assert [task["ExportTaskId"] for task in found] == [second]
    assert f"ec2 eu-west-1 export task {first} (active, validating)" in aws.remaining_resources()
    assert instances.ec2.describe_export_image_tasks()["ExportImageTasks"] == []
    aws.clock.advance(7 * DAY + aws.settings.export_seconds)
    assert instances.ec2.describe_export_tasks()["ExportTasks"] == []
