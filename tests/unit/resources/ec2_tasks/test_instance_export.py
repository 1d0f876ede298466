"""InstanceExport: its checks, and its lifecycle from create to delete."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.ec2.models import ec2_backends

from pulumi_vmimport.aws.ec2 import images, instances
from pulumi_vmimport.aws.ec2.export_options import ContainerFormat, TargetEnvironment
from pulumi_vmimport.aws.ec2.images import ImageDisk
from pulumi_vmimport.aws.s3.export_grantees import CANONICAL_USER_IDS
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs
from pulumi_vmimport.resources.ec2_tasks.instance_export_lifecycle import InstanceExportLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = InstanceExportLifecycle()
BAG = {"region": "eu-west-1", "instanceId": "i-1", "targetEnvironment": "VMware", "s3Bucket": "images"}
GRANTEE = CANONICAL_USER_IDS["eu-west-1"]
LookedUp = Callable[..., dict[str, str]]
NewRun = Callable[..., Any]


@pytest.fixture
def inputs(exportable_instance: str, export_bucket: str) -> InstanceExportInputs:
    return InstanceExportInputs(
        region="eu-west-1",
        instance_id=exportable_instance,
        target_environment=TargetEnvironment.VMWARE,
        container_format=ContainerFormat.OVA,
        s3_bucket=export_bucket,
        s3_prefix="vms/",
        tags={"team": "blue"},
    )


def keys(aws: AwsSandbox, bucket: str) -> list[str]:
    listed = aws.observer("s3").list_objects_v2(Bucket=bucket)
    return [found["Key"] for found in listed.get("Contents", [])]


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"targetEnvironment": "kvm"}, "targetEnvironment", "citrix, vmware, microsoft", id="environment"),
        pytest.param(
            {"diskImageFormat": "vhd"},
            "diskImageFormat",
            "expected VMDK for targetEnvironment vmware, got VHD",
            id="vhd",
        ),
        pytest.param(
            {"diskImageFormat": "RAW", "targetEnvironment": "citrix"}, "diskImageFormat", "expected VHD", id="raw"
        ),
        pytest.param({"containerFormat": "zip"}, "containerFormat", "one of ova, got 'zip'", id="container"),
        pytest.param({"description": "x" * 256}, "description", "at most 255 characters, got 256", id="description"),
    ],
)
def test_fails_in_check(checked: Any, values: dict[str, Any], path: str, reason: str) -> None:
    assert checked(lifecycle, BAG) == []
    ((found, words),) = checked(lifecycle, {**BAG, **values})
    assert found == path
    assert reason in words


@pytest.mark.parametrize(
    ("environment", "container", "ending"),
    [("vmware", ContainerFormat.OVA, "ova"), ("vmware", None, "vmdk"), ("citrix", None, "vhd")],
)
def test_create_writes_the_object_and_returns_every_output(
    run: Any,
    inputs: InstanceExportInputs,
    aws: AwsSandbox,
    environment: str,
    container: ContainerFormat | None,
    ending: str,
) -> None:
    given = replace(inputs, target_environment=TargetEnvironment(environment), container_format=container)
    created = lifecycle.create(run, given)
    state = created.state
    assert created.id == state.export_task_id
    assert state.s3_key == f"vms/{created.id}.{ending}"
    assert (state.task_status, lifecycle.condition(state)) == ("completed", Condition.READY)
    assert lifecycle.read(run, created.id, state) == state
    assert aws.export_tasks[0].tags.keys() - {"team": "blue", **run.identity.tags(given)} == {COMPLETION_TAG}
    assert {"team": "blue", **run.identity.tags(given)}.items() <= aws.export_tasks[0].tags.items()
    lifecycle.delete(run, created.id, state)
    lifecycle.delete(run, created.id, state)
    assert keys(aws, inputs.s3_bucket) == []
    assert lifecycle.read(run, created.id, state) is None


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda f: f.drop_connection("CreateInstanceExportTask", after_processing=True), id="lost-answer"),
        pytest.param(lambda f: f.drop_connection("CreateInstanceExportTask", times=2), id="connection-lost-before"),
        pytest.param(lambda f: f.server_error("CreateInstanceExportTask", times=3), id="server-errors"),
        pytest.param(lambda f: f.throttle("CreateInstanceExportTask"), id="throttled"),
    ],
)
def test_a_call_without_a_response_never_starts_a_second_task(
    run: Any, inputs: InstanceExportInputs, aws: AwsSandbox, fault: Callable[[Any], None], quick_retries: None
) -> None:
    fault(aws.faults)
    assert lifecycle.create(run, inputs).state.task_status == "completed"
    assert len(aws.export_tasks) == 1
    assert aws.faults.waiting == []


def test_fails_after_repeated_server_errors(
    run: Any, inputs: InstanceExportInputs, aws: AwsSandbox, quick_retries: None
) -> None:
    aws.faults.server_error("CreateInstanceExportTask", times=8)
    with pytest.raises(ClientError, match="CreateInstanceExportTask"):
        lifecycle.create(run, inputs)
    assert aws.faults.waiting == []


def test_the_next_run_finds_a_task_whose_response_was_lost(
    new_run: NewRun, inputs: InstanceExportInputs, aws: AwsSandbox
) -> None:
    aws.faults.drop_connection("CreateInstanceExportTask", after_processing=True)
    aws.faults.on("CreateInstanceExportTask", lambda _: aws.faults.deny("DescribeExportTasks"))
    run = new_run()
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        lifecycle.create(run, inputs)
    assert run.recorded is None
    aws.faults.allow("DescribeExportTasks")
    assert lifecycle.create(new_run(), inputs).state.task_status == "completed"
    assert len(aws.export_tasks) == 1


@pytest.mark.parametrize("percent", [0, 50, 99, 101])
def test_delete_leaves_nothing_however_far_the_task_was(
    new_run: NewRun, inputs: InstanceExportInputs, aws: AwsSandbox, percent: int
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    aws.clock.advance(aws.settings.export_seconds * percent / 100)
    lifecycle.delete(new_run(), *first.recorded)
    lifecycle.delete(new_run(), *first.recorded)
    assert keys(aws, inputs.s3_bucket) == []
    assert [line for line in aws.remaining_resources() if "export-i-" in line] == []


def test_fails_when_a_resumed_task_was_cancelled(
    new_run: NewRun, inputs: InstanceExportInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=0)
    with pytest.raises(RunInterruptedError):
        lifecycle.create(first, inputs)
    id, kept = first.recorded
    aws.observer("ec2").cancel_export_task(ExportTaskId=id)
    second = new_run()
    with pytest.raises(CleanFailureError, match=r"export task export-i-\w+ ended cancelled"):
        lifecycle.update(second, id, kept, inputs)
    assert lifecycle.condition(second.recorded[1]) is Condition.BROKEN
    assert lifecycle.create(new_run(), inputs).id != id


def test_a_valid_instance_has_no_problem_and_a_running_one_a_warning(
    run: Any, inputs: InstanceExportInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    assert looked_up(lifecycle, run, inputs) == {}
    assert not [warning for warning in run.warnings if "may reboot" in warning]
    aws.observer("ec2").start_instances(InstanceIds=[inputs.instance_id])
    assert looked_up(lifecycle, run, inputs) == {}
    assert any("is running and may reboot" in warning for warning in run.warnings)


def test_preflight_reports_every_problem_of_an_instance_at_once(
    run: Any, inputs: InstanceExportInputs, aws: AwsSandbox
) -> None:
    ec2 = aws.observer("ec2")
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=2000, Encrypted=True)["VolumeId"]
    ec2.attach_volume(InstanceId=inputs.instance_id, VolumeId=volume, Device="/dev/sdf")
    subnet = ec2.describe_instances(InstanceIds=[inputs.instance_id])["Reservations"][0]["Instances"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(InstanceId=inputs.instance_id, NetworkInterfaceId=interface, DeviceIndex=1)
    reasons = [problem.reason for problem in lifecycle.preflight(run, inputs)]
    reported = "\n".join(reasons)
    for words in (
        "has 2 volumes (vol-",
        f"{volume} (/dev/sdf)",
        "does not export volumes attached after the launch",
        "is encrypted",
        "has 2000 GiB, expected at most 1024",
        "has 2 network interfaces, expected one",
    ):
        assert words in reported
    assert {problem.path for problem in lifecycle.preflight(run, inputs)} == {"instanceId"}


@pytest.mark.parametrize(
    ("of", "changes", "reason"),
    [
        pytest.param("instance", {"product_codes": ("abc",)}, "comes from AWS Marketplace", id="marketplace"),
        pytest.param("instance", {"platform_details": "Windows"}, "runs Windows with a license from AWS", id="windows"),
        pytest.param(
            "instance", {"root_device_type": "instance-store"}, "has an instance store root volume", id="root"
        ),
        pytest.param("instance", {"instance_type": "m5d.large"}, "type is m5d.large", id="instance-store"),
        pytest.param("image", {"owner_id": "111122223333"}, "belongs to account 111122223333", id="not-own"),
        pytest.param(
            "image",
            {"disks": (ImageDisk("/dev/sdb", None, encrypted=False, size_gib=0, is_instance_store=True),)},
            "maps instance store volumes (/dev/sdb)",
            id="ephemeral",
        ),
        pytest.param(
            "image",
            {"disks": (ImageDisk("/dev/sda1", "snap-9", encrypted=False, size_gib=8, is_instance_store=False),)},
            "snapshots snap-9 of AMI",
            id="snapshot-gone",
        ),
    ],
)
def test_preflight_fails_for_an_instance_that_ec2_does_not_export(
    run: Any,
    inputs: InstanceExportInputs,
    looked_up: LookedUp,
    monkeypatch: pytest.MonkeyPatch,
    of: str,
    changes: dict[str, Any],
    reason: str,
) -> None:
    module: Any = {"instance": instances, "image": images}[of]
    found = module.find
    monkeypatch.setattr(module, "find", lambda aws, of_id: replace(found(aws, of_id), **changes))
    problems = looked_up(lifecycle, run, inputs)
    assert list(problems) == ["instanceId"]
    assert reason in problems["instanceId"]


def test_preflight_fails_for_a_deleted_instance_or_ami(
    run: Any, inputs: InstanceExportInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    image_id = aws.observer("ec2").describe_images(Owners=["self"])["Images"][0]["ImageId"]
    ec2_backends["123456789012"]["eu-west-1"].amis[image_id].ebs_snapshot.encrypted = True
    assert "is encrypted" in looked_up(lifecycle, run, inputs)["instanceId"]
    aws.observer("ec2").deregister_image(ImageId=image_id)
    assert "no longer exists; create an AMI from the instance" in looked_up(lifecycle, run, inputs)["instanceId"]
    aws.observer("ec2").terminate_instances(InstanceIds=[inputs.instance_id])
    problems = looked_up(lifecycle, run, inputs)["instanceId"]
    assert problems.startswith(f"instance '{inputs.instance_id}' does not exist")


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ALLOWED = {"Effect": "Allow", "Action": ["s3:GetBucketAcl", "s3:PutObject"]}


@pytest.mark.parametrize(
    ("document", "is_enough"),
    [
        pytest.param(None, False, id="nothing"),
        pytest.param(policy({**ALLOWED, "Principal": {"CanonicalUser": GRANTEE}}), True, id="policy-of-the-guide"),
        pytest.param(policy({**ALLOWED, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}), True, id="as-shown"),
        pytest.param(policy({**ALLOWED, "Principal": {"CanonicalUser": "0" * 64}}), False, id="somebody-else"),
        pytest.param(
            policy({**ALLOWED, "Action": "s3:PutObject", "Principal": {"CanonicalUser": GRANTEE}}), False, id="half"
        ),
    ],
)
def test_a_bucket_must_grant_access_to_vm_import_export_in_its_acl_or_policy(
    run: Any,
    inputs: InstanceExportInputs,
    looked_up: LookedUp,
    aws: AwsSandbox,
    monkeypatch: pytest.MonkeyPatch,
    document: dict[str, Any] | None,
    is_enough: bool,
) -> None:
    aws.observer("s3").put_bucket_acl(Bucket=inputs.s3_bucket, ACL="private")
    if document:
        monkeypatch.setattr("pulumi_vmimport.aws.s3.bucket_policies.read", lambda aws, bucket: document)
    problems = looked_up(lifecycle, run, inputs)
    assert list(problems) == ([] if is_enough else ["s3Bucket"])
    assert is_enough or "does not grant READ_ACP and WRITE to VM Import/Export in eu-west-1" in problems["s3Bucket"]


def test_preflight_fails_for_a_bucket_without_acls(
    run: Any, inputs: InstanceExportInputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    aws.observer("s3").put_bucket_ownership_controls(Bucket=inputs.s3_bucket, OwnershipControls=rules)
    assert "has ACLs disabled (BucketOwnerEnforced)" in looked_up(lifecycle, run, inputs)["s3Bucket"]


def test_an_unknown_vm_import_export_account_is_a_warning(
    run: Any, inputs: InstanceExportInputs, looked_up: LookedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(CANONICAL_USER_IDS, "eu-west-1")
    assert looked_up(lifecycle, run, inputs) == {}
    assert any("the VM Import/Export account of eu-west-1 is unknown" in warning for warning in run.warnings)


def test_create_waits_for_the_grants_of_a_bucket_of_the_stack(
    new_run: NewRun, inputs: InstanceExportInputs, aws: AwsSandbox
) -> None:
    s3 = aws.observer("s3")
    granted = s3.get_bucket_acl(Bucket=inputs.s3_bucket)
    s3.put_bucket_acl(Bucket=inputs.s3_bucket, ACL="private")
    run = new_run(supplied=("s3Bucket",))
    run.then = lambda: s3.put_bucket_acl(
        Bucket=inputs.s3_bucket, AccessControlPolicy={name: granted[name] for name in ("Owner", "Grants")}
    )
    assert lifecycle.create(run, inputs).state.task_status == "completed"
    assert any(text.startswith("waiting for bucket exports-of-web to become usable") for text in run.texts)


def test_unknown_inputs_are_not_looked_up(run: Any, looked_up: LookedUp, aws: AwsSandbox) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("instance_id", "target_environment", "s3_bucket"), UNKNOWN)
    assert looked_up(lifecycle, run, InstanceExportInputs(region="eu-west-1", **nothing)) == {}
    assert list(aws.calls) == []
