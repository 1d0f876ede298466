"""ImportImage: a disk image in S3 (or an EBS snapshot) becomes an AMI.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html; requirements IMG-*.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NotRequired

import pulumi

from pulumi_vmimport.aws.ec2 import ebs_snapshots, ec2_tags, images
from pulumi_vmimport.aws.ec2.import_options import BootMode, LicenseType, Platform
from pulumi_vmimport.aws.ec2.import_request import api_members
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS, ImageImportTask, start_image_import
from pulumi_vmimport.aws.tables import post_import
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.lifecycle.identity import is_own_tag
from pulumi_vmimport.lifecycle.managed_resource import AwsScopeArgs, ManagedResource
from pulumi_vmimport.resources.disk_container_args import (
    ClientDataArgs,
    DiskContainerArgs,
    LicenseSpecificationArgs,
)
from pulumi_vmimport.resources.ec2_tasks import import_image_rules as rules
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import (
    IMPORT_TURNS,
    ConversionLifecycle,
    ConversionState,
)
from pulumi_vmimport.resources.ec2_tasks.import_image_inputs import ImportImageInputs


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
    inputs = ImportImageInputs
    state = ImportImageState
    tasks = IMAGE_IMPORTS
    turns = IMPORT_TURNS

    def check(self, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.check(inputs)

    def look_up(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.look_up(run, inputs)

    def role_problems(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.role_problems(run, inputs)

    def inspection_problems(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.inspection_problems(run, inputs) if rules.is_inspected_later(run) else iter(())

    def start(self, run: Run, inputs: ImportImageInputs, token: str, tags: Mapping[str, str]) -> ImageImportTask:
        return start_image_import(run.aws, api_members(inputs), token, tags)

    def begun(self, inputs: ImportImageInputs, task: ImageImportTask) -> ImportImageState:
        return ImportImageState(**vars(inputs), import_task_id=task.id, task_status=task.status)

    def observed(self, state: ImportImageState, task: ImageImportTask) -> ImportImageState:
        return replace(
            state,
            image_id=task.image_id,
            snapshot_ids=task.snapshot_ids,
            detected_license_type=task.license_type,
            detected_platform=task.platform,
            billed_usage_operation=task.usage_operation,
        )

    def is_made(self, state: ImportImageState) -> bool:
        return state.image_id is not None

    def is_there(self, run: Run, task: ImageImportTask) -> bool:
        return images.find(run.aws, str(task.image_id)) is not None

    def settle(self, run: Run, state: ImportImageState) -> ImportImageState:
        tags = {**(state.tags or {}), **run.identity.tags(self.inputs_of(state))}
        ec2_tags.tag(run.aws, _things(state), tags)
        if state.description is not None:
            images.describe_as(run.aws, str(state.image_id), state.description)
        image = images.find(run.aws, str(state.image_id))
        if image is None:
            return state
        return replace(
            state,
            image_name=image.name,
            detected_platform=image.platform_details,
            detected_boot_mode=image.boot_mode,
            billed_usage_operation=image.usage_operation,
            post_import_report=_report(state, image),
        )

    def untag(self, run: Run, state: ImportImageState, keys: Sequence[str]) -> None:
        if images.find(run.aws, str(state.image_id)) is not None:
            ec2_tags.untag(run.aws, _things(state), keys)

    def read_made(self, run: Run, state: ImportImageState) -> ImportImageState | None:
        image = images.find(run.aws, str(state.image_id))
        if image is None:
            # Snapshots outlive an AMI that somebody deregistered: the state stays, for delete to remove them.
            left = ebs_snapshots.existing(run.aws, state.snapshot_ids)
            return replace(state, task_status="deregistered", snapshot_ids=left) if left else None
        tags = {k: v for k, v in image.tags.items() if not is_own_tag(k)}
        description = image.description if state.description is not None else None
        own = tags if tags or state.tags is not None else None  # no tags and an empty map of them are the same
        return replace(state, tags=own, description=description, snapshot_ids=image.snapshot_ids)

    def remove(self, run: Run, state: ImportImageState) -> None:
        images.remove(run.aws, state.image_id, state.snapshot_ids)


def _report(state: ImportImageState, image: images.Image) -> tuple[str, ...]:
    return post_import.report(
        Platform(image.platform or Platform.LINUX),  # EC2 names a platform only where it is Windows
        license_type=LicenseType(state.detected_license_type) if state.detected_license_type else state.license_type,
        boot_mode=BootMode(image.boot_mode) if image.boot_mode in set(BootMode) else None,
        encrypted=state.encrypted,
        operating_system=state.operating_system,
    )


def _things(state: ImportImageState) -> list[str]:
    return [str(state.image_id), *state.snapshot_ids]


class ImportImageArgs(AwsScopeArgs):
    """The arguments of ImportImage.

    A change of any but description, tags, operating_system, skip_operating_system_check, ignored_findings,
    image_profile, retain_on_delete, timeout_minutes, profile and assume_role_arn replaces the AMI.
    """

    disk_containers: pulumi.Input[list[pulumi.Input[DiskContainerArgs]]]
    """The disks, root disk first; 1 to 21, or one OVA."""
    architecture: NotRequired[pulumi.Input[str]]
    """i386 or x86_64. Default: EC2 looks at the disk."""
    boot_mode: NotRequired[pulumi.Input[str]]
    """legacy-bios or uefi. Default: EC2 looks at the disk."""
    client_data: NotRequired[pulumi.Input[ClientDataArgs]]
    """What you tell about the upload."""
    description: NotRequired[pulumi.Input[str]]
    """A description of the task, and of the AMI once it is there."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Encrypt the AMI's snapshots. Default: false; must be false for WorkSpaces BYOL (IMG-05)."""
    hypervisor: NotRequired[pulumi.Input[str]]
    """xen, the only one there is."""
    ignored_findings: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Rules of docs/inspect.md, such as `vmdk-no-end-of-stream`, whose findings do not count for these images, where
    you know better. Default: none; an error that a look into an image shows fails the preview."""
    image_profile: NotRequired[pulumi.Input[str]]
    """What the images are judged for: ec2, or byol-workspaces for an AMI that becomes a WorkSpaces image; nothing of it
    goes to AWS. Default: ec2."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """A symmetric key of the Region, enabled throughout; needs encrypted. Default: the account's default EBS key."""
    license_specifications: NotRequired[pulumi.Input[list[pulumi.Input[LicenseSpecificationArgs]]]]
    """License Manager configurations to attach to the AMI."""
    license_type: NotRequired[pulumi.Input[str]]
    """AWS or BYOL. Default: AWS for Windows Server, else BYOL. Excludes usage_operation."""
    operating_system: NotRequired[pulumi.Input[str]]
    """The system in words, such as `Windows Server 2022` or `Ubuntu 22.04`, for preview to check whether it can be
    imported; nothing of it goes to AWS. Default: not checked."""
    platform: NotRequired[pulumi.Input[str]]
    """Windows or Linux. Default: EC2 looks at the disk."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave AMI and snapshots in the account when the resource is deleted. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The service role. Default: vmimport."""
    skip_operating_system_check: NotRequired[pulumi.Input[bool]]
    """Take an operating_system that the table of this version does not have. Default: false."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Anything that changes when the content of the objects does, such as a checksum; a change imports anew."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the task, the AMI and its snapshots; at most 45."""
    usage_operation: NotRequired[pulumi.Input[str]]
    """What the AMI is billed as, such as RunInstances:0800. Excludes license_type."""


class ImportImage(ManagedResource, module="vmimport", name="ImportImage"):
    """An AMI made by EC2's ImportImage from disk images in S3; the resource's id is the import task's.

    Created when the task has completed and the AMI and its snapshots carry the tags. A run that is cancelled or killed
    is taken up by the next one: a task is never started twice for the same inputs. Deleting it cancels the task, or
    deregisters the AMI and deletes its snapshots.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
    """

    import_task_id: pulumi.Output[str]
    """The import task, import-ami-...; EC2 lists it for seven days after its end."""
    image_id: pulumi.Output[str]
    """The AMI."""
    image_name: pulumi.Output[str | None]
    """The AMI's name, which EC2 chooses and nobody can change; see docs/after_the_import.md for a name of your own."""
    snapshot_ids: pulumi.Output[list[str]]
    """The snapshots of the AMI, in the order of its disks."""
    task_status: pulumi.Output[str]
    """completed, or where a run that was interrupted left the task."""
    status_message: pulumi.Output[str | None]
    """EC2's last message for the task."""
    detected_boot_mode: pulumi.Output[str | None]
    """The AMI's boot mode, legacy-bios or uefi."""
    detected_license_type: pulumi.Output[str | None]
    """AWS or BYOL, as the task says."""
    detected_platform: pulumi.Output[str | None]
    """The AMI's platform details, such as Windows."""
    billed_usage_operation: pulumi.Output[str | None]
    """What the AMI is billed as."""
    post_import_report: pulumi.Output[list[str]]
    """What AWS changed in the machine and what to do before it is used, a line each; see docs/post_import.md."""

    def __init__(self, name: str, args: ImportImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
