"""The stand-ins for copies of AMIs, launch permissions, volumes and attachments, over the sandbox's AWS."""

from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_vmimport_sandbox import AwsSandbox, SandboxClock
from pulumi_vmimport_sandbox.standins import aws_functions, aws_images, aws_volumes
from pulumi_vmimport_sandbox.standins.aws_client import Aws
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected

HERE, THERE = "eu-west-1", "us-west-2"
OTHER = "210987654321"
ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-exampleorgid"
UNIT = "arn:aws:organizations::123456789012:ou/o-exampleorgid/ou-examplerootid111-exampleouid111"


@pytest.fixture(scope="module")
def running() -> Iterator[AwsSandbox]:
    with AwsSandbox(clock=SandboxClock.stepped(), region=HERE) as running:
        yield running


@pytest.fixture
def sandbox(running: AwsSandbox) -> AwsSandbox:
    """With nothing in it, and where copies are done at once: nobody moves the clock while a stand-in waits."""
    running.reset()
    running.settings.copy_image_seconds = 0
    return running


@pytest.fixture
def aws(sandbox: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    return Aws({"region": HERE, "accessKey": sandbox.access_key, "secretKey": sandbox.secret_key})


@pytest.fixture
def image_id(sandbox: AwsSandbox) -> str:
    return str(sandbox.client("ec2").register_image(Name="source")["ImageId"])


@pytest.fixture
def copy_inputs(image_id: str) -> dict[str, Any]:
    return {
        "name": "copy",
        "sourceAmiId": image_id,
        "sourceAmiRegion": HERE,
        "region": THERE,
        "description": "of web",
        "tags": {"team": "web"},
    }


def _made(kind: Any, aws: Aws, inputs: dict[str, Any]) -> str:
    id = str(kind.create(aws, inputs))
    kind.configure(aws, id, inputs)
    return id


def _instance(sandbox: AwsSandbox, image_id: str, zone: str = f"{HERE}a") -> str:
    request = {"ImageId": image_id, "MinCount": 1, "MaxCount": 1, "Placement": {"AvailabilityZone": zone}}
    return str(sandbox.client("ec2").run_instances(**request)["Instances"][0]["InstanceId"])


def test_a_copy_is_created_read_updated_and_deleted_in_its_region(
    aws: Aws, sandbox: AwsSandbox, copy_inputs: dict[str, Any]
) -> None:
    kind, before = aws_images.AmiCopy(), sandbox.remaining_resources()
    id = _made(kind, aws, copy_inputs)
    live = kind.read(aws, id, copy_inputs)
    assert {name: live[name] for name in ("name", "description", "region", "tags")} == {
        "name": "copy",
        "description": "of web",
        "region": THERE,
        "tags": {"team": "web"},
    }
    assert live["arn"] == f"arn:aws:ec2:{THERE}::image/{id}"
    assert live["rootSnapshotId"].startswith("snap-")
    changed = {**copy_inputs, "description": "of shop", "tags": {"cost": "1"}}
    kind.update(aws, id, copy_inputs, changed)
    live = kind.read(aws, id, changed)
    assert (live["description"], live["tags"]) == ("of shop", {"cost": "1"})
    kind.delete(aws, id, changed)
    assert sandbox.remaining_resources() == before
    with pytest.raises(NotFound):
        kind.read(aws, id, changed)
    with pytest.raises(NotFound):
        kind.delete(aws, id, changed)


def test_fails_when_the_copy_fails(aws: Aws, copy_inputs: dict[str, Any]) -> None:
    inputs = {**copy_inputs, "encrypted": True, "kmsKeyId": "11111111-2222-3333-4444-555555555555"}
    with pytest.raises(Rejected, match=r"EC2 AMI \(ami-\w+\) create: unexpected state 'failed': .*not accessible"):
        _made(aws_images.AmiCopy(), aws, inputs)


@pytest.mark.parametrize(
    ("name", "value", "member"),
    [
        ("accountId", OTHER, "UserId"),
        ("group", "all", "Group"),
        ("organizationArn", ORGANIZATION, "OrganizationArn"),
        ("organizationalUnitArn", UNIT, "OrganizationalUnitArn"),
    ],
)
def test_a_launch_permission_of_each_kind(
    aws: Aws, sandbox: AwsSandbox, image_id: str, name: str, value: str, member: str
) -> None:
    kind, ec2, inputs = aws_images.AmiLaunchPermission(), sandbox.client("ec2"), {"imageId": image_id, name: value}
    id = _made(kind, aws, inputs)
    assert ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"] == [
        {member: value}
    ]
    assert kind.read(aws, id, {}) == {**inputs, "region": HERE}  # the id is enough: so is it imported
    kind.delete(aws, id, inputs)
    with pytest.raises(NotFound):
        kind.read(aws, id, inputs)


def test_the_id_of_an_accounts_permission_is_that_of_the_real_provider(aws: Aws, image_id: str) -> None:
    inputs = {"imageId": image_id, "accountId": OTHER}
    assert aws_images.AmiLaunchPermission().create(aws, inputs) == f"{OTHER}-{image_id}"
    with pytest.raises(Rejected, match="expected <account id>-<AMI id>"):
        aws_images.AmiLaunchPermission().read(aws, image_id, {})


@pytest.mark.parametrize(
    ("grantees", "reported"),
    [({}, ["got none"]), ({"accountId": OTHER, "group": "all"}, ["got accountId, group"]), ({"group": "all"}, [])],
)
def test_a_launch_permission_has_exactly_one_grantee(grantees: dict[str, str], reported: list[str]) -> None:
    problems = list(aws_images.AmiLaunchPermission().problems({}, {"imageId": "ami-0", **grantees}))
    assert [
        reason.rpartition(", ")[2] if "got none" in reason else reason[reason.index("got") :] for _, reason in problems
    ] == reported


def test_a_permission_does_not_exist_without_its_image(aws: Aws, sandbox: AwsSandbox, image_id: str) -> None:
    kind, inputs = aws_images.AmiLaunchPermission(), {"imageId": image_id, "accountId": OTHER}
    id = kind.create(aws, inputs)
    sandbox.client("ec2").deregister_image(ImageId=image_id)
    for ask in (kind.read, kind.delete):
        with pytest.raises(NotFound):
            ask(aws, id, inputs)


def test_a_volume_is_created_from_a_snapshot_extended_and_deleted(aws: Aws, sandbox: AwsSandbox) -> None:
    ebs = sandbox.client("ebs")
    snapshot = ebs.start_snapshot(VolumeSize=8)["SnapshotId"]
    ebs.complete_snapshot(SnapshotId=snapshot, ChangedBlocksCount=0)
    sandbox.clock.advance(sandbox.settings.complete_snapshot_seconds)
    kind, inputs = aws_volumes.EbsVolume(), {"availabilityZone": f"{HERE}a", "snapshotId": snapshot, "tags": {"a": "1"}}
    before = sandbox.remaining_resources()
    id = _made(kind, aws, inputs)
    live = kind.read(aws, id, inputs)
    assert (live["size"], live["snapshotId"], live["availabilityZone"]) == (8, snapshot, f"{HERE}a")
    assert live["arn"] == f"arn:aws:ec2:{HERE}:123456789012:volume/{id}"
    changed = {**inputs, "size": 20, "type": "gp3", "tags": {"b": "2"}}
    kind.update(aws, id, inputs, changed)
    live = kind.read(aws, id, changed)
    assert (live["size"], live["type"], live["tags"]) == (20, "gp3", {"b": "2"})
    kind.delete(aws, id, changed)
    assert sandbox.remaining_resources() == before
    with pytest.raises(NotFound):
        kind.read(aws, id, changed)


def test_a_final_snapshot_is_created_on_request(aws: Aws, sandbox: AwsSandbox) -> None:
    kind, inputs = aws_volumes.EbsVolume(), {"availabilityZone": f"{HERE}a", "size": 1}
    kind.delete(aws, kind.create(aws, inputs), {**inputs, "finalSnapshot": True})
    assert [line.split()[2] for line in sandbox.remaining_resources()] == ["snapshot"]


def test_a_volume_requires_a_size_or_a_snapshot() -> None:
    kind = aws_volumes.EbsVolume()
    assert [path for path, _ in kind.problems({}, {"availabilityZone": "z"})] == ["size"]
    assert list(kind.problems({}, {"availabilityZone": "z", "snapshotId": "snap-0"})) == []


def test_a_volume_is_attached_and_detached(aws: Aws, sandbox: AwsSandbox, image_id: str) -> None:
    instance = _instance(sandbox, image_id)
    volume = aws_volumes.EbsVolume().create(aws, {"availabilityZone": f"{HERE}a", "size": 1})
    kind = aws_volumes.VolumeAttachment()
    inputs = {"deviceName": "/dev/sdf", "instanceId": instance, "volumeId": volume}
    id = kind.create(aws, inputs)
    assert id.startswith("vai-")
    assert kind.read(aws, id, inputs) == {**inputs, "region": HERE}
    kind.delete(aws, id, {**inputs, "skipDestroy": True})
    assert kind.read(aws, id, inputs)
    kind.delete(aws, id, {**inputs, "stopInstanceBeforeDetaching": True})
    [found] = sandbox.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert found["State"]["Name"] == "stopped"
    for ask in (kind.read, kind.delete):
        with pytest.raises(NotFound):
            ask(aws, id, inputs)
    with pytest.raises(Rejected, match="cannot import aws:ec2/volumeAttachment"):
        kind.read(aws, id, {})


def test_fails_to_attach_across_zones_with_the_message_of_ec2(aws: Aws, sandbox: AwsSandbox, image_id: str) -> None:
    instance = _instance(sandbox, image_id, f"{HERE}b")
    volume = aws_volumes.EbsVolume().create(aws, {"availabilityZone": f"{HERE}a", "size": 1})
    inputs = {"deviceName": "/dev/sdf", "instanceId": instance, "volumeId": volume}
    with pytest.raises(
        Rejected, match=r"AttachVolume: InvalidVolume\.ZoneMismatch: The volume 'vol-.* is not in the same"
    ):
        aws_volumes.VolumeAttachment().create(aws, inputs)


def test_an_instance_has_its_zone(aws: Aws, sandbox: AwsSandbox, image_id: str) -> None:
    instance = _instance(sandbox, image_id, f"{HERE}b")
    found = aws_functions.instance(aws, {"instanceId": instance, "getUserData": False})
    assert (found["id"], found["availabilityZone"], found["ami"]) == (instance, f"{HERE}b", image_id)
    with pytest.raises(Rejected, match=r"reading EC2 Instance \(i-0\): DescribeInstances: InvalidInstanceID"):
        aws_functions.instance(aws, {"instanceId": "i-0"})
    with pytest.raises(Rejected, match="does not support filters"):
        aws_functions.instance(aws, {"filters": [{"name": "tag:a", "values": ["b"]}]})
