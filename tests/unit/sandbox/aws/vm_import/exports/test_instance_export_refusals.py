from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_vmimport_sandbox.aws.vm_import.export_bucket_validation import canonical_id

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.vm_import.exports.conftest import InstanceExporter

    from pulumi_vmimport_sandbox.aws import AwsSandbox

BUCKET = "exports"
CANONICAL_ID = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
NOBODY = "0" * 64


def _second_volume(instances: InstanceExporter) -> None:
    zone = instances.instance.availability_zone
    volume = instances.ec2.create_volume(Size=1, AvailabilityZone=zone)["VolumeId"]
    instances.ec2.attach_volume(VolumeId=volume, InstanceId=instances.instance_id, Device="/dev/sdf")


def _second_nic(instances: InstanceExporter) -> None:
    subnet = instances.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    nic = instances.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    instances.ec2.attach_network_interface(NetworkInterfaceId=nic, InstanceId=instances.instance_id, DeviceIndex=1)


def _instance_store(instances: InstanceExporter) -> None:
    instances.instance_id = instances.run(InstanceType="m5d.large")


def _deregistered(instances: InstanceExporter) -> None:
    instances.ec2.deregister_image(ImageId=instances.image_id)


def _snapshot_gone(instances: InstanceExporter) -> None:
    instances.moto.snapshots.pop(instances.image.ebs_snapshot.id)


def _licensed(instances: InstanceExporter) -> None:
    instances.image.usage_operation = "RunInstances:0002"


def _from_marketplace(instances: InstanceExporter) -> None:
    instances.image.product_codes = {"abc"}


def _encrypted(instances: InstanceExporter) -> None:
    root = {"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True}}
    instances.instance_id = instances.run(BlockDeviceMappings=[root])


def _large(instances: InstanceExporter) -> None:
    root = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 1025}}
    instances.instance_id = instances.run(BlockDeviceMappings=[root])


def _of_another_account(instances: InstanceExporter) -> None:
    # As launched of it, but for its volumes: moto looks for an image's snapshots among the caller's.
    instances.instance.image_id = instances.shared_image().id


REFUSALS = {
    "volumes": (
        _second_volume,
        "UnsupportedOperation",
        "This instance has multiple volumes attached. Please remove additional volumes.",
    ),
    "network interfaces": (_second_nic, "NotExportable", "multiple network interfaces"),
    "instance store": (_instance_store, "NotExportable", "instance store volumes"),
    "image deregistered": (_deregistered, "NotExportable", "The image ID (ami-"),
    "snapshot deleted": (_snapshot_gone, "NotExportable", "The snapshot ID (snap-"),
    "licensed by AWS": (_licensed, "NotExportable", "This instance cannot be exported."),
    "marketplace": (_from_marketplace, "NotExportable", "This instance cannot be exported."),
    "encrypted": (_encrypted, "NotExportable", "encrypted EBS block devices"),
    "large": (_large, "NotExportable", "larger than 1 TiB"),
    "another account's image": (
        _of_another_account,
        "NotExportable",
        "of the instance neither is owned by current user nor had been previously imported through VMIE.",
    ),
}


@pytest.mark.parametrize(("spoil", "code", "words"), REFUSALS.values(), ids=REFUSALS)
def test_fails_for_an_instance_that_is_not_exportable(
    instances: InstanceExporter, aws: AwsSandbox, spoil: Any, code: str, words: str
) -> None:
    spoil(instances)
    actual, message = instances.refused()
    assert (actual, words in message) == (code, True)
    assert aws.export_tasks == []


def test_an_image_of_an_instance_is_exportable_when_the_original_ami_is_gone(instances: InstanceExporter) -> None:
    image_id = instances.ec2.create_image(InstanceId=instances.instance_id, Name="again")["ImageId"]
    instances.ec2.deregister_image(ImageId=instances.image_id)
    [image] = instances.ec2.describe_images(ImageIds=[image_id])["Images"]
    assert image["UsageOperation"] == "RunInstances:0800"
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    instances.account.role(everything, name="exporter")
    target = {"S3Bucket": BUCKET, "S3Prefix": ""}
    instances.ec2.export_image(ImageId=image_id, DiskImageFormat="RAW", S3ExportLocation=target, RoleName="exporter")


def test_fails_for_an_instance_that_does_not_exist(instances: InstanceExporter) -> None:
    assert instances.refused(InstanceId="i-0123456789abcdef0")[0] == "InvalidInstanceID.NotFound"
    instances.ec2.terminate_instances(InstanceIds=[instances.instance_id])
    assert instances.refused()[0] == "InvalidInstanceID.NotFound"


def test_a_stopped_instance_is_exportable(instances: InstanceExporter) -> None:
    instances.ec2.stop_instances(InstanceIds=[instances.instance_id])
    instances.start()


PARAMETERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "environment": ({"TargetEnvironment": "kvm"}, "InvalidParameterValue", "kvm"),
    "container": ({"target": {"ContainerFormat": "ovf"}}, "InvalidParameterValue", "ovf"),
    "format": (
        {"target": {"DiskImageFormat": "RAW"}, "TargetEnvironment": "citrix"},
        "Unsupported",
        "diskImageFormat 'raw' not supported for targetEnvironment 'citrix'.",
    ),
}


@pytest.mark.parametrize(("parameters", "code", "words"), PARAMETERS.values(), ids=PARAMETERS)
def test_fails_for_parameters_that_ec2_rejects(
    instances: InstanceExporter, parameters: dict[str, Any], code: str, words: str
) -> None:
    actual, message = instances.refused(**parameters)
    assert (actual, words in message) == (code, True)


@pytest.mark.parametrize(
    ("grantee", "permissions", "is_accepted"),
    [
        (CANONICAL_ID, ("READ_ACP", "WRITE"), True),
        (CANONICAL_ID, ("FULL_CONTROL",), True),
        (CANONICAL_ID, ("READ_ACP",), False),
        (CANONICAL_ID, ("WRITE",), False),
        (NOBODY, ("READ_ACP", "WRITE"), False),
    ],
    ids=["both", "full control", "no write", "no read", "another's"],
)
def test_the_acl_must_grant_access_to_the_account_of_the_region(
    instances: InstanceExporter, grantee: str, permissions: tuple[str, ...], is_accepted: bool
) -> None:
    instances.grant(grantee, *permissions)
    if is_accepted:
        instances.start()
    else:
        code, message = instances.refused()
        assert (code, "READ_ACL and WRITE permissions are required" in message) == ("AuthFailure", True)


@pytest.mark.parametrize(
    ("actions", "grantee", "is_accepted"),
    [
        (["s3:GetBucketAcl", "s3:PutObject"], CANONICAL_ID, True),
        (["s3:PutObject"], CANONICAL_ID, False),
        (["s3:GetBucketAcl"], CANONICAL_ID, False),
        (["s3:GetBucketAcl", "s3:PutObject"], NOBODY, False),
    ],
    ids=["both", "no acl", "no object", "another's"],
)
def test_a_bucket_policy_can_grant_access_instead(
    instances: InstanceExporter, actions: list[str], grantee: str, is_accepted: bool
) -> None:
    instances.grant(NOBODY)
    resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/vms/*"]
    allow = {"Effect": "Allow", "Principal": {"CanonicalUser": grantee}, "Action": actions, "Resource": resources}
    instances.s3.put_bucket_policy(Bucket=BUCKET, Policy=instances.account.document(allow))
    if is_accepted:
        instances.start()
    else:
        assert instances.refused()[0] == "AuthFailure"


def test_fails_for_a_bucket_without_acls(instances: InstanceExporter) -> None:
    instances.own("BucketOwnerEnforced")
    assert instances.refused()[0] == "AuthFailure"
    instances.account.bucket("as-made")
    assert instances.refused(target={"S3Bucket": "as-made"})[0] == "AuthFailure"


def test_fails_to_set_an_acl_on_a_bucket_without_acls(instances: InstanceExporter) -> None:
    instances.own("BucketOwnerEnforced")
    code, message = instances.account.refused(instances.grant, grantee=CANONICAL_ID)
    assert (code, message) == ("AccessControlListNotSupported", "The bucket does not allow ACLs")
    instances.account.bucket("as-made")
    code, _ = instances.account.refused(instances.s3.put_bucket_acl, Bucket="as-made", ACL="private")
    assert code == "AccessControlListNotSupported"
    code, _ = instances.account.refused(instances.s3.put_bucket_acl, Bucket="nobodys", ACL="private")
    assert code == "NoSuchBucket"


@pytest.mark.parametrize(
    ("region", "beginning"),
    [("eu-west-1", "c4d8"), ("eu-south-1", "0463"), ("us-gov-west-1", "af91"), ("cn-northwest-1", "834b")],
)
def test_some_regions_have_their_own_account(region: str, beginning: str) -> None:
    assert canonical_id(region).startswith(beginning)


def test_fails_for_a_bucket_in_another_region(instances: InstanceExporter) -> None:
    instances.account.bucket("far-away", "us-west-2")
    code, message = instances.refused(target={"S3Bucket": "far-away"})
    assert (code, message) == ("InvalidParameter", "The given S3 object is not local to the region.")
