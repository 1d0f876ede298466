"""ImportImage: imports disk images in S3, or EBS snapshots, as an AMI.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.ec2.import_options import (
    Architecture,
    BootMode,
    Hypervisor,
    ImdsSupport,
    LicenseType,
    Platform,
    UsageOperation,
)
from pulumi_vmimport.aws.ec2.import_request import ClientData, ImageDiskContainer, LicenseSpecification
from pulumi_vmimport.aws.ec2.sysprep import Sysprep
from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess
from pulumi_vmimport.image_profile import MachineProfile
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import detected, nested, updatable
from pulumi_vmimport.resources.allowed_values import ImageProfileValue, IngestionProcessValue, UsageOperationValue
from pulumi_vmimport.resources.disk_container_args import (
    ClientDataArgs,
    DiskContainerArgs,
    LicenseSpecificationArgs,
)
from pulumi_vmimport.resources.disk_container_spelling import same_containers
from pulumi_vmimport.resources.disk_url import DISK_URL
from pulumi_vmimport.resources.ec2_tasks.conversion_state import ConversionInputs, ConversionState
from pulumi_vmimport.resources.input_spellings import same_key


@dataclass(frozen=True, kw_only=True)
class ImportImageInputs(ConversionInputs):
    disk_containers: tuple[ImageDiskContainer, ...] = nested(same=same_containers, url=DISK_URL)
    architecture: Architecture | None = detected()
    boot_mode: BootMode | None = detected()
    client_data: ClientData | None = None
    description: str | None = updatable(chosen_by_aws=True)
    encrypted: bool | None = detected()
    hypervisor: Hypervisor | None = detected()
    ignored_findings: tuple[str, ...] | None = updatable()
    image_profile: MachineProfile | None = updatable()
    image_name: str | None = updatable(preflight=True, chosen_by_aws=True)
    imds_support: ImdsSupport | None = updatable(chosen_by_aws=True)
    ingestion_process: IngestionProcess | None = updatable()
    kms_key_id: str | None = detected(same_key)
    license_specifications: tuple[LicenseSpecification, ...] | None = None
    license_type: LicenseType | None = detected()
    operating_system: str | None = updatable()
    platform: Platform | None = detected()
    role_name: str | None = updatable(in_digest=True)
    skip_operating_system_check: bool | None = updatable()
    source_hash: str | None = None
    sysprep: Sysprep | None = updatable()
    usage_operation: UsageOperation | None = detected()


@dataclass(frozen=True, kw_only=True)
class ImportImageState(ImportImageInputs, ConversionState):
    import_task_id: str | None = None
    image_id: str | None = None
    snapshot_ids: tuple[str, ...] = ()
    detected_boot_mode: str | None = None
    detected_guest: Mapping[str, str] | None = None
    detected_license_type: str | None = None
    detected_platform: str | None = None
    billed_usage_operation: str | None = None
    post_import_report: tuple[str, ...] = ()
    clone_runbook: str | None = None
    launch_permissions: tuple[str, ...] = ()
    replaced_image_id: str | None = None
    replaced_snapshot_ids: tuple[str, ...] = ()
    provenance: Mapping[str, str] | None = None


class ImportImageArgs(AwsArgs):
    """The arguments of ImportImage.

    Changes to image_name, imds_support, description, tags, operating_system, skip_operating_system_check,
    ignored_findings, image_profile, ingestion_process, sysprep, role_name, retain_on_delete, timeout_minutes, profile
    and assume_role_arn are applied in place. A change to any other argument replaces the AMI; the removal of
    architecture, boot_mode, encrypted, hypervisor, kms_key_id, license_type, platform or usage_operation changes
    nothing.
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
    """The description of the import task and the AMI. Default: EC2's own, which the output shows; removing the argument
    keeps the description."""
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
    image_name: NotRequired[pulumi.Input[str]]
    """The name of the AMI, 3 to 128 characters, unique in the account and Region. EC2 names an imported AMI after its
    task and cannot rename it, so the AMI is copied in the Region under this name, with its tags and encryption, and
    EC2's AMI and its snapshots are removed. The copy takes minutes to an hour; until it ends, the snapshots of both are
    billed. A change copies the AMI again, without an import, and changes `image_id`. Default: EC2's name, which the
    output shows; removing the argument keeps the name. Source:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html"""
    imds_support: NotRequired[pulumi.Input[Literal["v2.0"]]]
    """`v2.0`: instances of the AMI require IMDSv2 unless they set otherwise. EC2 cannot undo it; removing the argument
    keeps it. Default: IMDSv1 and IMDSv2. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-IMDS-new-instances.html"""
    ingestion_process: NotRequired[pulumi.Input[IngestionProcessValue]]
    """The ingestion process of the WorkSpaces image that is made from the AMI, such as `BYOL_REGULAR_WSP`. The import
    fails before it starts if the Windows release on the disk does not support it. Not sent to AWS. Default: not
    checked."""
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
    Import/Export does not support it, or if the disk holds another one. Not sent to AWS. Default: not checked."""
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
    sysprep: NotRequired[pulumi.Input[Literal["before-export", "after-import", "none"]]]
    """When Sysprep generalizes Windows: `before-export`, `after-import` (in an instance, whose AMI you clone), or
    `none`. Not sent to VM Import/Export; the AMI and a copy under `image_name` have it as the tag `vmimport:sysprep`.
    This library warns before a Windows Server AMI marked `none` is distributed, and while it is shared, because its
    instances are clones. An AMI for WorkSpaces BYOL is exempt: it is exported before Sysprep. Default: not known."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """The tags of the task, the AMI and its snapshots; at most 40, with `sysprep` 39. Default: none."""
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

    _inputs_type = ImportImageInputs
    _state_type = ImportImageState

    import_task_id: pulumi.Output[str]
    """The id of the import task, `import-ami-...`. EC2 lists a task for seven days after it ends."""
    image_id: pulumi.Output[str]
    """The id of the AMI."""
    image_name: pulumi.Output[str | None]
    """The name of the AMI: that of the argument, or EC2's own, the id of the import task."""
    description: pulumi.Output[str | None]
    """The description of the AMI, also if the argument is not set."""
    imds_support: pulumi.Output[Literal["v2.0"] | None]
    """`v2.0` if the AMI requires IMDSv2."""
    launch_permissions: pulumi.Output[list[str]]
    """Who may launch the AMI besides its owner: account ids, `all`, ARNs of organizations and organizational units."""
    replaced_image_id: pulumi.Output[str | None]
    """The AMI that a copy under `image_name` replaces, while it still exists."""
    replaced_snapshot_ids: pulumi.Output[list[str]]
    """Its snapshots."""
    snapshot_ids: pulumi.Output[list[str]]
    """The ids of the AMI's snapshots, in the order of its disks."""
    task_status: pulumi.Output[str]
    """`completed`, or the last recorded status of a task that an interrupted run left."""
    status_message: pulumi.Output[str | None]
    """The status message of the task, as EC2 reports it."""
    detected_boot_mode: pulumi.Output[str | None]
    """The boot mode of the AMI, `legacy-bios` or `uefi`."""
    detected_guest: pulumi.Output[dict[str, str] | None]
    """The operating system on the root disk, read from the image that EC2 imports: `system`, `release`, `edition`,
    `build`, `language`, `architecture`, `firmware` (`bios` or `efi`) and `sysprepState` (`installed`, `generalized`,
    `setup-in-progress`), of Linux also `distribution`, `version` and `kernel`; what could not be read is left out. Only
    `unknown`, the reason, if the disk has no operating system that is recognized, or the image is not readable. None
    after a warning that a read failed, and in stacks of versions without this output: the next refresh or update reads
    the image."""
    detected_license_type: pulumi.Output[str | None]
    """The license type of the task, `AWS` or `BYOL`."""
    detected_platform: pulumi.Output[str | None]
    """The platform details of the AMI, such as `Windows`."""
    billed_usage_operation: pulumi.Output[str | None]
    """The usage operation that the AMI is billed as."""
    provenance: pulumi.Output[dict[str, str] | None]
    """Where the AMI comes from, as its tags say too: `virtualMachine` (BIOS UUID and change version), `diskSha256`,
    `object`, `importTask`, `stack`, `resource`; what is not known is left out. `vmimport provenance` shows the same."""
    post_import_report: pulumi.Output[list[str]]
    """What the import changed in the machine and what to do before you use it, one line each. See
    docs/post_import.md."""
    clone_runbook: pulumi.Output[str | None]
    """PowerShell commands for instances of a Windows Server AMI that Sysprep did not generalize: routes, activation,
    administrator password. Absent for other AMIs, and with `sysprep` set to `before-export` or `after-import`."""

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
