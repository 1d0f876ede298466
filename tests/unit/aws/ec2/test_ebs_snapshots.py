from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_snapshots
from pulumi_vmimport.aws.ec2.ebs_snapshots import EbsSnapshot

SNAPSHOT = "snap-0123456789abcdef0"
NOT_FOUND = ["InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed"]
Stub = Callable[..., Stubber]


def test_a_snapshot_is_found_with_all_its_facts(aws: AwsConnection, stub: Stub) -> None:
    answer = {
        "SnapshotId": SNAPSHOT,
        "State": "completed",
        "VolumeSize": 8,
        "Description": "web",
        "Encrypted": True,
        "Tags": [{"Key": "team", "Value": "blue"}],
    }
    stub("ec2").add_response("describe_snapshots", {"Snapshots": [answer]}, {"SnapshotIds": [SNAPSHOT]})
    assert ebs_snapshots.find(aws, SNAPSHOT) == EbsSnapshot(SNAPSHOT, "completed", 8, "web", True, {"team": "blue"})


def test_absent_members_have_neutral_values() -> None:
    assert EbsSnapshot.read({"SnapshotId": SNAPSHOT}) == EbsSnapshot(SNAPSHOT, "", 0, "", False, {})


@pytest.mark.parametrize("code", NOT_FOUND)
def test_a_snapshot_that_does_not_exist_is_none_and_can_be_deleted(aws: AwsConnection, stub: Stub, code: str) -> None:
    stub("ec2").add_client_error("describe_snapshots", code)
    stub("ec2").add_client_error("delete_snapshot", code)
    assert ebs_snapshots.find(aws, SNAPSHOT) is None
    ebs_snapshots.delete(aws, SNAPSHOT)


def test_an_empty_answer_is_none(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("describe_snapshots", {"Snapshots": []}, {"SnapshotIds": [SNAPSHOT]})
    assert ebs_snapshots.find(aws, SNAPSHOT) is None


def test_fails_for_every_other_error(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_client_error("describe_snapshots", "UnauthorizedOperation")
    stub("ec2").add_client_error("delete_snapshot", "InvalidSnapshot.InUse")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ebs_snapshots.find(aws, SNAPSHOT)
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.InUse"):
        ebs_snapshots.delete(aws, SNAPSHOT)


def test_existing_snapshots_are_found_in_the_given_order(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "describe_snapshots",
        {"Snapshots": [{"SnapshotId": "snap-1"}, {"SnapshotId": "snap-3"}]},
        {"OwnerIds": ["self"], "Filters": [{"Name": "snapshot-id", "Values": ["snap-3", "snap-2", "snap-1"]}]},
    )
    assert ebs_snapshots.find_existing(aws, ["snap-3", "snap-2", "snap-1"]) == ("snap-3", "snap-1")


@pytest.mark.usefixtures("stub")
def test_no_snapshots_need_no_call(aws: AwsConnection) -> None:
    assert ebs_snapshots.find_existing(aws, []) == ()


def test_delete_names_the_snapshot(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("delete_snapshot", {}, {"SnapshotId": SNAPSHOT})
    ebs_snapshots.delete(aws, SNAPSHOT)
