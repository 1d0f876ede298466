import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.import_options import DiskFormat, LicenseType, Platform
from pulumi_vmimport.aws.import_request import DiskContainer, UserBucket
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Condition, Failed, Stopped
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.import_image import ImportImageInputs, ImportImageLifecycle, ImportImageState
from pulumi_vmimport.sandbox.aws.server import AwsSandbox

KEY = "disks/web.raw"
lifecycle = ImportImageLifecycle()
NewRun = Callable[..., Any]


def raw_disk() -> bytes:
    """The first megabyte of a disk with an MBR and one active NTFS partition."""
    disk = bytearray(1 << 20)
    disk[446:462] = bytes.fromhex("80202100 07feffff 00080000 00100000")
    disk[510:512] = b"\x55\xaa"
    return bytes(disk)


@pytest.fixture
def inputs(aws: AwsSandbox, bucket: str, role: str) -> ImportImageInputs:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=raw_disk())
    container = DiskContainer(format=DiskFormat.RAW, user_bucket=UserBucket(bucket, KEY))
    return ImportImageInputs(
        region="eu-west-1",
        disk_containers=(container,),
        license_type=LicenseType.BYOL,
        platform=Platform.WINDOWS,
        tags={"team": "blue"},
        description="web server",
    )


def problems(**values: Any) -> list[tuple[str, str]]:
    bag = {"region": "eu-west-1", "diskContainers": [{"userBucket": {"s3Bucket": "b", "s3Key": "k.raw"}}], **values}
    inputs, found = read_bag(ImportImageInputs, bag)
    return [(p.path, p.reason) for p in [*found, *lifecycle.check(inputs)]]


def test_valid_inputs_have_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"diskContainers": []}, "diskContainers", "expected 1 to 21 disks", id="no-disk"),
        pytest.param(
            {"diskContainers": [{"snapshotId": "snap-1"}] * 22}, "diskContainers", "got 22", id="too-many-disks"
        ),
        pytest.param({"diskContainers": [{}]}, "diskContainers[0]", "got 0", id="no-source"),
        pytest.param(
            {"diskContainers": [{"url": "s3://b/k", "snapshotId": "s"}]}, "diskContainers[0]", "got 2", id="two-sources"
        ),
        pytest.param({"diskContainers": [{"url": "ftp://b"}]}, "diskContainers[0].url", "got 'ftp://b'", id="no-url"),
        pytest.param(
            {"diskContainers": [{"format": "QCOW2", "url": "s3://b/k"}]},
            "diskContainers[0].format",
            "expected one of OVA, VHD, VHDX, VMDK, RAW, got 'QCOW2'",
            id="unknown-format",
        ),
        pytest.param(
            {"diskContainers": [{"format": "VMDK", "url": "s3://b/k.ova"}]},
            "diskContainers[0].format",
            "VMDK does not fit the key 'k.ova'",
            id="format-and-key",
        ),
        pytest.param(
            {"diskContainers": [{"format": "OVA", "url": "s3://b/k.ova"}, {"url": "s3://b/l"}]},
            "diskContainers[0].format",
            "expected it as the only container",
            id="ova-and-disk",
        ),
        pytest.param({"licenseType": "MIT"}, "licenseType", "expected one of AWS, BYOL, got 'MIT'", id="licence"),
        pytest.param(
            {"licenseType": "BYOL", "usageOperation": "RunInstances:0800"},
            "usageOperation",
            "exclude each other",
            id="licence-and-usage",
        ),
        pytest.param(
            {"licenseType": "AWS", "platform": "Linux"}, "licenseType", "expected BYOL for Linux", id="linux-from-aws"
        ),
        pytest.param(
            {"usageOperation": "RunInstances:0002", "platform": "linux"},
            "usageOperation",
            "is for Windows, but platform is Linux",
            id="usage-and-platform",
        ),
        pytest.param({"bootMode": "uefi-preferred"}, "bootMode", "legacy-bios, uefi", id="boot-mode"),
        pytest.param({"kmsKeyId": "alias/a"}, "kmsKeyId", "needs encrypted = true", id="key-without-encryption"),
        pytest.param(
            {"diskContainers": [{"snapshotId": "snap-1"}], "bootMode": "uefi"},
            "platform",
            "is required for a UEFI machine",
            id="uefi-snapshot",
        ),
        pytest.param({"roleName": "a b"}, "roleName", "got 'a b'", id="role-name"),
        pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1, got 0", id="timeout"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", "does not start with aws:", id="reserved-tag"),
        pytest.param({"tags": {str(i): "" for i in range(47)}}, "tags", "at most 46 tags, got 47", id="too-many-tags"),
        pytest.param({"region": None}, "region", "no Region is set", id="no-region"),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str) -> None:
    found = problems(**values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


def test_unknown_inputs_are_not_judged() -> None:
    names = ["diskContainers", "licenseType", "usageOperation", "kmsKeyId", "encrypted", "tags", "roleName", "region"]
    assert [p for p, _ in problems(**dict.fromkeys(names[:2] + names[3:], UNKNOWN))] == []


def test_create_makes_a_tagged_ami_and_keeps_every_output(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    state = created.state
    assert created.id == state.import_task_id
    assert (state.task_status, lifecycle.condition(state)) == ("completed", Condition.READY)
    ec2 = aws.observer("ec2")
    image = ec2.describe_images(ImageIds=[state.image_id])["Images"][0]
    snapshot = ec2.describe_snapshots(SnapshotIds=list(state.snapshot_ids))["Snapshots"][0]
    for thing in (image, snapshot):
        tags = {t["Key"]: t["Value"] for t in thing["Tags"]}
        assert tags == {"team": "blue", **run.identity.tags(inputs)}
    assert image["Description"] == "web server"
    assert state.detected_license_type == "BYOL"
    assert any("converting" in text for text in run.texts)


def test_an_interrupted_create_is_found_and_not_started_twice(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=3)
    with pytest.raises(Stopped):
        lifecycle.create(first, inputs)
    kept_id, kept = first.kept
    assert lifecycle.condition(kept) is Condition.UNFINISHED
    second = lifecycle.create(new_run(), inputs)
    assert second.id == kept_id
    assert len(aws.import_tasks) == 1


def test_an_interrupted_create_is_resumed_by_update(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=3)
    with pytest.raises(Stopped):
        lifecycle.create(first, inputs)
    id, kept = first.kept
    resumed = lifecycle.update(new_run(), id, kept, inputs)
    assert resumed.image_id is not None
    assert lifecycle.condition(resumed) is Condition.READY
    assert len(aws.import_tasks) == 1


def test_an_answer_that_was_lost_does_not_start_a_second_task(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.drop_connection("ImportImage", after_processing=True)
    lifecycle.create(run, inputs)
    assert len(aws.import_tasks) == 1


def test_fails_with_words_cause_and_remedy_and_the_next_create_starts_anew(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.faults.fail_import("ClientError: FirstBootFailure: no DHCP address", at_percent=85)
    with pytest.raises(Failed, match=r'"ClientError: FirstBootFailure: no DHCP address"; Windows did not boot .*TR-16'):
        lifecycle.create(new_run(), inputs)
    assert not [x for x in aws.leftovers() if "ami-" in x or "snap-" in x]
    again = lifecycle.create(new_run(), inputs)
    assert again.state.image_id is not None
    assert len(aws.import_tasks) == 2


def test_a_resumed_task_that_failed_is_left_broken(new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    aws.faults.fail_import("ClientError: Unsupported kernel version 2.4")
    first = new_run(stop_after_waits=2)
    with pytest.raises(Stopped):
        lifecycle.create(first, inputs)
    second = new_run()
    with pytest.raises(Failed, match="Unsupported kernel version"):
        lifecycle.update(second, first.kept[0], first.kept[1], inputs)
    assert lifecycle.condition(second.kept[1]) is Condition.BROKEN


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda f: f.throttle("DescribeImportImageTasks", times=5), id="throttled"),
        pytest.param(lambda f: f.server_error("DescribeImportImageTasks", times=3), id="server-errors"),
        pytest.param(lambda f: f.drop_connection("DescribeImportImageTasks", times=2), id="connection-lost"),
        pytest.param(lambda f: f.server_error("CreateTags", times=2), id="server-errors-while-tagging"),
    ],
)
def test_passing_faults_do_not_end_an_import(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox, fault: Callable[[Any], None], quick_retries: None
) -> None:
    fault(aws.faults)
    assert lifecycle.create(run, inputs).state.image_id is not None
    assert len(aws.import_tasks) == 1


def test_more_imports_than_the_quota_allows_wait_their_turn(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.pace.active_import_quota = 1
    other = replace(inputs, source_hash="other")
    ec2 = aws.observer("ec2")
    ec2.import_image(DiskContainers=[{"Format": "RAW", "UserBucket": {"S3Bucket": "images-of-web", "S3Key": KEY}}])
    assert lifecycle.create(run, other).state.image_id is not None
    assert any("waiting for one of the Region's import tasks to end" in text for text in run.texts)


def test_a_role_that_iam_has_not_spread_yet_is_waited_for(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    iam = aws.observer("iam")
    policy = iam.get_role_policy(RoleName="vmimport", PolicyName="vmimport")["PolicyDocument"]
    aws.pace.iam_propagation_seconds = 90
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=json.dumps(policy))
    assert lifecycle.create(run, inputs).state.image_id is not None
    assert "waiting for IAM to spread role vmimport" in run.texts


def test_fails_at_once_when_the_role_is_missing(run: Any, inputs: ImportImageInputs) -> None:
    with pytest.raises(ClientError, match="service role nobody provided does not exist"):
        lifecycle.create(run, replace(inputs, role_name="nobody"))


def test_read_tells_drift_of_tags_and_a_deregistered_ami(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    ec2 = aws.observer("ec2")
    assert lifecycle.read(run, created.id, created.state) == created.state
    ec2.create_tags(Resources=[created.state.image_id], Tags=[{"Key": "team", "Value": "red"}])
    drifted = lifecycle.read(run, created.id, created.state)
    assert drifted is not None
    assert drifted.tags == {"team": "red"}
    ec2.deregister_image(ImageId=created.state.image_id)
    left = lifecycle.read(run, created.id, created.state)
    assert left is not None  # its snapshot is still there, and only a state can tell delete of it
    assert lifecycle.condition(left) is Condition.BROKEN
    ec2.delete_snapshot(SnapshotId=left.snapshot_ids[0])
    assert lifecycle.read(run, created.id, created.state) is None
    aws.clock.advance(7200)  # by now EC2 answers with an error instead of an empty list
    assert lifecycle.read(run, created.id, created.state) is None


def test_fails_to_read_without_permission_instead_of_calling_it_gone(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.faults.deny("DescribeImages")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        lifecycle.read(run, created.id, created.state)


def test_update_changes_tags_and_description_in_place(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(run, inputs)
    changed = replace(inputs, tags={"stage": "prod"}, description="shop")
    state = lifecycle.update(run, created.id, created.state, changed)
    read = lifecycle.read(run, created.id, state)
    assert read is not None
    assert (read.tags, read.description, read.image_id) == ({"stage": "prod"}, "shop", created.state.image_id)


@pytest.mark.parametrize("waits", [0, 5, 60], ids=["just-started", "converting", "completed-meanwhile"])
def test_delete_leaves_nothing_however_far_the_task_was(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox, waits: int
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(Stopped):
        lifecycle.create(first, inputs)
    aws.clock.advance(60 * waits)
    lifecycle.delete(new_run(), *first.kept)
    lifecycle.delete(new_run(), *first.kept)
    assert not [x for x in aws.leftovers() if any(word in x for word in ("ami-", "snap-", "import-"))]


def test_delete_removes_ami_and_snapshots_and_may_be_called_twice(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    aws.observer("ec2").deregister_image(ImageId=created.state.image_id)  # its snapshot is still there
    lifecycle.delete(run, created.id, created.state)
    lifecycle.delete(run, created.id, created.state)
    assert not [x for x in aws.leftovers() if "ami-" in x or "snap-" in x]


def test_a_retained_ami_stays_and_is_not_taken_for_ours_again(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), replace(inputs, retain_on_delete=True))
    lifecycle.delete(new_run(), created.id, created.state)
    image = aws.observer("ec2").describe_images(ImageIds=[created.state.image_id])["Images"][0]
    assert {t["Key"] for t in image["Tags"]} == {"team"}
    assert lifecycle.create(new_run(), inputs).state.image_id != created.state.image_id


def look_up(run: Any, inputs: ImportImageInputs) -> dict[str, str]:
    return {p.path: p.reason for p in lifecycle.look_up(run, inputs)}


def test_look_up_finds_nothing_wrong_where_all_is_there(run: Any, inputs: ImportImageInputs) -> None:
    assert look_up(run, inputs) == {}


def test_look_up_names_bucket_object_and_role_at_once(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    containers = tuple(
        DiskContainer(user_bucket=UserBucket(bucket, key))
        for bucket, key in (("far-away", "k"), ("nowhere", "k"), ("images-of-web", "missing"))
    )
    wrong = replace(inputs, disk_containers=containers, role_name="nobody")
    found = look_up(new_run(), wrong)
    assert "is in us-east-1, expected eu-west-1" in found["diskContainers[0].userBucket"]
    assert "there is no bucket 'nowhere'" in found["diskContainers[1].userBucket"]
    assert "there is no object 'missing'" in found["diskContainers[2].userBucket"]
    assert "there is no role 'nobody'" in found["roleName"]
    promised = look_up(new_run(promises=("diskContainers", "roleName")), wrong)
    assert list(promised) == ["diskContainers[0].userBucket"]


def test_look_up_names_the_permissions_that_the_role_lacks(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.observer("iam").delete_role_policy(RoleName="vmimport", PolicyName="vmimport")
    reason = look_up(run, inputs)["roleName"]
    assert "s3:GetObject on arn:aws:s3:::images-of-web/*" in reason
    assert "ec2:RegisterImage on *" in reason


def test_a_state_of_an_older_version_is_still_understood() -> None:
    state, _ = read_bag(ImportImageState, {"diskContainers": [], "imageId": "ami-1", "taskStatus": "completed", "x": 1})
    assert lifecycle.condition(state) is Condition.READY
