"""EC2 instances and their volumes: the facts that decide whether an instance can be exported.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html,
API_DescribeInstanceTypes.html, API_DescribeVolumes.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code

_NO_SUCH_INSTANCE = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
_GONE_STATES = frozenset({"shutting-down", "terminated"})


@dataclass(frozen=True)
class AttachedVolume:
    """An EBS volume attached to an instance."""

    id: str
    device_name: str
    encrypted: bool
    size_gib: int


@dataclass(frozen=True)
class Instance:
    """An instance as DescribeInstances returns it."""

    id: str
    state: str
    image_id: str
    instance_type: str
    platform_details: str | None
    product_codes: tuple[str, ...]
    root_device_type: str
    interface_count: int
    volumes: tuple[AttachedVolume, ...]


def launched_from(aws: AwsConnection, image_id: str) -> list[str]:
    """The ids of the account's instances of an AMI that are not terminated."""
    chosen: Any = [{"Name": "image-id", "Values": [image_id]}]
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(Filters=chosen)
    found = [
        instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]
    ]
    return sorted(each["InstanceId"] for each in found if each["State"]["Name"] not in _GONE_STATES)


def find(aws: AwsConnection, instance_id: str) -> Instance | None:
    """The instance with its volumes; None if it does not exist or is terminated."""
    try:
        answer = aws.client("ec2").describe_instances(InstanceIds=[instance_id])
    except ClientError as error:
        if error_code(error) in _NO_SUCH_INSTANCE:
            return None
        raise
    instances: list[Mapping[str, Any]] = [i for r in answer["Reservations"] for i in r["Instances"]]
    if not instances or instances[0]["State"]["Name"] in _GONE_STATES:
        return None
    found = instances[0]
    return Instance(
        id=instance_id,
        state=found["State"]["Name"],
        image_id=found.get("ImageId", ""),
        instance_type=found.get("InstanceType", ""),
        platform_details=found.get("PlatformDetails"),
        product_codes=tuple(code["ProductCodeId"] for code in found.get("ProductCodes", [])),
        root_device_type=found.get("RootDeviceType", ""),
        interface_count=len(found.get("NetworkInterfaces", [])),
        volumes=_volumes(aws, found.get("BlockDeviceMappings", [])),
    )


def has_instance_store(aws: AwsConnection, instance: Instance) -> bool:
    """Whether instances of its type always have NVMe instance store volumes, mapped or not.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceStorageInfo.html
    """
    types: Any = [instance.instance_type]
    found = aws.client("ec2").describe_instance_types(InstanceTypes=types)["InstanceTypes"]
    return any(kind.get("InstanceStorageInfo", {}).get("NvmeSupport") == "required" for kind in found)


def _volumes(aws: AwsConnection, mappings: list[Mapping[str, Any]]) -> tuple[AttachedVolume, ...]:
    devices = {m["Ebs"]["VolumeId"]: m["DeviceName"] for m in mappings if "Ebs" in m}
    if not devices:
        return ()
    described = {v["VolumeId"]: v for v in aws.client("ec2").describe_volumes(VolumeIds=list(devices))["Volumes"]}
    return tuple(
        AttachedVolume(id, device, bool(described[id].get("Encrypted")), described[id].get("Size", 0))
        for id, device in devices.items()
        if id in described
    )
