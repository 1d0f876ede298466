from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import instances
from pulumi_vmimport.aws.ec2.instances import AttachedVolume, Instance

INSTANCE = "i-0123456789abcdef0"
REQUEST = {"InstanceIds": [INSTANCE]}
Stub = Callable[..., Stubber]


def instance(**members: Any) -> dict[str, Any]:
    described = {"InstanceId": INSTANCE, "State": {"Name": "stopped"}, **members}
    return {"Reservations": [{"Instances": [described]}]}


def test_an_instance_is_found_with_its_volumes(aws: AwsConnection, stub: Stub) -> None:
    mappings = [
        {"DeviceName": "/dev/sda1", "Ebs": {"VolumeId": "vol-1"}},
        {"DeviceName": "/dev/sdb"},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-2"}},
        {"DeviceName": "/dev/sdg", "Ebs": {"VolumeId": "vol-gone"}},
    ]
    answer = instance(
        ImageId="ami-1",
        InstanceType="t3.micro",
        PlatformDetails="Windows",
        ProductCodes=[{"ProductCodeId": "p1"}],
        RootDeviceType="ebs",
        NetworkInterfaces=[{}, {}],
        BlockDeviceMappings=mappings,
    )
    stub("ec2").add_response("describe_instances", answer, REQUEST)
    volumes = [{"VolumeId": "vol-2"}, {"VolumeId": "vol-1", "Encrypted": True, "Size": 40}]
    stub("ec2").add_response("describe_volumes", {"Volumes": volumes}, {"VolumeIds": ["vol-1", "vol-2", "vol-gone"]})
    assert instances.find(aws, INSTANCE) == Instance(
        id=INSTANCE,
        state="stopped",
        image_id="ami-1",
        instance_type="t3.micro",
        platform_details="Windows",
        product_codes=("p1",),
        root_device_type="ebs",
        interface_count=2,
        volumes=(AttachedVolume("vol-1", "/dev/sda1", True, 40), AttachedVolume("vol-2", "/dev/sdf", False, 0)),
    )


def test_an_instance_without_volumes_needs_no_second_call(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("describe_instances", instance(), REQUEST)
    found = instances.find(aws, INSTANCE)
    assert found is not None
    assert (found.volumes, found.interface_count, found.product_codes, found.image_id) == ((), 0, (), "")


@pytest.mark.parametrize("state", ["shutting-down", "terminated"])
def test_a_terminated_instance_is_gone(aws: AwsConnection, stub: Stub, state: str) -> None:
    stub("ec2").add_response("describe_instances", instance(State={"Name": state}), REQUEST)
    assert instances.find(aws, INSTANCE) is None


@pytest.mark.parametrize("code", ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"])
def test_an_instance_that_does_not_exist_is_none(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("ec2").add_client_error("describe_instances", code)
    assert instances.find(aws, INSTANCE) is None


def test_an_empty_answer_is_none(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("describe_instances", {"Reservations": []}, REQUEST)
    assert instances.find(aws, INSTANCE) is None


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_client_error("describe_instances", "UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        instances.find(aws, INSTANCE)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        pytest.param({"InstanceStorageInfo": {"NvmeSupport": "required"}}, True, id="nvme-instance-store"),
        pytest.param({"InstanceStorageInfo": {"NvmeSupport": "supported"}}, False, id="optional"),
        pytest.param({}, False, id="ebs-only"),
    ],
)
def test_instance_store_is_a_fact_of_the_instance_type(
    aws: AwsConnection, stub: Stub, info: dict[str, Any], expected: bool
) -> None:
    stub("ec2").add_response("describe_instance_types", {"InstanceTypes": [info]}, {"InstanceTypes": ["m5d.large"]})
    found = Instance(INSTANCE, "stopped", "ami-1", "m5d.large", None, (), "ebs", 1, ())
    assert instances.has_instance_store(aws, found) is expected
