"""Updates of every resource that together need all actions of its row in the catalog."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from pyVmomi import vim
from tests.engine.prerequisites import ABROAD, DISTRIBUTION_ROLE, EXPORTS, make_distribution_role
from tests.unit.resources.permissions.missing_actions import REGION, Operations

from pulumi_vmimport.aws.ec2.import_options import ImdsSupport
from pulumi_vmimport.aws.iam.iam_documents import document_hash, role_policy
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import MachineExportFormat

EXPORT_POLICY = role_policy(import_buckets=(), export_buckets=[EXPORTS])
HOUR, WEEK = 3600, 7 * 86400


class Prepared(NamedTuple):
    """An instance with its state, the inputs of its update, and the input that another resource supplies to it."""

    id: str
    state: Any
    inputs: Any
    supplied: tuple[str, ...] = ()


Case = Callable[[Operations], Prepared]
Step = Callable[[Operations, Any], None]
"""A step of a preparation; it gets the state of the instance, if it exists yet."""


def changed(then: Step | None = None, /, **changes: Any) -> Case:
    """Changes of a complete resource; a function is called with the operations for its value."""

    def prepare(operations: Operations) -> Prepared:
        has_tags = hasattr(operations.lifecycle.inputs_type, "tags")
        inputs = operations.inputs(**({"tags": {"old": "1"}} if has_tags else {}))
        created = operations.lifecycle.create(operations.run(), inputs)
        if then is not None:
            then(operations, created.state)
        return Prepared(created.id, created.state, replace(inputs, **_values(operations, changes)))

    return prepare


def resumed(first: Step | None = None, then: Step | None = None, /, **values: Any) -> Case:
    """A resource whose create was interrupted when its work had started in AWS; values as in `changed`."""

    def prepare(operations: Operations) -> Prepared:
        inputs = operations.inputs()
        inputs = replace(inputs, **_values(operations, values))
        if first is not None:
            first(operations, None)
        id, state = _interrupted(operations, inputs)
        if then is not None:
            then(operations, state)
        return Prepared(id, state, inputs)

    return prepare


def _interrupted(operations: Operations, inputs: Any) -> tuple[str, Any]:
    """The id and the state that a create recorded first."""
    run, records = operations.run(stop_after_waits=0), list[tuple[str, Any]]()
    run.record = lambda *recorded: records.append(recorded)
    with pytest.raises(RunInterruptedError):
        operations.lifecycle.create(run, inputs)
    return records[0]


def _values(operations: Operations, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value(operations) if callable(value) else value for name, value in values.items()}


def fault(name: str, *args: Any) -> Step:
    """Let the work that the create starts fail."""
    return lambda operations, _: getattr(operations.aws.faults, name)(*args)


FAIL_IMPORT = fault("fail_import", "ClientError: Unknown OS.")
FAIL_EXPORT = fault("fail_export", "ClientError: Unable to write to the bucket.")
FAIL_IMAGE = fault("fail_workspace_image", "OSNotSupported")
FAIL_FAST_LAUNCH = fault("fail_fast_launch", "Unable to stop instance ID=i-1234567890abcdef0.")


def fail_distribution(operations: Operations, _: Any) -> None:
    an_hour_later(operations, _)  # distributions of earlier instances end
    operations.prerequisites.builder.list_images()
    operations.aws.faults.fail_distribution(ABROAD)


def an_hour_later(operations: Operations, _: Any) -> None:
    operations.aws.clock.advance(HOUR)


def versioned(operations: Operations) -> None:
    enabled = {"Status": "Enabled"}
    operations.prerequisites.s3.put_bucket_versioning(Bucket=EXPORTS, VersioningConfiguration=enabled)


def write_part(operations: Operations, _: Any) -> None:
    """Write the object of the last export task, as EC2 does before the task fails."""
    key = f"vms/{operations.aws.export_tasks[-1].id}.vmdk"
    operations.prerequisites.s3.put_object(Bucket=EXPORTS, Key=key, Body=b"a part")


def write_version(operations: Operations, _: Any) -> None:
    versioned(operations)
    write_part(operations, _)


def forget_task_without_image(operations: Operations, state: Any) -> None:
    """Let EC2 forget an import task whose AMI was deregistered without its snapshots."""
    ec2 = operations.prerequisites.ec2
    an_hour_later(operations, state)
    [task] = ec2.describe_import_image_tasks(ImportTaskIds=[state.import_task_id])["ImportImageTasks"]
    ec2.deregister_image(ImageId=task["ImageId"])
    operations.aws.clock.advance(WEEK)


def delete_snapshot(operations: Operations, state: Any) -> None:
    """Delete the snapshot of a completed task."""
    ec2 = operations.prerequisites.ec2
    an_hour_later(operations, state)
    [task] = ec2.describe_import_snapshot_tasks(ImportTaskIds=[state.import_task_id])["ImportSnapshotTasks"]
    ec2.delete_snapshot(SnapshotId=task["SnapshotTaskDetail"]["SnapshotId"])


def replace_source(operations: Operations, state: Any) -> None:
    source, content = state.user_bucket, bytes(1 << 19) + bytes([operations.number]) * (1 << 19)
    operations.prerequisites.s3.put_object(Bucket=source.s3_bucket, Key=source.s3_key, Body=content)


def disable_byol(operations: Operations, _: Any) -> None:
    """Undo ModifyAccount: the run ended after it recorded the state and before it called it."""
    an_hour_later(operations, _)
    modifications = operations.aws.observer("workspaces", REGION).describe_account_modifications()
    assert [each["ModificationState"] for each in modifications["AccountModifications"]][-1:] == ["COMPLETED"]
    operations.aws.disable_byol()


def fail_after_ami(operations: Operations, state: Any) -> None:
    """Let the import of an ISO file fail when its AMI exists."""
    aws, arn = operations.aws, state.image_build_version_arn
    an_hour_later(operations, state)
    image = operations.prerequisites.builder.get_image(imageBuildVersionArn=arn)["image"]
    assert image["state"]["status"] == "AVAILABLE"
    (images,) = (resources.images for resources in aws._cloud.image_builder.values() if arn in resources.images)
    images[arn].status, images[arn].reason = "FAILED", "The AMI could not be tagged."


def fail_and_keep_ami(operations: Operations, state: Any) -> None:
    """As `fail_after_ami`, with a role that may not delete the AMI."""
    fail_after_ami(operations, state)
    operations.aws.observer("iam").delete_role_policy(RoleName=DISTRIBUTION_ROLE, PolicyName="distribution")
    an_hour_later(operations, state)


def grant_role(operations: Operations, _: Any) -> None:
    iam = operations.aws.observer("iam")
    for policy in iam.list_role_policies(RoleName=DISTRIBUTION_ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=DISTRIBUTION_ROLE, PolicyName=policy)
    iam.delete_role(RoleName=DISTRIBUTION_ROLE)
    make_distribution_role(operations.aws)
    an_hour_later(operations, _)


def start_uploads(operations: Operations, state: Any) -> None:
    """Leave two multipart uploads to the key of a new file, of which one has a part."""
    s3, where = operations.run().aws.client("s3"), {"Bucket": state.bucket, "Key": state.key}
    for parts in range(2):
        upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")["UploadId"]
        for part in range(parts):
            s3.upload_part(**where, UploadId=upload, PartNumber=part + 1, Body=b"a part", ChecksumAlgorithm="CRC32")


def new_name(operations: Operations) -> str:
    return f"renamed-{operations.number}"


def new_image(operations: Operations) -> str:
    return operations.prerequisites.workspace_image(f"of-bundle-{operations.number}")


def new_file(operations: Operations) -> str:
    path = operations.prerequisites.vmdk.with_name(f"{operations.number}.vmdk")
    path.write_bytes(operations.prerequisites.vmdk.read_bytes() + bytes(512))
    return str(path)


def parameter(operations: Operations) -> str:
    """A parameter with the id of an AMI."""
    ssm = operations.aws.observer("ssm", REGION)
    ssm.put_parameter(Name="/web/ami", Value=operations.prerequisites.ami, Type="String", Overwrite=True)
    return "ssm:/web/ami"


def running_task(operations: Operations) -> str:
    """A new import task, which takes some minutes."""
    operations.prerequisites.set_durations(HOUR)
    return operations.prerequisites.started_task()


def failing_task(operations: Operations) -> str:
    """A new import task, which will fail."""
    FAIL_IMPORT(operations, None)
    return running_task(operations)


def changed_machine(then: Callable[[Operations], None]) -> Case:
    """An export of a VM that has changed and lost a disk since."""

    def prepare(operations: Operations) -> Prepared:
        then(operations)
        s3, vcenter = operations.prerequisites.s3, operations.prerequisites.sandbox.vcenter
        prefix = f"disks-{operations.number}/"
        inputs = replace(operations.inputs(), format=MachineExportFormat.VMDK, key=prefix, export_when_changed=True)
        created = operations.lifecycle.create(operations.run(), inputs)
        [key] = created.state.disk_keys
        surplus = key.replace("disk1", "disk2")
        s3.copy_object(Bucket=EXPORTS, Key=surplus, CopySource={"Bucket": EXPORTS, "Key": key})
        s3.create_multipart_upload(Bucket=EXPORTS, Key=surplus)
        machine = vim.VirtualMachine(inputs.moid, vcenter.session.content.rootFolder._stub)
        vcenter.session.wait("reconfigure", machine.ReconfigVM_Task(vim.vm.ConfigSpec(memoryMB=8192)))
        return Prepared(created.id, replace(created.state, disk_keys=(key, surplus)), inputs)

    return prepare


def supplied(path: str, case: Case) -> Case:
    """The case with an input that preview does not know."""
    return lambda operations: case(operations)._replace(supplied=(path,))


_TAGS = changed(tags={"new": "2"})
_CONVERSION = {"tags": _TAGS, "resumed": resumed()}
_EXPORT = {
    **_CONVERSION,
    "failed": resumed(FAIL_EXPORT, write_part),
    "failed in a versioned bucket": resumed(FAIL_EXPORT, write_version),
}
_IMAGE = {**_CONVERSION, "failed": resumed(FAIL_IMAGE)}
CASES: dict[str, dict[str, Case]] = {
    "ImportImage": {
        "tags": _TAGS,
        "resumed": resumed(image_name=new_name, imds_support=ImdsSupport.V2, description="web"),
        "failed": resumed(FAIL_IMPORT),
        "forgotten": resumed(None, forget_task_without_image),
    },
    "ImportSnapshot": {
        **_CONVERSION,
        "failed": resumed(FAIL_IMPORT),
        "snapshot deleted": resumed(None, delete_snapshot),
    },
    "DirectSnapshot": {**_CONVERSION, "other source": resumed(None, replace_source)},
    "ExportImage": _EXPORT,
    "InstanceExport": _EXPORT,
    "ImportWorkspaceImage": _IMAGE,
    "CreateWorkspaceImage": _IMAGE,
    "ImportCustomWorkspaceImage": _IMAGE,
    "CopyWorkspaceImage": _IMAGE,
    "CreateUpdatedWorkspaceImage": _IMAGE,
    "WorkspaceBundle": {**_CONVERSION, "image": changed(image_id=new_image)},
    "WorkspaceImagePermissions": {"accounts": changed(account_ids=())},
    "DistributeImage": {
        "tags": _TAGS,
        "resumed": resumed(source_image=parameter),
        "retried": resumed(fail_distribution, an_hour_later),
    },
    "ImportVmImage": {
        "tags": _TAGS,
        "resumed": resumed(vm_import_task_id=running_task),
        "failed": resumed(vm_import_task_id=failing_task),
    },
    "ImportDiskImage": {
        **_CONVERSION,
        "failed": resumed(None, fail_after_ami),
        "failed, AMI kept": resumed(grant_role, fail_and_keep_ami),
    },
    "WorkspacesAccount": {"resumed": resumed(), "not requested": resumed(None, disable_byol)},
    "RoleReadiness": {"policy": changed(policy_hash=document_hash(EXPORT_POLICY))},
    "FastLaunch": {
        "resumed": resumed(),
        "settings": changed(target_resource_count=4),
        "failed": resumed(FAIL_FAST_LAUNCH, an_hour_later),
    },
    "VirtualMachineExport": {
        "changed": changed_machine(lambda _: None),
        "changed, versioned bucket": changed_machine(versioned),
    },
    "DiskImageUpload": {
        "tags": _TAGS,
        "no tags": changed(tags=None),
        "new file": changed(start_uploads, path=new_file),
        "inspected": supplied("path", changed(path=new_file, image_profile=ImageProfile.BYOL_WORKSPACES)),
    },
}
