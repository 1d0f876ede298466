from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.images import Image, ImageDisk

AMI = "ami-0123456789abcdef0"
REQUEST = {"ImageIds": [AMI], "IncludeDisabled": True}
NOT_FOUND = ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"]
Stub = Callable[..., Stubber]


def test_an_ami_is_found_with_all_its_facts(aws: AwsConnection, stub: Stub) -> None:
    answer = {
        "ImageId": AMI,
        "Name": "web",
        "OwnerId": "123456789012",
        "State": "available",
        "Description": "web server",
        "Platform": "windows",
        "PlatformDetails": "Windows BYOL",
        "UsageOperation": "RunInstances:0800",
        "BootMode": "uefi",
        "Architecture": "x86_64",
        "ProductCodes": [{"ProductCodeId": "p1", "ProductCodeType": "marketplace"}],
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-1", "Encrypted": True, "VolumeSize": 40}},
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
            {"DeviceName": "/dev/sdc", "Ebs": {"SnapshotId": "snap-2"}},
        ],
        "Tags": [{"Key": "team", "Value": "blue"}],
    }
    stub("ec2").add_response("describe_images", {"Images": [answer]}, REQUEST)
    found = images.find(aws, AMI)
    assert found == Image(
        id=AMI,
        name="web",
        owner_id="123456789012",
        state="available",
        description="web server",
        platform="windows",
        platform_details="Windows BYOL",
        usage_operation="RunInstances:0800",
        boot_mode="uefi",
        architecture="x86_64",
        product_codes=("p1",),
        disks=(
            ImageDisk("/dev/sda1", "snap-1", encrypted=True, size_gib=40, is_instance_store=False),
            ImageDisk("/dev/sdb", None, encrypted=False, size_gib=0, is_instance_store=True),
            ImageDisk("/dev/sdc", "snap-2", encrypted=False, size_gib=0, is_instance_store=False),
        ),
        tags={"team": "blue"},
    )
    assert found is not None
    assert found.snapshot_ids == ("snap-1", "snap-2")


@pytest.mark.parametrize("state", ["deregistered", "invalid", "failed", "error"])
def test_an_ami_in_a_final_bad_state_is_gone(aws: AwsConnection, stub: Stub, state: str) -> None:
    stub("ec2").add_response("describe_images", {"Images": [{"ImageId": AMI, "State": state}]}, REQUEST)
    assert images.find(aws, AMI) is None


@pytest.mark.parametrize("state", ["pending", "available", "disabled", "transient"])
def test_an_ami_in_another_state_exists(aws: AwsConnection, stub: Stub, state: str) -> None:
    stub("ec2").add_response("describe_images", {"Images": [{"ImageId": AMI, "State": state}]}, REQUEST)
    assert images.find(aws, AMI) is not None


@pytest.mark.parametrize("code", NOT_FOUND)
def test_an_ami_that_does_not_exist_is_none_and_can_be_deleted(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("ec2").add_client_error("describe_images", code)
    stub("ec2").add_client_error("deregister_image", code)
    stub("ec2").add_client_error("delete_snapshot", "InvalidSnapshot.NotFound")
    assert images.find(aws, AMI) is None
    images.delete(aws, AMI, ["snap-1"])


def test_an_empty_answer_is_none(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("describe_images", {"Images": []}, REQUEST)
    assert images.find(aws, AMI) is None


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_client_error("describe_images", "UnauthorizedOperation")
    stub("ec2").add_client_error("deregister_image", "OperationNotPermitted")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        images.find(aws, AMI)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        images.delete(aws, AMI, ["snap-1"])


def test_delete_deregisters_the_ami_and_deletes_each_snapshot(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("deregister_image", {}, {"ImageId": AMI, "DeleteAssociatedSnapshots": True})
    for snapshot in ("snap-1", "snap-2"):
        stub("ec2").add_response("delete_snapshot", {}, {"SnapshotId": snapshot})
    images.delete(aws, AMI, ["snap-1", "snap-2"])


def test_snapshots_are_deleted_without_an_ami(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("delete_snapshot", {}, {"SnapshotId": "snap-1"})
    images.delete(aws, None, ["snap-1"])


def test_a_description_is_set(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("modify_image_attribute", {}, {"ImageId": AMI, "Description": {"Value": "web"}})
    images.set_description(aws, AMI, "web")
