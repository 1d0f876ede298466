"""ImportImage: imports disk images in S3, or EBS snapshots, as an AMI.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2 import ebs_snapshots, ec2_tags, images
from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.ec2.import_request import api_members
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS, ImageImportTask, start_image_import
from pulumi_vmimport.aws.tables import post_import
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.task_waiting import until_visible
from pulumi_vmimport.resources.allowed_values import ImageProfileValue, UsageOperationValue
from pulumi_vmimport.resources.disk_container_args import (
    ClientDataArgs,
    DiskContainerArgs,
    LicenseSpecificationArgs,
)
from pulumi_vmimport.resources.ec2_tasks import import_image_rules as rules
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import IMPORT_QUEUE, ConversionLifecycle
from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionState
from pulumi_vmimport.resources.ec2_tasks.import_image_inputs import ImportImageInputs
from pulumi_vmimport.resources.rules.source_version import containers_version
from pulumi_vmimport.resources.rules.tag_rules import user_tags


@dataclass(frozen=True, kw_only=True)
class ImportImageState(ImportImageInputs, ConversionState):
    import_task_id: str | None = None
    image_id: str | None = None
    image_name: str | None = None
    snapshot_ids: tuple[str, ...] = ()
    detected_boot_mode: str | None = None
    detected_license_type: str | None = None
    detected_platform: str | None = None
    billed_usage_operation: str | None = None
    post_import_report: tuple[str, ...] = ()


class ImportImageLifecycle(ConversionLifecycle[ImportImageInputs, ImportImageState, ImageImportTask]):
    inputs_type = ImportImageInputs
    state_type = ImportImageState
    tasks = IMAGE_IMPORTS
    quota_queue = IMPORT_QUEUE

    def check(self, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.check(inputs)

    def preflight(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.preflight(run, inputs)

    def role_problems(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.role_problems(run, inputs, fresh=True)

    def inspection_problems(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.inspection_problems(run, inputs) if rules.is_inspected_by_create(run) else iter(())

    def source_version(self, run: Run, inputs: ImportImageInputs) -> str | None:
        return containers_version(run, inputs.disk_containers)

    def start_task(self, run: Run, inputs: ImportImageInputs, token: str, tags: Mapping[str, str]) -> ImageImportTask:
        return start_image_import(run.aws, api_members(inputs), token, tags)

    def initial_state(self, inputs: ImportImageInputs, task: ImageImportTask) -> ImportImageState:
        return ImportImageState(**vars(inputs), import_task_id=task.id, task_status=task.status)

    def with_result(self, state: ImportImageState, task: ImageImportTask) -> ImportImageState:
        return replace(
            state,
            image_id=task.image_id,
            snapshot_ids=task.snapshot_ids,
            detected_license_type=task.license_type,
            detected_platform=task.platform,
            billed_usage_operation=task.usage_operation,
        )

    def has_result(self, state: ImportImageState) -> bool:
        return state.image_id is not None

    def find_result(self, run: Run, task_id: str, state: ImportImageState) -> ImportImageState | None:
        state = replace(state, import_task_id=task_id)
        if image := images.find_imported(run.aws, task_id):
            return replace(state, task_status="settling", image_id=image.id, snapshot_ids=image.snapshot_ids)
        remaining = tuple(snapshot.id for snapshot in ebs_snapshots.find_imported(run.aws, task_id))
        return replace(state, task_status="deregistered", snapshot_ids=remaining) if remaining else None

    def result_exists(self, run: Run, task: ImageImportTask) -> bool:
        return until_visible(run, str(task.image_id), lambda: images.find(run.aws, str(task.image_id))) is not None

    def configure_result(self, run: Run, state: ImportImageState) -> ImportImageState | None:
        tags = {**(state.tags or {}), **run.identity.tags(self.inputs_of(state))}
        id, description = str(state.image_id), state.description
        is_done = until_visible(run, id, lambda: ec2_tags.tag_existing(run.aws, _resource_ids(state), tags))
        if is_done and description is not None:
            is_done = until_visible(run, id, lambda: images.set_description(run.aws, id, description))
        image = until_visible(run, id, lambda: images.find(run.aws, id)) if is_done else None
        return None if image is None else _with_image(state, image)

    def describe_result(self, state: ImportImageState) -> str:
        return f"AMI {state.image_id} or one of its snapshots"

    def read_existing(self, run: Run, id: str, state: ImportImageState) -> ImportImageState | None:
        found = super().read_existing(run, id, state)
        image = images.find(run.aws, found.image_id) if found and found.image_id else None
        return _with_image(found, image) if found and image else found

    def untag_result(self, run: Run, state: ImportImageState, keys: Sequence[str]) -> None:
        if images.find(run.aws, str(state.image_id)) is not None:
            ec2_tags.untag(run.aws, _resource_ids(state), keys)

    def read_result(self, run: Run, state: ImportImageState) -> ImportImageState | None:
        image = images.find(run.aws, str(state.image_id))
        if image is None:
            # The snapshots remain after the AMI was deregistered outside of Pulumi. Keep the state, so that delete
            # removes them.
            remaining = ebs_snapshots.find_existing(run.aws, state.snapshot_ids)
            return replace(state, task_status="deregistered", snapshot_ids=remaining) if remaining else None
        return replace(
            state,
            tags=user_tags(image.tags, state.tags),
            description=image.description if state.description is not None else None,
            snapshot_ids=image.snapshot_ids,
        )

    def delete_result(self, run: Run, state: ImportImageState) -> None:
        images.delete(run.aws, state.image_id, state.snapshot_ids)


def _with_image(state: ImportImageState, image: images.Image) -> ImportImageState:
    return replace(
        state,
        image_name=image.name,
        detected_platform=image.platform_details,
        detected_boot_mode=image.boot_mode,
        billed_usage_operation=image.usage_operation,
        post_import_report=_report(state, image),
    )


def _report(state: ImportImageState, image: images.Image) -> tuple[str, ...]:
    return post_import.report(
        Platform(image.platform or Platform.LINUX),  # EC2 returns a platform only for Windows
        license_type=LicenseType(state.detected_license_type) if state.detected_license_type else state.license_type,
        boot_mode=BootMode(image.boot_mode) if image.boot_mode in set(BootMode) else None,
        encrypted=state.encrypted,
        operating_system=state.operating_system,
    )


def _resource_ids(state: ImportImageState) -> list[str]:
    return [str(state.image_id), *state.snapshot_ids]


class ImportImageArgs(AwsArgs):
    """The arguments of ImportImage.

    Changes to description, tags, operating_system, skip_operating_system_check, ignored_findings, image_profile,
    role_name, retain_on_delete, timeout_minutes, profile and assume_role_arn are applied in place. A change to any
    other argument replaces the AMI.
    """

    disk_containers: pulumi.Input[list[pulumi.Input[DiskContainerArgs]]]
    """The disks to import, root disk first: 1 to 21 containers, or one container with an OVA."""
    architecture: NotRequired[pulumi.Input[Literal["i386", "x86_64"]]]
    """The architecture, `i386` or `x86_64`. Default: EC2 detects it."""
    boot_mode: NotRequired[pulumi.Input[Literal["legacy-bios", "uefi"]]]
    """The boot mode, `legacy-bios` or `uefi`. Default: EC2 detects it."""
    client_data: NotRequired[pulumi.Input[ClientDataArgs]]
    """Optional metadata about the upload (EC2 ClientData)."""
    description: NotRequired[pulumi.Input[str]]
    """The description of the import task and the AMI. Default: EC2's own."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Whether to encrypt the snapshots of the AMI. Default: the Region's EBS encryption-by-default setting. An AMI for
    WorkSpaces BYOL must not be encrypted."""
    hypervisor: NotRequired[pulumi.Input[Literal["xen"]]]
    """The target hypervisor. The only allowed value is `xen`."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Ids of rules in docs/inspect.md, such as `vmdk-no-end-of-stream`, whose findings to ignore for these images.
    Default: none; a finding of severity `error` fails the preview."""
    image_profile: NotRequired[pulumi.Input[ImageProfileValue]]
    """The rules to check the images against: `ec2`, or `byol-workspaces` for an AMI that becomes a WorkSpaces image.
    Not sent to AWS. Default: `ec2`."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """The id, ARN or alias of a symmetric KMS key in the Region. The key must stay enabled until the task ends.
    Requires `encrypted`. Default: the account's default KMS key for EBS."""
    license_specifications: NotRequired[pulumi.Input[list[pulumi.Input[LicenseSpecificationArgs]]]]
    """The License Manager configurations to associate with the AMI. Default: none."""
    license_type: NotRequired[pulumi.Input[Literal["AWS", "BYOL"]]]
    """`AWS` (license included) or `BYOL`. Cannot be combined with `usage_operation`. Default: `AWS` for Windows Server;
    `BYOL` for Windows client and Linux."""
    operating_system: NotRequired[pulumi.Input[str]]
    """The guest operating system, such as `Windows Server 2022` or `Ubuntu 22.04`. The preview fails if VM
    Import/Export does not support it. Not sent to AWS. Default: not checked."""
    platform: NotRequired[pulumi.Input[Literal["Windows", "Linux"]]]
    """`Windows` or `Linux`. Required for a UEFI machine from an EBS snapshot. Default: EC2 detects it."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether to keep the AMI and its snapshots when the resource is deleted or replaced. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The name of the service role that VM Import/Export assumes. Default: `vmimport`."""
    skip_operating_system_check: NotRequired[pulumi.Input[bool]]
    """Whether to accept an `operating_system` that this version of the library does not list. Default: false."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Any value that changes with the content of the disk images, such as a checksum. A change replaces the AMI.
    Default: derived from the ETags of the objects, or from the ETags or modification times behind https URLs."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the task, the AMI and its snapshots; at most 45. Default: none."""
    usage_operation: NotRequired[pulumi.Input[UsageOperationValue]]
    """The usage operation that the AMI is billed as, such as `RunInstances:0800`. Cannot be combined with
    `license_type`. Default: EC2 derives it from the license type."""


class ImportImage(ManagedResource, module="vmimport", name="ImportImage"):
    """An AMI that EC2's ImportImage creates from disk images in S3.

    The resource id is the import task id. Creating the resource completes when the task has completed and the AMI and
    its snapshots are tagged. An interrupted run is resumed by the next one, and the same inputs never start a second
    task. A failed task fails the create with EC2's status message, the cause and the remedy. Deleting the resource
    cancels a running task, or deregisters the AMI and deletes its snapshots.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
    """

    import_task_id: pulumi.Output[str]
    """The id of the import task, `import-ami-...`. EC2 lists a task for seven days after it ends."""
    image_id: pulumi.Output[str]
    """The id of the AMI."""
    image_name: pulumi.Output[str | None]
    """The name of the AMI. EC2 chooses it and it cannot be changed; docs/after_the_import.md shows how to get a name of
    your own."""
    snapshot_ids: pulumi.Output[list[str]]
    """The ids of the AMI's snapshots, in the order of its disks."""
    task_status: pulumi.Output[str]
    """`completed`, or the last recorded status of a task that an interrupted run left."""
    status_message: pulumi.Output[str | None]
    """The status message of the task, as EC2 reports it."""
    detected_boot_mode: pulumi.Output[str | None]
    """The boot mode of the AMI, `legacy-bios` or `uefi`."""
    detected_license_type: pulumi.Output[str | None]
    """The license type of the task, `AWS` or `BYOL`."""
    detected_platform: pulumi.Output[str | None]
    """The platform details of the AMI, such as `Windows`."""
    billed_usage_operation: pulumi.Output[str | None]
    """The usage operation that the AMI is billed as."""
    post_import_report: pulumi.Output[list[str]]
    """What the import changed in the machine and what to do before you use it, one line each. See
    docs/post_import.md."""

    @overload
    def __init__(
        self, resource_name: str, args: ImportImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ImportImageArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ImportImageArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
