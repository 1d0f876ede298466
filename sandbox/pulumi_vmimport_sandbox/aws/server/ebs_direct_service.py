"""The EBS direct APIs. moto's implementation lacks checksums and states and holds every block in memory.

Source: https://docs.aws.amazon.com/ebs/latest/APIReference/Welcome.html. Messages are assumed.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends

from pulumi_vmimport_sandbox.aws.core.access_keys import account_of
from pulumi_vmimport_sandbox.aws.core.call_log import INCOMING_CALL, IncomingCall
from pulumi_vmimport_sandbox.aws.core.client_tokens import IdempotentParameterMismatch
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError
from pulumi_vmimport_sandbox.aws.ebs import ebs_protocol
from pulumi_vmimport_sandbox.aws.ebs.ebs_protocol import invalid
from pulumi_vmimport_sandbox.aws.ebs.simulated_snapshot import SimulatedSnapshot
from pulumi_vmimport_sandbox.aws.ebs.snapshot_blocks import BLOCK_BYTES
from pulumi_vmimport_sandbox.aws.kms.ebs_keys import default_key
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key
from pulumi_vmimport_sandbox.aws.server.completion import complete

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MOST_GIB = 65536
_TAGS = 50
_SHA256 = "SHA256"
_TOKEN_SECONDS = 7 * 86400  # https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-faq.html
_PAGE = 10_000


class EbsDirectService:
    """A WSGI application for the service `ebs`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._operations = {
            "StartSnapshot": self._start,
            "PutSnapshotBlock": self._put,
            "CompleteSnapshot": self._complete,
            "ListSnapshotBlocks": self._list,
            "ListChangedBlocks": self._list_changed,
            "GetSnapshotBlock": self._get,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        incoming: IncomingCall = environ[INCOMING_CALL]
        operation = incoming.call.operation
        if operation not in self._operations:
            raise WireError(HTTPStatus.NOT_FOUND, "UnknownOperationException", operation)
        account_region = AccountRegion(account_of(incoming.access_key), incoming.call.region)
        request = ebs_protocol.parameters(environ, operation)
        if operation == "PutSnapshotBlock":
            _check_block(request)  # hashing takes time: not under the lock
        with self._cloud.lock:
            complete(self._cloud)
            answer = self._operations[operation](account_region, request)
        return ebs_protocol.respond(operation, answer, start_response)

    def _start(self, account_region: AccountRegion, request: Mapping[str, Any]) -> dict[str, Any]:
        tokens, since = self._cloud.client_tokens, self._cloud.now - self._cloud.settings.client_token_seconds
        try:
            known = tokens.answer(account_region, "StartSnapshot", request, since)
        except IdempotentParameterMismatch as error:
            text = "The request uses the same client token as a previous, but non-identical request."
            raise WireError(HTTPStatus.CONFLICT, "ConflictException", text) from error
        if known:
            return dict(known)
        parent = self._parent(account_region, request)
        encrypted, key = self._encryption(account_region, request, parent)
        tags = _tags(request)
        self._require_quota(account_region)
        wanted = {**request, "Encrypted": encrypted, "KmsKeyArn": key}
        ec2 = ec2_backends[account_region.account][account_region.region]
        snapshot = SimulatedSnapshot(ec2, wanted, parent, self._cloud.now)
        ec2.snapshots[snapshot.id] = snapshot
        snapshot.add_tags(tags)
        answer = {
            "SnapshotId": snapshot.id,
            "OwnerId": account_region.account,
            "Status": snapshot.status,
            "StartTime": self._cloud.now,
            "VolumeSize": snapshot.volume_size,
            "BlockSize": BLOCK_BYTES,
            "Description": request.get("Description"),
            "ParentSnapshotId": snapshot.parent_id,
            "Tags": request.get("Tags"),
            "KmsKeyArn": key,
        }
        tokens.remember(account_region, "StartSnapshot", request, answer, self._cloud.now)
        return answer

    def _put(self, account_region: AccountRegion, request: Mapping[str, Any]) -> dict[str, Any]:
        snapshot = self._open(account_region, request)
        index = request["BlockIndex"]
        if index >= snapshot.block_count:
            text = f"Block {index} is beyond the {snapshot.volume_size} GiB of {snapshot.id}"
            raise invalid("INVALID_BLOCK", text)
        digest = base64.b64decode(request["Checksum"])
        snapshot.put(index, request["BlockData"], digest, percent=request.get("Progress"), now=self._cloud.now)
        return {"Checksum": request["Checksum"], "ChecksumAlgorithm": _SHA256}

    def _complete(self, account_region: AccountRegion, request: Mapping[str, Any]) -> dict[str, Any]:
        snapshot = self._open(account_region, request)
        written = len(snapshot.blocks.written)
        if request["ChangedBlocksCount"] != written:
            text = f"ChangedBlocksCount is {request['ChangedBlocksCount']}, but {written} blocks were written"
            raise invalid("INVALID_PARAMETER_VALUE", text)
        checksum = request.get("Checksum")
        if checksum is not None:
            if request.get("ChecksumAlgorithm") != _SHA256 or request.get("ChecksumAggregationMethod") != "LINEAR":
                text = "Checksum requires ChecksumAlgorithm SHA256 and ChecksumAggregationMethod LINEAR"
                raise invalid("INVALID_DEPENDENCY_REQUEST", text)
            if checksum != _base64(snapshot.blocks.linear_checksum()):
                raise invalid("INVALID_PARAMETER_VALUE", "The checksum does not match that of the written blocks")
        snapshot.seal(at=self._cloud.now, seconds=self._cloud.settings.complete_snapshot_seconds)
        snapshot.update_state(self._cloud.now)
        return {"Status": snapshot.status}

    def _list(self, account_region: AccountRegion, request: Mapping[str, Any]) -> dict[str, Any]:
        snapshot, digests = self._readable(account_region, request["SnapshotId"])
        indexes, following = _page(list(digests), request)
        blocks = [{"BlockIndex": index, "BlockToken": _block_token(snapshot, index)} for index in indexes]
        return {"Blocks": blocks, "NextToken": following, **self._common(snapshot)}

    def _list_changed(self, account_region: AccountRegion, request: Mapping[str, Any]) -> dict[str, Any]:
        second, now = self._readable(account_region, request["SecondSnapshotId"])
        first: Any = second
        before: Mapping[int, bytes] = {}
        if request.get("FirstSnapshotId"):
            first, before = self._readable(account_region, request["FirstSnapshotId"])
            if first.id not in self._lineage(account_region, second.id):
                raise invalid("UNRELATED_SNAPSHOTS", f"{first.id} and {second.id} do not have the same lineage")
        changed = sorted(index for index in before.keys() | now.keys() if before.get(index) != now.get(index))
        indexes, following = _page(changed, request)
        blocks = [
            {
                "BlockIndex": index,
                **({"FirstBlockToken": _block_token(first, index)} if index in before else {}),
                **({"SecondBlockToken": _block_token(second, index)} if index in now else {}),
            }
            for index in indexes
        ]
        return {"ChangedBlocks": blocks, "NextToken": following, **self._common(second)}

    def _get(self, account_region: AccountRegion, request: Mapping[str, Any]) -> dict[str, Any]:
        snapshot, digests = self._readable(account_region, request["SnapshotId"])
        index = request["BlockIndex"]
        if index not in digests or request["BlockToken"] != _block_token(snapshot, index):
            raise invalid("INVALID_BLOCK_TOKEN", f"The token does not belong to block {index} of {snapshot.id}")
        return {
            "DataLength": BLOCK_BYTES,
            "BlockData": snapshot.blocks.get(index),
            "Checksum": _base64(digests[index]),
            "ChecksumAlgorithm": _SHA256,
        }

    def _snapshot(self, account_region: AccountRegion, snapshot_id: str) -> Any:
        found = ec2_backends[account_region.account][account_region.region].snapshots.get(snapshot_id)
        if found is None:
            text = f"The snapshot '{snapshot_id}' does not exist."
            raise WireError(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", text, "SNAPSHOT_NOT_FOUND")
        return found

    def _open(self, account_region: AccountRegion, request: Mapping[str, Any]) -> SimulatedSnapshot:
        found = self._snapshot(account_region, request["SnapshotId"])
        if not isinstance(found, SimulatedSnapshot) or not found.is_open:
            reason = "WRITE_REQUEST_TIMEOUT" if found.status == "error" else "INVALID_SNAPSHOT_ID"
            raise invalid(reason, f"The snapshot {found.id} is {found.status}; it accepts no more blocks")
        return found

    def _readable(self, account_region: AccountRegion, snapshot_id: str) -> tuple[Any, Mapping[int, bytes]]:
        """A completed snapshot and the digests of its blocks; snapshots of other APIs have no blocks in the sandbox."""
        found = self._snapshot(account_region, snapshot_id)
        if found.status != "completed":  # ebsapi-faq.html
            raise invalid("INVALID_SNAPSHOT_ID", f"The snapshot {snapshot_id} is {found.status}, not completed")
        return found, found.blocks.digests if isinstance(found, SimulatedSnapshot) else {}

    def _lineage(self, account_region: AccountRegion, snapshot_id: str | None) -> Iterator[str]:
        while snapshot_id:
            yield snapshot_id
            snapshot = ec2_backends[account_region.account][account_region.region].snapshots.get(snapshot_id)
            snapshot_id = getattr(snapshot, "parent_id", None)

    def _common(self, snapshot: Any) -> dict[str, Any]:
        expiry = self._cloud.now + _TOKEN_SECONDS
        return {"BlockSize": BLOCK_BYTES, "VolumeSize": snapshot.volume_size, "ExpiryTime": expiry}

    def _parent(self, account_region: AccountRegion, request: Mapping[str, Any]) -> Any:
        if request["VolumeSize"] > _MOST_GIB:
            text = f"VolumeSize: {request['VolumeSize']} is more than {_MOST_GIB} GiB"
            raise invalid("INVALID_VOLUME_SIZE", text)
        if not request.get("ParentSnapshotId"):
            return None
        parent, _ = self._readable(account_region, request["ParentSnapshotId"])
        if parent.volume_size > request["VolumeSize"]:
            raise invalid("INVALID_VOLUME_SIZE", f"VolumeSize is less than the {parent.volume_size} GiB of {parent.id}")
        return parent

    def _encryption(
        self, account_region: AccountRegion, request: Mapping[str, Any], parent: Any
    ) -> tuple[bool, str | None]:
        """Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebsapis-using-encryption.html."""
        ec2 = ec2_backends[account_region.account][account_region.region]
        by_default = bool(ec2.ebs_encryption_by_default)
        if parent:
            if {"Encrypted", "KmsKeyArn"} & request.keys() or (by_default and not parent.encrypted):
                text = "ParentSnapshotId excludes Encrypted and KmsKeyArn; with default encryption it must be encrypted"
                raise invalid("INVALID_DEPENDENCY_REQUEST", text)
            return bool(parent.encrypted), parent.kms_key_id
        name = request.get("KmsKeyArn")
        if not name:
            encrypted = bool(request.get("Encrypted")) or by_default
            return encrypted, default_key(ec2) if encrypted else None
        if not request.get("Encrypted"):
            raise invalid("INVALID_DEPENDENCY_REQUEST", "KmsKeyArn requires Encrypted")
        key = find_kms_key(account_region, name)
        if key is None or not key.is_usable:
            raise invalid("INVALID_CUSTOMER_KEY", f"The key {name} cannot be used")
        return True, key.arn

    def _require_quota(self, account_region: AccountRegion) -> None:
        snapshots = ec2_backends[account_region.account][account_region.region].snapshots.values()
        pending = sum(isinstance(s, SimulatedSnapshot) and s.status == "pending" for s in snapshots)
        if pending >= self._cloud.settings.pending_snapshot_quota:
            text = f"You have {pending} pending snapshots; the limit is {self._cloud.settings.pending_snapshot_quota}."
            raise WireError(HTTPStatus.BAD_REQUEST, "ConcurrentLimitExceededException", text)


def _check_block(request: Mapping[str, Any]) -> None:
    if request["DataLength"] != BLOCK_BYTES:
        raise invalid("INVALID_PARAMETER_VALUE", f"DataLength: expected {BLOCK_BYTES}, got {request['DataLength']}")
    if len(request["BlockData"]) != BLOCK_BYTES:  # message: nanovms/ops#1268
        raise invalid("INVALID_PARAMETER_VALUE", "Failed to read block data")
    if request["Checksum"] != _base64(hashlib.sha256(request["BlockData"]).digest()):
        raise invalid("INVALID_BLOCK", "The checksum does not match that of the block data")


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    tags = {tag.get("Key", ""): tag.get("Value", "") for tag in request.get("Tags") or []}
    if len(tags) > _TAGS or any(not key or key.startswith("aws:") for key in tags):
        raise invalid("INVALID_TAG", f"Tags: up to {_TAGS}, with keys that do not start with aws:")
    return tags


def _page(indexes: list[int], request: Mapping[str, Any]) -> tuple[list[int], str | None]:
    start = request.get("StartingBlockIndex", 0)
    if request.get("NextToken"):
        try:
            start = int(base64.b64decode(request["NextToken"]))
        except ValueError as error:
            raise invalid("INVALID_PAGE_TOKEN", "The token is invalid") from error
    rest = [index for index in indexes if index >= start]
    size = request.get("MaxResults", _PAGE)
    return rest[:size], _base64(str(rest[size]).encode()) if len(rest) > size else None


def _block_token(snapshot: Any, index: int) -> str:
    return _base64(hashlib.sha256(f"{snapshot.id}/{index}".encode()).digest())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
