"""One row for each custom resource. Everything that lists the resources derives from here.

The rows of WorkSpaces and Image Builder are in modules of their own.

`host_for`, the public names of the package, `vmimport orphans`, docs/permissions.md, the table of the README and the
contract tests read this table. It imports neither Pulumi nor boto3, so that reading it is cheap.
"""

from importlib import import_module
from typing import Any

from pulumi_vmimport.resources.catalog_entry import (
    ACCESS_CHECK,
    ACL_CHECK,
    EXPORT_CHECK,
    EXPORT_ROLE_CHECK,
    EXPORTED_OBJECT,
    IMAGE_LOOK_UP,
    OBJECT_DELETION,
    RESULT_KEY_CHECK,
    ROLE_CHECK,
    SOURCE_CHECK,
    SSE_KMS,
    TAGGING,
    UPLOAD,
    UPLOAD_CHECK,
    VERSION_DELETION,
    Actions,
    ResourceEntry,
    iam,
)
from pulumi_vmimport.resources.image_builder_catalog import IMAGE_BUILDER_RESOURCES
from pulumi_vmimport.resources.orphan_kinds import OrphanKind
from pulumi_vmimport.resources.workspaces_catalog import WORKSPACES_RESOURCES

RESOURCES = (
    ResourceEntry(
        name="ImportImage",
        module="resources.ec2_tasks.import_image",
        summary="an AMI from disk images in S3, from URLs or from a snapshot (EC2 ImportImage)",
        page="supported_systems.md",
        actions=Actions(
            check=(*SOURCE_CHECK, *iam("ec2", "DescribeImages", "DescribeSnapshots")),
            create=(
                *iam("ec2", "ImportImage", "DescribeImportImageTasks", "CreateTags", "CopyImage"),
                *iam("ec2", "ModifyImageAttribute", "DeregisterImage", "DeleteSnapshot"),
                *(*IMAGE_LOOK_UP, "s3:GetObject", *RESULT_KEY_CHECK, *ACCESS_CHECK),
            ),
            read=(
                *iam("ec2", "DescribeImportImageTasks", "DescribeSnapshots", "DescribeInstances"),
                *(*IMAGE_LOOK_UP, "s3:GetObject"),
            ),
            update=(
                *iam("ec2", "DescribeImportImageTasks", "CopyImage", "ModifyImageAttribute"),
                *(*IMAGE_LOOK_UP, "s3:GetObject"),
                *iam("ec2", "CreateTags", "DeleteTags", "DeregisterImage", "DeleteSnapshot", "DescribeSnapshots"),
            ),
            delete=(
                *iam("ec2", "DescribeImportImageTasks", "CancelImportTask", "DescribeImages"),
                *iam("ec2", "DeregisterImage", "DeleteSnapshot", "DescribeSnapshots", "DeleteTags"),
            ),
            implied=("iam:PassRole",),
        ),
        orphans=(OrphanKind.IMAGE_IMPORT, OrphanKind.IMAGE, OrphanKind.SNAPSHOT),
    ),
    ResourceEntry(
        name="ImportSnapshot",
        module="resources.ec2_tasks.import_snapshot",
        summary="an EBS snapshot from one disk image in S3 (EC2 ImportSnapshot)",
        page="snapshots.md",
        actions=Actions(
            check=SOURCE_CHECK,
            create=(
                *iam("ec2", "ImportSnapshot", "DescribeImportSnapshotTasks", "CreateTags", "DescribeSnapshots"),
                *("ec2:DeleteSnapshot", "s3:GetObject", *RESULT_KEY_CHECK, *ACCESS_CHECK),
            ),
            read=iam("ec2", "DescribeImportSnapshotTasks", "DescribeSnapshots"),
            update=iam(
                "ec2", "DescribeImportSnapshotTasks", "DescribeSnapshots", "DeleteSnapshot", "CreateTags", "DeleteTags"
            ),
            delete=(
                *iam("ec2", "DescribeImportSnapshotTasks", "CancelImportTask"),
                *iam("ec2", "DescribeSnapshots", "DeleteSnapshot", "DeleteTags"),
            ),
            implied=("iam:PassRole",),
        ),
        orphans=(OrphanKind.SNAPSHOT_IMPORT, OrphanKind.SNAPSHOT),
    ),
    ResourceEntry(
        name="DirectSnapshot",
        module="resources.direct_snapshot.direct_snapshot",
        summary="an EBS snapshot from one disk image on this machine or in S3 (EBS direct APIs)",
        page="snapshots.md",
        actions=Actions(
            check=(*iam("s3", "ListBucket", "GetObject"), "kms:DescribeKey"),
            create=(
                *iam("ebs", "StartSnapshot", "PutSnapshotBlock", "CompleteSnapshot"),
                *iam("ec2", "DescribeSnapshots", "CreateTags", "DeleteSnapshot"),
                "s3:GetObject",
            ),
            read=("ec2:DescribeSnapshots",),
            update=(
                *iam("ebs", "PutSnapshotBlock", "CompleteSnapshot"),
                *iam("ec2", "DescribeSnapshots", "CreateTags", "DeleteTags", "DeleteSnapshot"),
                "s3:GetObject",
            ),
            delete=iam("ec2", "DescribeSnapshots", "DeleteSnapshot", "DeleteTags"),
        ),
        orphans=(OrphanKind.SNAPSHOT,),
    ),
    ResourceEntry(
        name="VirtualMachineExport",
        module="resources.virtual_machine_export.virtual_machine_export",
        summary="an OVA, or one object for each disk, in S3, streamed from a vSphere VM or one of its snapshots",
        page="uploads.md",
        actions=Actions(
            check=UPLOAD_CHECK,
            create=(*UPLOAD, *iam("s3", "DeleteObject", "DeleteObjectVersion")),
            read=("s3:GetObject",),
            update=(*UPLOAD, *VERSION_DELETION),
            delete=OBJECT_DELETION,
            implied=SSE_KMS,
        ),
        orphans=(OrphanKind.UPLOAD, OrphanKind.IMAGE_OBJECT),
    ),
    ResourceEntry(
        name="GuestInstallation",
        module="resources.guest_installation.guest_installation",
        summary="an operating system, installed in a vSphere VM and prepared for an import with nobody at the console",
        page="guest_preparation.md",
        actions=Actions(check=(), create=(), read=(), update=(), delete=()),
        orphans=(OrphanKind.ANSWER_ISO,),
    ),
    ResourceEntry(
        name="PreparationFiles",
        module="resources.guest_installation.preparation_files",
        summary="generates the files of a guest; part of GuestPreparation",
        page="guest_preparation.md",
        actions=Actions(check=(), create=(), read=(), update=(), delete=()),
        no_orphans="it creates files on this machine only",
        is_public=False,
    ),
    ResourceEntry(
        name="DiskImageUpload",
        module="resources.disk_image_upload.disk_image_upload",
        summary="a local OVA, OVF, VMDK, VHD, VHDX or raw image in S3; an interrupted upload is resumed",
        page="uploads.md",
        actions=Actions(
            check=UPLOAD_CHECK,
            create=(
                *UPLOAD,
                *iam("s3", "ListMultipartUploadParts", "PutObjectTagging"),
                "ec2:GetEbsEncryptionByDefault",
            ),
            read=iam("s3", "GetObject", "GetObjectTagging", "GetObjectVersionTagging"),
            update=(
                *UPLOAD,
                "s3:ListMultipartUploadParts",
                *TAGGING,
                "ec2:GetEbsEncryptionByDefault",
            ),
            delete=OBJECT_DELETION,
            implied=SSE_KMS,
        ),
        orphans=(OrphanKind.UPLOAD, OrphanKind.IMAGE_OBJECT),
    ),
    ResourceEntry(
        name="ExportImage",
        module="resources.ec2_tasks.export_image",
        summary="a disk image in S3 from an AMI (EC2 ExportImage)",
        page="exports.md",
        actions=Actions(
            check=("ec2:DescribeImages", *EXPORT_CHECK, *EXPORT_ROLE_CHECK),
            create=(
                *iam("ec2", "DescribeImages", "ExportImage", "DescribeExportImageTasks", "CreateTags"),
                *EXPORT_CHECK,
                *EXPORTED_OBJECT,
                *EXPORT_ROLE_CHECK,
            ),
            read=("ec2:DescribeExportImageTasks", "s3:ListBucket"),
            update=(*iam("ec2", "DescribeExportImageTasks", "CreateTags", "DeleteTags"), *EXPORTED_OBJECT),
            delete=(*iam("ec2", "DescribeExportImageTasks", "CancelExportTask", "DeleteTags"), *EXPORTED_OBJECT),
            implied=("iam:PassRole",),
        ),
        orphans=(OrphanKind.IMAGE_EXPORT, OrphanKind.EXPORTED_OBJECT),
    ),
    ResourceEntry(
        name="InstanceExport",
        module="resources.ec2_tasks.instance_export",
        summary="a disk image in S3 from an instance (EC2 CreateInstanceExportTask)",
        page="exports.md",
        actions=Actions(
            check=(
                *iam("ec2", "DescribeInstances", "DescribeInstanceTypes", "DescribeVolumes"),
                *iam("ec2", "DescribeImages", "DescribeSnapshots"),
                *ACL_CHECK,
            ),
            create=(
                *iam("ec2", "CreateInstanceExportTask", "DescribeExportTasks", "CreateTags"),
                *ACL_CHECK,
                *EXPORTED_OBJECT,
            ),
            read=("ec2:DescribeExportTasks", "s3:ListBucket"),
            update=(*iam("ec2", "DescribeExportTasks", "CreateTags", "DeleteTags"), *EXPORTED_OBJECT),
            delete=(*iam("ec2", "DescribeExportTasks", "CancelExportTask", "DeleteTags"), *EXPORTED_OBJECT),
        ),
        orphans=(OrphanKind.INSTANCE_EXPORT, OrphanKind.EXPORTED_OBJECT),
    ),
    ResourceEntry(
        name="FastLaunch",
        module="resources.ec2_images.fast_launch",
        summary="EC2 Fast Launch enabled for a Windows AMI (EC2 EnableFastLaunch)",
        page="fast_launch.md",
        actions=Actions(
            check=iam("ec2", "DescribeImages", "DescribeFastLaunchImages", "DescribeLaunchTemplateVersions"),
            create=iam("ec2", "EnableFastLaunch", "DisableFastLaunch", "DescribeFastLaunchImages", "DescribeImages"),
            read=iam("ec2", "DescribeFastLaunchImages"),
            update=iam("ec2", "EnableFastLaunch", "DisableFastLaunch", "DescribeFastLaunchImages"),
            delete=iam("ec2", "DisableFastLaunch", "DescribeFastLaunchImages"),
            implied=("ec2:RunInstances", "iam:CreateServiceLinkedRole"),
        ),
        no_orphans=(
            "EC2 keeps no tags for EC2 Fast Launch; the next `pulumi up` adopts what an interrupted run enabled, and "
            "`aws ec2 describe-fast-launch-images` lists it"
        ),
    ),
    *IMAGE_BUILDER_RESOURCES,
    *WORKSPACES_RESOURCES,
    ResourceEntry(
        name="RoleReadiness",
        module="resources.iam.role_readiness",
        summary="waits until IAM has propagated a service role; part of VmimportRole",
        page="permissions.md",
        actions=Actions(check=ACCESS_CHECK, create=ACCESS_CHECK, read=("iam:GetRole",), update=ROLE_CHECK, delete=()),
        no_orphans="it only reads the role",
        is_public=False,
    ),
)

_BY_NAME = {entry.name: entry for entry in RESOURCES}


def lifecycle_of(resource: str) -> Any:
    """The Lifecycle class of a resource by its name. Raises: KeyError for a name that the catalog does not have."""
    entry = _BY_NAME[resource]
    return getattr(import_module(f"pulumi_vmimport.{entry.module}_lifecycle"), f"{resource}Lifecycle")
