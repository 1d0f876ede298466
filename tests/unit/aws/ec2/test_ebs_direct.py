import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_direct

SNAPSHOT = "snap-0123456789abcdef0"
DIGEST = hashlib.sha256(b"block").digest()
Stub = Callable[..., Stubber]


def snapshot(id: str = SNAPSHOT) -> dict[str, Any]:
    return {"SnapshotId": id, "State": "pending", "VolumeSize": 8}


def test_a_snapshot_starts_with_token_tags_and_the_longest_timeout(aws: AwsConnection, stub: Stub) -> None:
    stub("ebs").add_response(
        "start_snapshot",
        {"SnapshotId": SNAPSHOT},
        {"VolumeSize": 8, "ClientToken": "token", "Tags": [{"Key": "team", "Value": "blue"}], "Timeout": 4320},
    )
    id = ebs_direct.start(
        aws, volume_size=8, token="token", tags={"team": "blue"}, description=None, encrypted=None, kms_key_arn=None
    )
    assert id == SNAPSHOT


def test_optional_members_are_sent_if_they_are_set(aws: AwsConnection, stub: Stub) -> None:
    stub("ebs").add_response(
        "start_snapshot",
        {"SnapshotId": SNAPSHOT},
        {
            **dict.fromkeys(("VolumeSize", "ClientToken", "Tags", "Timeout"), ANY),
            "Description": "web",
            "Encrypted": False,
            "KmsKeyArn": "arn:key",
        },
    )
    ebs_direct.start(aws, volume_size=8, token="t", tags={}, description="web", encrypted=False, kms_key_arn="arn:key")


def test_a_block_is_sent_with_its_checksum(aws: AwsConnection, stub: Stub) -> None:
    stub("ebs").add_response(
        "put_snapshot_block",
        {},
        {
            "SnapshotId": SNAPSHOT,
            "BlockIndex": 7,
            "BlockData": b"block",
            "DataLength": 5,
            "Progress": 42,
            "Checksum": base64.b64encode(DIGEST).decode(),
            "ChecksumAlgorithm": "SHA256",
        },
    )
    ebs_direct.put_block(aws.client("ebs"), SNAPSHOT, 7, b"block", DIGEST, percent=42)


def test_a_seal_has_what_complete_sends(aws: AwsConnection, stub: Stub) -> None:
    seal = ebs_direct.format_seal(12, DIGEST)
    assert ebs_direct.sealed_block_count(seal) == 12
    stub("ebs").add_response(
        "complete_snapshot",
        {"Status": "pending"},
        {
            "SnapshotId": SNAPSHOT,
            "ChangedBlocksCount": 12,
            "Checksum": base64.b64encode(DIGEST).decode(),
            "ChecksumAlgorithm": "SHA256",
            "ChecksumAggregationMethod": "LINEAR",
        },
    )
    ebs_direct.complete(aws, SNAPSHOT, seal)


def test_snapshots_with_a_tag_are_found_on_every_page(aws: AwsConnection, stub: Stub) -> None:
    request = {"OwnerIds": ["self"], "Filters": [{"Name": "tag:team", "Values": ["blue"]}]}
    stub("ec2").add_response("describe_snapshots", {"Snapshots": [snapshot("snap-1")], "NextToken": "more"}, request)
    stub("ec2").add_response(
        "describe_snapshots", {"Snapshots": [snapshot("snap-2")]}, {**request, "NextToken": "more"}
    )
    assert [found.id for found in ebs_direct.find_by_tag(aws, "team", "blue")] == ["snap-1", "snap-2"]


def test_describe_sends_at_most_200_ids_in_a_filter(aws: AwsConnection, stub: Stub) -> None:
    ids = [f"snap-{number}" for number in range(201)]
    for batch in (ids[:200], ids[200:]):
        stub("ec2").add_response(
            "describe_snapshots",
            {"Snapshots": [snapshot(batch[0])]},
            {"OwnerIds": ["self"], "Filters": [{"Name": "snapshot-id", "Values": batch}]},
        )
    assert set(ebs_direct.describe(aws, ids)) == {"snap-0", "snap-200"}


@pytest.mark.parametrize(
    ("code", "is_unknown", "is_rejected"),
    [
        ("ResourceNotFoundException", True, False),
        ("ValidationException", False, True),
        ("AccessDeniedException", False, False),
    ],
)
def test_error_codes_of_ebs_are_classified(code: str, is_unknown: bool, is_rejected: bool) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "PutSnapshotBlock")
    assert (ebs_direct.is_unknown_snapshot(error), ebs_direct.is_rejected(error)) == (is_unknown, is_rejected)


def test_the_limits_are_those_of_ebs() -> None:
    assert ebs_direct.BLOCK_BYTES == 524288
    assert ebs_direct.MAX_GIB == 65536
