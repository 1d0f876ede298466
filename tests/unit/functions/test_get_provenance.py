"""getProvenance returns what tags and metadata record about a source."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.functions.conftest import REGION, problems_of
from tests.unit.resources.conftest import FakeRun

from pulumi_vmimport.lifecycle.function import FunctionError

TAGS = {
    "vmimport:source-object": "s3://images-of-web/web.ova",
    "vmimport:source-task": "import-ami-0123456789abcdef0",
    "vmimport:stack": "shop/dev",
    "team": "web",
}
FACTS = {
    "object": "s3://images-of-web/web.ova",
    "importTask": "import-ami-0123456789abcdef0",
    "stack": "shop/dev",
}
Call = Callable[..., Any]


def registered(run: FakeRun, tags: dict[str, str]) -> str:
    ec2: Any = run.sandbox.observer("ec2")
    id = str(ec2.register_image(Name="web")["ImageId"])
    ec2.create_tags(Resources=[id], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return id


def test_an_ami_is_traced_by_its_tags(call: Call, run: FakeRun) -> None:
    id = registered(run, TAGS)
    assert call("getProvenance", id=id) == {
        "id": id,
        "kind": "AMI",
        "name": "web",
        "state": "available",
        "accountId": "123456789012",
        "region": REGION,
        "provenance": FACTS,
    }


def test_an_ami_of_another_tool_has_no_provenance(call: Call, run: FakeRun) -> None:
    assert call("getProvenance", id=registered(run, {"team": "web"}))["provenance"] == {}


def test_a_snapshot_is_traced_by_its_tags(call: Call, run: FakeRun) -> None:
    ec2: Any = run.sandbox.observer("ec2")
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    id = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.create_tags(Resources=[id], Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()])
    found = call("getProvenance", id=id)
    assert (found["kind"], found["provenance"], found.get("name")) == ("snapshot", FACTS, None)


def test_a_workspaces_image_is_traced_by_its_tags(call: Call, run: FakeRun) -> None:
    id = run.sandbox.observer("workspaces").create_workspace_image(
        Name="golden",
        Description="a source",
        WorkspaceId=run.sandbox.make_workspace(user="golden"),
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )["ImageId"]
    found = call("getProvenance", id=id)
    assert (found["kind"], found["name"], found["provenance"]) == ("WorkSpaces image", "golden", FACTS)


def test_an_exported_object_is_traced_by_its_metadata(call: Call, run: FakeRun, bucket: str) -> None:
    metadata = {"vmimport-uuid": "4222c0de-0000-1111-2222-333344445555", "vmimport-change": "2026-11-28T10:00:00Z"}
    run.sandbox.observer("s3").put_object(Bucket=bucket, Key="web/disk-0.vmdk", Body=b"KDMV", Metadata=metadata)
    found = call("getProvenance", id=f"s3://{bucket}/web/disk-0.vmdk")
    assert found["kind"] == "object"
    assert found["provenance"] == {
        "virtualMachine": "4222c0de-0000-1111-2222-333344445555 2026-11-28T10:00:00Z",
        "object": f"s3://{bucket}/web/disk-0.vmdk",
    }


@pytest.mark.parametrize(
    "id", ["ami-0123456789abcdef0", "snap-0123456789abcdef0", "wsi-012345678", "s3://images-of-web/x"]
)
def test_fails_for_what_does_not_exist(call: Call, bucket: str, id: str) -> None:
    with pytest.raises(FunctionError, match=f"{id} does not exist in eu-west-1; check the id"):
        call("getProvenance", id=id)


@pytest.mark.parametrize("id", ["i-0123456789abcdef0", "ami-", "s3://images-of-web", "s3:///key", ""])
def test_fails_for_an_id_of_another_kind(id: str) -> None:
    expected = f"expected ami-..., snap-..., wsi-... or s3://bucket/key, got '{id}'"
    assert problems_of("getProvenance", region=REGION, id=id) == {"id": expected}
