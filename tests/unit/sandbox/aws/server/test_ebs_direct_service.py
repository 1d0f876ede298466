"""The EBS direct APIs: what a snapshot takes, when, and what it holds then."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from pulumi_vmimport_sandbox.aws.ebs.snapshot_blocks import BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

PER_GIB = (1 << 30) // BLOCK_BYTES


class Writer:
    """Writes snapshots, as a client would."""

    def __init__(self, account: Account) -> None:
        self.aws, self.ec2, self.refused = account.aws, account.ec2, account.refused
        self.ebs = account.aws.client("ebs")

    def start(self, **parameters: Any) -> str:
        return str(self.ebs.start_snapshot(**{"VolumeSize": 1, **parameters})["SnapshotId"])

    def block(self, snapshot_id: str, index: int, data: bytes, **parameters: Any) -> dict[str, Any]:
        """The parameters of a put."""
        data = data.ljust(BLOCK_BYTES, b"\0")
        return {
            "SnapshotId": snapshot_id,
            "BlockIndex": index,
            "BlockData": data,
            "DataLength": BLOCK_BYTES,
            "Checksum": self.base64(hashlib.sha256(data).digest()),
            "ChecksumAlgorithm": "SHA256",
            **parameters,
        }

    def put(self, snapshot_id: str, blocks: dict[int, bytes]) -> None:
        for index, data in blocks.items():
            self.ebs.put_snapshot_block(**self.block(snapshot_id, index, data))

    def complete(self, snapshot_id: str, count: int, **parameters: Any) -> str:
        answer = self.ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=count, **parameters)
        self.aws.clock.advance(self.aws.settings.complete_snapshot_seconds)
        return str(answer["Status"])

    def written(self, blocks: dict[int, bytes], **parameters: Any) -> str:
        """A completed snapshot."""
        snapshot_id = self.start(**parameters)
        self.put(snapshot_id, blocks)
        self.complete(snapshot_id, len(blocks))
        return snapshot_id

    def described(self, snapshot_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
        return found

    @staticmethod
    def base64(data: bytes) -> str:
        return base64.b64encode(data).decode()


@pytest.fixture
def writer(account: Account) -> Writer:
    return Writer(account)


def test_a_snapshot_contains_the_written_blocks_and_zeros_elsewhere(writer: Writer, aws: AwsSandbox) -> None:
    last = PER_GIB - 1
    snapshot_id = writer.written({3: b"three", last: b"last", 0: b"first"})
    record = aws.snapshot(snapshot_id)
    assert (record.status, record.volume_size, record.block_indexes) == ("completed", 1, (0, 3, last))
    with record.open() as volume:
        assert volume.read(8) == b"first\0\0\0"
        volume.seek(3 * BLOCK_BYTES - 2)
        assert volume.read(8) == b"\0\0three\0"
        volume.seek(last * BLOCK_BYTES)
        assert volume.read() == b"last".ljust(BLOCK_BYTES, b"\0")


def test_a_snapshot_is_pending_in_ec2_until_it_is_completed(writer: Writer, aws: AwsSandbox) -> None:
    snapshot_id = writer.start(Description="data", Tags=[{"Key": "team", "Value": "web"}], VolumeSize=8)
    writer.ebs.put_snapshot_block(**writer.block(snapshot_id, 0, b"x", Progress=40))
    shown = writer.described(snapshot_id)
    assert [shown[name] for name in ("State", "Progress", "VolumeSize", "Description", "Encrypted")] == [
        "pending", "40%", 8, "data", False
    ]  # fmt: skip
    assert shown["Tags"] == [{"Key": "team", "Value": "web"}]
    assert writer.ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1)["Status"] == "pending"
    assert writer.described(snapshot_id)["State"] == "pending"
    aws.clock.advance(aws.settings.complete_snapshot_seconds)
    assert (writer.described(snapshot_id)["State"], writer.described(snapshot_id)["Progress"]) == ("completed", "100%")


def test_start_returns_the_properties_of_the_snapshot(writer: Writer) -> None:
    tags = [{"Key": "team", "Value": "web"}]
    answer = writer.ebs.start_snapshot(VolumeSize=2, Description="data", Tags=tags)
    assert answer["BlockSize"] == BLOCK_BYTES
    assert [answer[name] for name in ("Status", "VolumeSize", "Description", "Tags")] == ["pending", 2, "data", tags]


def test_a_block_that_is_written_twice_is_overwritten_and_counts_once(writer: Writer, aws: AwsSandbox) -> None:
    snapshot_id = writer.start()
    writer.put(snapshot_id, {5: b"old"})
    writer.put(snapshot_id, {5: b"new"})
    writer.complete(snapshot_id, 1)
    with aws.snapshot(snapshot_id).open() as volume:
        volume.seek(5 * BLOCK_BYTES)
        assert volume.read(3) == b"new"


def test_complete_compares_the_checksum_of_checksums_in_index_order(writer: Writer) -> None:
    snapshot_id = writer.start()
    writer.put(snapshot_id, {9: b"b", 2: b"a"})
    digests = [hashlib.sha256(data.ljust(BLOCK_BYTES, b"\0")).digest() for data in (b"a", b"b")]
    linear = {"ChecksumAlgorithm": "SHA256", "ChecksumAggregationMethod": "LINEAR"}
    wrong = writer.base64(hashlib.sha256(b"".join(reversed(digests))).digest())
    request = {"SnapshotId": snapshot_id, "ChangedBlocksCount": 2}
    assert writer.refused(writer.ebs.complete_snapshot, **request, **linear, Checksum=wrong)[0] == "ValidationException"
    assert writer.described(snapshot_id)["State"] == "pending"
    right = writer.base64(hashlib.sha256(b"".join(digests)).digest())
    assert writer.complete(snapshot_id, 2, **linear, Checksum=right) == "pending"
    assert writer.described(snapshot_id)["State"] == "completed"


def test_fails_to_complete_with_another_number_of_blocks(writer: Writer) -> None:
    snapshot_id = writer.start()
    writer.put(snapshot_id, {0: b"a"})
    code, message = writer.refused(writer.ebs.complete_snapshot, SnapshotId=snapshot_id, ChangedBlocksCount=2)
    assert (code, "1 blocks were written" in message) == ("ValidationException", True)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        pytest.param({"Checksum": "AAAA"}, "The checksum does not match", id="checksum of something else"),
        pytest.param({"BlockIndex": PER_GIB}, "Block 2048 is beyond the 1 GiB", id="beyond the volume"),
        pytest.param({"BlockData": b"short"}, "Failed to read block data", id="a short block"),
        pytest.param({"DataLength": 4096}, "expected 524288, got 4096", id="another length"),
        pytest.param({"ChecksumAlgorithm": "MD5"}, "ChecksumAlgorithm: 'MD5'", id="another algorithm"),
    ],
)
def test_fails_for_an_invalid_block(writer: Writer, aws: AwsSandbox, parameters: dict[str, Any], words: str) -> None:
    snapshot_id = writer.start()
    block = writer.block(snapshot_id, 0, b"data", **parameters)
    code, message = writer.refused(writer.ebs.put_snapshot_block, **block)
    assert (code, words in message) == ("ValidationException", True), message
    assert aws.snapshot(snapshot_id).block_indexes == ()


def test_an_error_has_a_reason_of_the_service_model(writer: Writer) -> None:
    with pytest.raises(writer.ebs.exceptions.ResourceNotFoundException) as caught:
        writer.ebs.complete_snapshot(SnapshotId="snap-0123", ChangedBlocksCount=0)
    assert caught.value.response["Reason"] == "SNAPSHOT_NOT_FOUND"


@pytest.mark.parametrize("write", ["put", "complete"])
def test_a_completed_snapshot_accepts_no_more_blocks(writer: Writer, write: str) -> None:
    snapshot_id = writer.start()
    writer.ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=0)  # sealed at once, completed later
    calls: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "put": (writer.ebs.put_snapshot_block, writer.block(snapshot_id, 0, b"late")),
        "complete": (writer.ebs.complete_snapshot, {"SnapshotId": snapshot_id, "ChangedBlocksCount": 0}),
    }
    call, parameters = calls[write]
    assert writer.refused(call, **parameters)[0] == "ValidationException"


def test_a_snapshot_without_writes_is_cancelled_after_its_timeout(writer: Writer, aws: AwsSandbox) -> None:
    snapshot_id = writer.start(Timeout=10)
    aws.clock.advance(9 * 60)
    writer.put(snapshot_id, {0: b"a"})  # restarts the timeout
    aws.clock.advance(9 * 60)
    assert writer.described(snapshot_id)["State"] == "pending"
    aws.clock.advance(60)
    shown = writer.described(snapshot_id)
    assert (shown["State"], shown["StateMessage"]) == ("error", "The snapshot was not completed in time")
    with pytest.raises(writer.ebs.exceptions.ValidationException) as caught:
        writer.put(snapshot_id, {1: b"b"})
    assert caught.value.response["Reason"] == "WRITE_REQUEST_TIMEOUT"


def test_a_client_token_gives_the_same_snapshot(writer: Writer, aws: AwsSandbox) -> None:
    first = writer.start(ClientToken="once", Description="d")
    assert writer.start(ClientToken="once", Description="d") == first
    code, _ = writer.refused(writer.ebs.start_snapshot, VolumeSize=2, ClientToken="once", Description="d")
    assert code == "ConflictException"
    writer.ec2.delete_snapshot(SnapshotId=first)
    assert writer.start(ClientToken="once", Description="d") == first  # the result of the original request
    aws.clock.advance(aws.settings.client_token_seconds)
    assert writer.start(ClientToken="once", Description="d") != first


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({"VolumeSize": 65537}, "ValidationException", id="more than 64 TiB"),
        pytest.param({"Timeout": 9}, "ValidationException", id="a time-out of less than ten minutes"),
        pytest.param({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "ValidationException", id="a reserved tag"),
        pytest.param({"ParentSnapshotId": "snap-0"}, "ResourceNotFoundException", id="no such parent"),
        pytest.param({"KmsKeyArn": "k"}, "ValidationException", id="a key that is no ARN"),
        pytest.param(
            {"KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/none", "Encrypted": True},
            "ValidationException",
            id="no such key",
        ),
    ],
)
def test_fails_to_start_with_invalid_parameters(account: Account, parameters: dict[str, Any], code: str) -> None:
    ebs = account.aws.client("ebs", config=Config(parameter_validation=False))
    assert account.refused(ebs.start_snapshot, **{"VolumeSize": 1, **parameters})[0] == code


def test_fails_to_start_more_pending_snapshots_than_the_quota(writer: Writer, aws: AwsSandbox) -> None:
    aws.settings.pending_snapshot_quota = 1
    first = writer.start()
    code, _ = writer.refused(writer.ebs.start_snapshot, VolumeSize=1)
    assert code == "ConcurrentLimitExceededException"
    writer.complete(first, 0)
    assert writer.start()


@pytest.mark.parametrize("requested", ["own key", "default key", "default of the account", "none"])
def test_a_snapshot_is_encrypted_on_request(account: Account, writer: Writer, aws: AwsSandbox, requested: str) -> None:
    own = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    parameters: dict[str, dict[str, Any]] = {
        "own key": {"Encrypted": True, "KmsKeyArn": own},
        "default key": {"Encrypted": True},
    }
    if requested == "default of the account":
        account.ec2.enable_ebs_encryption_by_default()
    answer = writer.ebs.start_snapshot(VolumeSize=1, **parameters.get(requested, {}))
    shown = writer.described(answer["SnapshotId"])
    assert shown["Encrypted"] is (requested != "none")
    assert answer.get("KmsKeyArn") == shown.get("KmsKeyId")
    assert (answer.get("KmsKeyArn") == own) is (requested == "own key")


def test_blocks_are_listed_and_read_once_the_snapshot_is_completed(writer: Writer) -> None:
    snapshot_id = writer.start()
    writer.put(snapshot_id, {7: b"seven", 1: b"one"})
    code, message = writer.refused(writer.ebs.list_snapshot_blocks, SnapshotId=snapshot_id)
    assert (code, "pending" in message) == ("ValidationException", True)
    writer.complete(snapshot_id, 2)
    listed = writer.ebs.list_snapshot_blocks(SnapshotId=snapshot_id)
    assert [block["BlockIndex"] for block in listed["Blocks"]] == [1, 7]
    assert (listed["VolumeSize"], listed["BlockSize"]) == (1, BLOCK_BYTES)
    token = listed["Blocks"][1]["BlockToken"]
    read = writer.ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=7, BlockToken=token)
    data = read["BlockData"].read()
    assert data.rstrip(b"\0") == b"seven"
    assert read["Checksum"] == writer.base64(hashlib.sha256(data).digest())
    wrong = {"SnapshotId": snapshot_id, "BlockIndex": 1, "BlockToken": token}
    assert writer.refused(writer.ebs.get_snapshot_block, **wrong)[0] == "ValidationException"


def test_pages_have_the_requested_size(writer: Writer) -> None:
    snapshot_id = writer.written(dict.fromkeys(range(150), b"x"))
    first = writer.ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100)
    second = writer.ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100, NextToken=first["NextToken"])
    indexes = [block["BlockIndex"] for page in (first, second) for block in page["Blocks"]]
    assert (len(first["Blocks"]), indexes, "NextToken" in second) == (100, list(range(150)), False)
    rest = writer.ebs.list_snapshot_blocks(SnapshotId=snapshot_id, StartingBlockIndex=140)
    assert len(rest["Blocks"]) == 10


def test_a_child_has_its_parents_blocks_and_lists_changed_blocks(writer: Writer, aws: AwsSandbox) -> None:
    parent = writer.written({0: b"kept", 1: b"old"})
    child = writer.written({1: b"new", 4: b"more"}, ParentSnapshotId=parent)
    with aws.snapshot(child).open() as volume:
        assert volume.read(4) == b"kept"
    changed = writer.ebs.list_changed_blocks(FirstSnapshotId=parent, SecondSnapshotId=child)["ChangedBlocks"]
    assert [block["BlockIndex"] for block in changed] == [1, 4]
    assert ["FirstBlockToken" in block for block in changed] == [True, False]
    request = {"FirstSnapshotId": writer.written({}), "SecondSnapshotId": child}
    assert writer.refused(writer.ebs.list_changed_blocks, **request)[0] == "ValidationException"


@pytest.mark.parametrize("state", ["pending", "completed"])
def test_delete_snapshot_deletes_a_written_snapshot(writer: Writer, aws: AwsSandbox, state: str) -> None:
    snapshot_id = writer.start(Description="d")
    if state == "completed":
        writer.complete(snapshot_id, 0)
    assert aws.remaining_resources() == [f"ec2 eu-west-1 snapshot {snapshot_id} (d)"]
    writer.ec2.delete_snapshot(SnapshotId=snapshot_id)
    assert aws.remaining_resources() == []
    code, _ = writer.refused(writer.ebs.put_snapshot_block, **writer.block(snapshot_id, 0, b"late"))
    assert code == "ResourceNotFoundException"
    with pytest.raises(KeyError, match=snapshot_id):
        aws.snapshot(snapshot_id)


def test_a_snapshot_exists_only_in_its_region(writer: Writer, aws: AwsSandbox) -> None:
    far = aws.client("ebs", "us-west-2").start_snapshot(VolumeSize=1)["SnapshotId"]
    assert aws.snapshot(far, "us-west-2").region == "us-west-2"
    code, _ = writer.refused(writer.ebs.complete_snapshot, SnapshotId=far, ChangedBlocksCount=0)
    assert code == "ResourceNotFoundException"


def test_calls_are_recorded_and_affected_by_faults(writer: Writer, aws: AwsSandbox) -> None:
    snapshot_id = writer.start()
    aws.faults.throttle("PutSnapshotBlock")
    block = writer.block(snapshot_id, 0, b"x")
    assert writer.refused(writer.ebs.put_snapshot_block, **block)[0] == "RequestThrottledException"
    aws.faults.error("PutSnapshotBlock", "ServiceQuotaExceededException", "Too many.", status=402)
    assert writer.refused(writer.ebs.put_snapshot_block, **block) == ("ServiceQuotaExceededException", "Too many.")
    aws.faults.deny("ebs:CompleteSnapshot")
    complete = {"SnapshotId": snapshot_id, "ChangedBlocksCount": 0}
    assert writer.refused(writer.ebs.complete_snapshot, **complete)[0] == "AccessDeniedException"
    assert [(call.service, call.operation, call.is_write) for call in aws.calls] == [
        ("ebs", "StartSnapshot", True),
        ("ebs", "PutSnapshotBlock", True),
        ("ebs", "PutSnapshotBlock", True),
        ("ebs", "CompleteSnapshot", True),
    ]
    assert aws.calls[1].path == f"/snapshots/{snapshot_id}/blocks/0"
