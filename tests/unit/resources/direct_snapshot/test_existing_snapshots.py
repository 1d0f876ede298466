"""EBS snapshots that no stack manages, written by this library or made of a volume."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.resources.imported import REGION, adopt, existing

from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshotInputs
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot_lifecycle import DirectSnapshotLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = DirectSnapshotLifecycle()


@pytest.fixture
def inputs(tmp_path: Path) -> DirectSnapshotInputs:
    file = tmp_path / "data.raw"
    file.write_bytes(bytes(range(256)) * 4000)
    tags = {"team": "blue"}
    return DirectSnapshotInputs(region=REGION, file=str(file), description="data", volume_size=2, tags=tags)


def test_a_snapshot_of_this_library(run: Any, new_run: Any, inputs: DirectSnapshotInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    for id in (created.id, f"arn:aws:ec2:eu-west-1::snapshot/{created.id}"):
        found = existing("DirectSnapshot", new_run(), id)
        assert (found.id, found.problem, found.unread) == (created.id, None, set())
        assert found.changes(inputs) == set()
        assert (found.state.blocks_written, found.state.source_identity) == (
            created.state.blocks_written,
            created.state.source_identity,
        )
    updated = adopt(existing("DirectSnapshot", new_run(), created.id), new_run(), inputs, source_hash="1")
    assert updated.snapshot_id == created.id


def test_a_snapshot_of_a_volume(run: Any, inputs: DirectSnapshotInputs, aws: AwsSandbox) -> None:
    ec2, key = aws.observer("ec2"), str(aws.observer("kms").create_key()["KeyMetadata"]["Arn"])
    volume = ec2.create_volume(Size=3, AvailabilityZone="eu-west-1a", Encrypted=True, KmsKeyId=key)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="data")["SnapshotId"]
    found = existing("DirectSnapshot", run, snapshot)
    program = {"file": "data.raw", "description": "data"}
    assert found.changes(program) == set()
    assert found.changes({**program, "encrypted": True, "kmsKeyArn": key, "volumeSize": 3}) == set()
    assert found.changes({**program, "volumeSize": 4}) == {"volumeSize"}
