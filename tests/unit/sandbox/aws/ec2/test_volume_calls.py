"""Volumes: what they are made from, and where they can be attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

ZONE, OTHER_ZONE = "eu-west-1a", "eu-west-1b"


@pytest.fixture
def snapshot_id(account: Account) -> str:
    """A snapshot of 8 GiB."""
    ebs = account.aws.client("ebs")
    made = str(ebs.start_snapshot(VolumeSize=8)["SnapshotId"])
    ebs.complete_snapshot(SnapshotId=made, ChangedBlocksCount=0)
    account.aws.clock.advance(account.aws.settings.complete_snapshot_seconds)
    return made


def _instance(account: Account, zone: str) -> str:
    image_id = account.ec2.register_image(Name="any")["ImageId"]
    made = account.ec2.run_instances(ImageId=image_id, MinCount=1, MaxCount=1, Placement={"AvailabilityZone": zone})
    return str(made["Instances"][0]["InstanceId"])


def _volume(account: Account, zone: str = ZONE, **parameters: Any) -> str:
    return str(account.ec2.create_volume(AvailabilityZone=zone, **parameters)["VolumeId"])


def test_a_volume_has_the_size_of_its_snapshot_or_more(account: Account, snapshot_id: str) -> None:
    made = [_volume(account, SnapshotId=snapshot_id), _volume(account, SnapshotId=snapshot_id, Size=20)]
    sizes = {found["VolumeId"]: found["Size"] for found in account.ec2.describe_volumes(VolumeIds=made)["Volumes"]}
    assert sizes == dict(zip(made, (8, 20), strict=True))
    request = {"AvailabilityZone": ZONE, "SnapshotId": snapshot_id, "Size": 7}
    assert account.refused(account.ec2.create_volume, **request)[0] == "InvalidParameterValue"


def test_fails_to_create_a_volume_from_a_pending_snapshot(account: Account, aws: AwsSandbox) -> None:
    pending = aws.client("ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    request = {"AvailabilityZone": ZONE, "SnapshotId": pending}
    assert account.refused(account.ec2.create_volume, **request) == (
        "IncorrectState",
        "Snapshot is in invalid state - pending",
    )


def test_fails_to_create_a_volume_in_a_zone_of_another_region(account: Account) -> None:
    request = {"AvailabilityZone": "us-west-2a", "Size": 1}
    assert account.refused(account.ec2.create_volume, **request)[0] == "InvalidZone.NotFound"


def test_a_volume_is_attached_only_in_its_zone(account: Account, snapshot_id: str) -> None:
    volume, here, elsewhere = (
        _volume(account, SnapshotId=snapshot_id),
        *(_instance(account, zone) for zone in (ZONE, OTHER_ZONE)),
    )
    code, message = account.refused(account.ec2.attach_volume, VolumeId=volume, InstanceId=elsewhere, Device="/dev/sdf")
    assert code == "InvalidVolume.ZoneMismatch"
    assert message == f"The volume '{volume}' is not in the same availability zone as instance '{elsewhere}'"
    account.ec2.attach_volume(VolumeId=volume, InstanceId=here, Device="/dev/sdf")
    [found] = account.ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert [(a["InstanceId"], a["Device"], a["State"]) for a in found["Attachments"]] == [
        (here, "/dev/sdf", "attached")
    ]


@pytest.mark.parametrize(("conflict", "code"), [("volume", "VolumeInUse"), ("device", "InvalidParameterValue")])
def test_fails_to_attach_twice(account: Account, conflict: str, code: str) -> None:
    instance, first = _instance(account, ZONE), _volume(account, Size=1)
    account.ec2.attach_volume(VolumeId=first, InstanceId=instance, Device="/dev/sdf")
    second = {
        "volume": {"VolumeId": first, "Device": "/dev/sdg"},
        "device": {"VolumeId": _volume(account, Size=1), "Device": "/dev/sdf"},
    }[conflict]
    assert account.refused(account.ec2.attach_volume, InstanceId=instance, **second)[0] == code
