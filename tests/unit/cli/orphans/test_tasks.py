"""The four kinds of tasks: listed, cancelled, removed with their results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUCKET = "images-of-web"
DISK, PLACE = {"S3Bucket": BUCKET, "S3Key": "web.raw"}, {"S3Bucket": BUCKET, "S3Prefix": "vms/"}
# Source: https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport-prerequisites.html, of eu-west-1
VM_EXPORT = {"Type": "CanonicalUser", "ID": "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"}


@dataclass(frozen=True)
class Tasks:
    """One of the kinds: how one begins with tags, and what a completed one leaves."""

    kind: str
    begin: Callable[[list[dict[str, str]]], str]
    left: tuple[str, ...]


def image_imports(request: pytest.FixtureRequest, ec2: Any) -> Tasks:
    disk: Any = {"DiskContainers": [{"Format": "RAW", "UserBucket": DISK}], "Platform": "Windows"}

    def begin(tags: list[dict[str, str]]) -> str:
        return str(ec2.import_image(**disk, TagSpecifications=tagged("import-image-task", tags))["ImportTaskId"])

    return Tasks("image import task", begin, ("AMI", "snapshot"))


def snapshot_imports(request: pytest.FixtureRequest, ec2: Any) -> Tasks:
    disk: Any = {"DiskContainer": {"Format": "RAW", "UserBucket": DISK}}

    def begin(tags: list[dict[str, str]]) -> str:
        return str(ec2.import_snapshot(**disk, TagSpecifications=tagged("import-snapshot-task", tags))["ImportTaskId"])

    return Tasks("snapshot import task", begin, ("snapshot",))


def image_exports(request: pytest.FixtureRequest, ec2: Any) -> Tasks:
    image = request.getfixturevalue("image")
    what: Any = {"ImageId": image, "DiskImageFormat": "VMDK", "S3ExportLocation": PLACE}

    def begin(tags: list[dict[str, str]]) -> str:
        return str(ec2.export_image(**what, TagSpecifications=tagged("export-image-task", tags))["ExportImageTaskId"])

    return Tasks("image export task", begin, ("exported object",))


def instance_exports(request: pytest.FixtureRequest, ec2: Any) -> Tasks:
    s3 = request.getfixturevalue("aws").observer("s3")
    writers = [{"Grantee": VM_EXPORT, "Permission": permission} for permission in ("READ_ACP", "WRITE")]
    ownership: Any = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=ownership)
    s3.put_bucket_acl(Bucket=BUCKET, AccessControlPolicy={"Grants": writers, "Owner": {"ID": "0" * 64}})
    launch = {"ImageId": request.getfixturevalue("image"), "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    instance = ec2.run_instances(**launch)["Instances"][0]["InstanceId"]
    target = {**PLACE, "ContainerFormat": "ova", "DiskImageFormat": "VMDK"}
    what: Any = {"InstanceId": instance, "TargetEnvironment": "vmware", "ExportToS3Task": target}

    def begin(tags: list[dict[str, str]]) -> str:
        started = ec2.create_instance_export_task(**what, TagSpecifications=tagged("export-instance-task", tags))
        return str(started["ExportTask"]["ExportTaskId"])

    return Tasks("instance export task", begin, ("exported object",))


def tagged(kind: str, tags: list[dict[str, str]]) -> Any:
    return [{"ResourceType": kind, "Tags": tags}]


@pytest.fixture
def image(begin_import: Any, end_imports: Any) -> str:
    """An AMI that carries no tags."""
    return str(end_imports(begin_import(tags=[]))[0])


@pytest.fixture(params=[image_imports, snapshot_imports, image_exports, instance_exports])
def tasks(request: pytest.FixtureRequest, aws: AwsSandbox, ec2: Any) -> Tasks:
    """Each of the kinds."""
    made: Tasks = request.param(request, ec2)
    return made


def test_a_running_task_is_listed_and_cancelled(
    tasks: Tasks, run: Any, owners: Any, own_tags: Any, export: Any, aws: AwsSandbox
) -> None:
    task = tasks.begin(own_tags())
    assert owners(export=export()) == {task: "orphan"}
    result = run("--remove", "--yes", export=export())
    assert result.exit_code == 0
    assert f"cancelled: {tasks.kind} {task}" in result.output
    assert [line for line in aws.remaining_resources() if "task" in line and task in line] == []
    assert owners(export=export()) == {}


def test_results_of_a_completed_task_are_listed_and_removed(
    tasks: Tasks, run: Any, own_tags: Any, export: Any, aws: AwsSandbox
) -> None:
    tasks.begin([])
    aws.clock.advance(86400)
    before = aws.remaining_resources()
    tasks.begin(own_tags())
    aws.clock.advance(86400)
    result = run("--remove", "--yes", export=export())
    assert result.exit_code == 0
    orphans = [line for line in result.output.splitlines() if line.startswith("orphan  ")]
    assert len(orphans) == len(tasks.left)
    assert all(kind in line and "shop/dev" in line for kind, line in zip(tasks.left, orphans, strict=True))
    assert aws.remaining_resources() == before
    assert run(export=export()).exit_code == 0


def test_an_owned_task_and_its_results_are_owned(
    tasks: Tasks, owners: Any, own_tags: Any, export: Any, in_state: Any, aws: AwsSandbox
) -> None:
    task = tasks.begin(own_tags())
    assert owners(export=export(in_state(task))) == {task: "owned"}
    aws.clock.advance(86400)
    assert set(owners(export=export(in_state(task))).values()) == {"owned"}


def test_a_task_that_completes_during_the_cancellation_is_removed_with_its_results(
    tasks: Tasks, run: Any, own_tags: Any, export: Any, aws: AwsSandbox
) -> None:
    before = aws.remaining_resources()
    tasks.begin(own_tags())
    cancel = "CancelExportTask" if "export" in tasks.kind else "CancelImportTask"

    def complete(_: RecordedCall) -> None:
        aws.clock.advance(86400)

    aws.faults.on(cancel, complete)
    result = run("--remove", "--yes", export=export())
    assert result.exit_code == 0
    assert f"removed with its results: {tasks.kind}" in result.output
    assert aws.remaining_resources() == before


WEEK = 8 * 86400


@pytest.fixture
def of_the_export(tasks: Tasks, in_state: Any) -> Callable[[str | None], dict[str, Any]]:
    """The resource of a task as it is in a state."""

    def make(id: str | None) -> dict[str, Any]:
        resource: dict[str, Any] = in_state(id)
        if "export" in tasks.kind:
            resource["inputs"] |= {"region": "eu-west-1", "s3Bucket": BUCKET, "s3Prefix": "vms/"}
        return resource

    return make


def test_results_of_a_task_that_ec2_no_longer_lists_are_found(
    tasks: Tasks, run: Any, owners: Any, own_tags: Any, export: Any, aws: AwsSandbox
) -> None:
    aws.clock.advance(WEEK)
    known = set(owners("--bucket", BUCKET, export=export()))  # the AMI that is the source of an export
    task = tasks.begin(own_tags())
    aws.clock.advance(WEEK)
    found = owners("--bucket", BUCKET, "--stack", "shop/dev", export=export())
    results = sorted(found.keys() - known)
    assert len(results) == len(tasks.left)
    assert {found[id] for id in results} == {"unknown"}
    assert "EC2 no longer lists the task that created it" in run("--bucket", BUCKET, export=export()).output
    assert run("--bucket", BUCKET, "--remove", "--yes", results[0], export=export()).exit_code == 0
    assert not [line for line in aws.remaining_resources() if task in line or any(id in line for id in results)]


def test_results_of_an_unfinished_resource_are_owned_a_week_later(
    tasks: Tasks, owners: Any, own_tags: Any, export: Any, of_the_export: Any, aws: AwsSandbox
) -> None:
    task = tasks.begin(own_tags())
    aws.clock.advance(WEEK)
    owned = [id for id, owner in owners(export=export(of_the_export(task))).items() if owner == "owned"]
    assert len(owned) == len(tasks.left)
    assert [line for line in aws.remaining_resources() if task in line]


def test_an_object_under_the_prefix_of_an_interrupted_export_is_found(
    tasks: Tasks, owners: Any, own_tags: Any, export: Any, of_the_export: Any, aws: AwsSandbox
) -> None:
    task = tasks.begin(own_tags())
    aws.clock.advance(WEEK)
    found = owners(export=export(creating=[of_the_export(None)]))
    assert any(task in id for id in found) == ("export" in tasks.kind)


def test_results_of_a_task_of_another_program_are_not_listed_while_ec2_lists_the_task(
    tasks: Tasks, owners: Any, export: Any, of_the_export: Any, aws: AwsSandbox
) -> None:
    tasks.begin([])
    aws.clock.advance(86400)
    assert owners("--bucket", BUCKET, export=export(of_the_export("import-ami-0"))) == {}
