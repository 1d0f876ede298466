"""The arguments of ImportImage."""

from typing import Literal, NotRequired

import pulumi

from pulumi_vmimport.lifecycle.managed_resource import AwsArgs
from pulumi_vmimport.resources.allowed_values import ImageProfileValue, UsageOperationValue
from pulumi_vmimport.resources.disk_container_args import (
    ClientDataArgs,
    DiskContainerArgs,
    LicenseSpecificationArgs,
)


class ImportImageArgs(AwsArgs):
    """The arguments of ImportImage.

    Changes to image_name, imds_support, description, tags, operating_system, skip_operating_system_check,
    ignored_findings, image_profile, role_name, retain_on_delete, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument replaces the AMI.
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
