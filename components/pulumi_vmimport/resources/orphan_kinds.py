"""What an interrupted run can leave in AWS, by kind: how `vmimport orphans` recognizes it, lists it and removes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class OrphanKind(StrEnum):
    """A kind of orphan. The order is that of removal: a bundle goes before its image, an AMI before its snapshots."""

    IMAGE_IMPORT = "image import task"
    SNAPSHOT_IMPORT = "snapshot import task"
    IMAGE_EXPORT = "image export task"
    INSTANCE_EXPORT = "instance export task"
    BUNDLE = "WorkSpaces bundle"
    IMAGE_PERMISSION = "WorkSpaces image permission"
    WORKSPACE_IMAGE = "WorkSpaces image"
    BUILDER_IMAGE = "Image Builder image"
    DISTRIBUTION_CONFIGURATION = "distribution configuration"
    IMAGE = "AMI"
    SNAPSHOT = "snapshot"
    UPLOAD = "multipart upload"
    EXPORTED_OBJECT = "exported object"
    IMAGE_OBJECT = "image in S3"
    ROLE = "service role"
    MANAGED_POLICY = "managed policy"
    BUCKET = "bucket"
    VIRTUAL_MACHINE = "virtual machine"
    ANSWER_ISO = "answer ISO"


@dataclass(frozen=True)
class OrphanHandling:
    """How orphans of one kind are recognized, and the IAM actions that listing and removing them needs."""

    recognized_by: str
    list_actions: tuple[str, ...]
    remove_actions: tuple[str, ...]


_TAGS = "its tags `vmimport:identity`, `vmimport:stack` and `vmimport:resource`"
_OBJECT_REMOVAL = ("s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion")

HANDLING: Mapping[OrphanKind, OrphanHandling] = {
    OrphanKind.IMAGE_IMPORT: OrphanHandling(
        f"{_TAGS}; only tasks that have not ended", ("ec2:DescribeImportImageTasks",), ("ec2:CancelImportTask",)
    ),
    OrphanKind.SNAPSHOT_IMPORT: OrphanHandling(
        f"{_TAGS}; only tasks that have not ended", ("ec2:DescribeImportSnapshotTasks",), ("ec2:CancelImportTask",)
    ),
    OrphanKind.IMAGE_EXPORT: OrphanHandling(
        f"{_TAGS}; only tasks that have not ended", ("ec2:DescribeExportImageTasks",), ("ec2:CancelExportTask",)
    ),
    OrphanKind.INSTANCE_EXPORT: OrphanHandling(
        f"{_TAGS}; only tasks that have not ended", ("ec2:DescribeExportTasks",), ("ec2:CancelExportTask",)
    ),
    OrphanKind.BUNDLE: OrphanHandling(
        _TAGS,
        ("workspaces:DescribeWorkspaceBundles", "workspaces:DescribeTags"),
        ("workspaces:DeleteWorkspaceBundle",),
    ),
    OrphanKind.IMAGE_PERMISSION: OrphanHandling(
        "the tags of the image, because a permission has none. It is owned if the state grants it, and an orphan if "
        "its image is an orphan; otherwise its owner is another stack or unknown",
        ("workspaces:DescribeWorkspaceImagePermissions",),
        ("workspaces:UpdateWorkspaceImagePermission",),
    ),
    OrphanKind.WORKSPACE_IMAGE: OrphanHandling(
        _TAGS,
        ("workspaces:DescribeWorkspaceImages", "workspaces:DescribeTags"),
        ("workspaces:DeleteWorkspaceImage",),
    ),
    OrphanKind.BUILDER_IMAGE: OrphanHandling(
        f"{_TAGS}. Removing it deletes the AMIs and snapshots that it created, in all Regions and accounts, with the "
        "role that created them. The AMI of ImportVmImage is kept: it is that of the import task",
        ("imagebuilder:ListImageBuildVersions",),
        (
            *("imagebuilder:GetImage", "imagebuilder:CancelImageCreation", "imagebuilder:StartResourceStateUpdate"),
            *("imagebuilder:DeleteImage", "iam:PassRole"),
        ),
    ),
    OrphanKind.DISTRIBUTION_CONFIGURATION: OrphanHandling(
        f"{_TAGS}. Image Builder does not delete one that an image pipeline uses",
        ("imagebuilder:ListDistributionConfigurations",),
        ("imagebuilder:DeleteDistributionConfiguration",),
    ),
    OrphanKind.IMAGE: OrphanHandling(
        "the same tags, or those of the task that created it. EC2 lists a task for seven days after it ends; an AMI "
        "of an interrupted run has no tags of its own. After seven days it is recognized by its name, the id of the "
        "task: it is owned if the state contains that id, otherwise its owner is unknown. Copies of AMIs are not "
        "listed, except one that `image_name` made",
        ("ec2:DescribeImages",),
        ("ec2:DeregisterImage", "ec2:DeleteSnapshot"),
    ),
    OrphanKind.SNAPSHOT: OrphanHandling(
        "the same tags, or those of its AMI or of the task that created it. After seven days it is recognized by its "
        "description, which contains the id of the task, as an AMI is",
        ("ec2:DescribeSnapshots",),
        ("ec2:DeleteSnapshot",),
    ),
    OrphanKind.UPLOAD: OrphanHandling(
        "its key and checksum, because S3 returns no tags of an upload: a key that ends in `.ova`, `.vmdk`, `.vhd`, "
        "`.vhdx`, `.raw`, `.img` or `.mf`, and a CRC-32 of the full object. The key `project/stack/name.ova` of "
        "ByolWorkspaceImage names the stack; an upload with another key is owned or pending if the export contains "
        "the key, otherwise its owner is unknown. All buckets of the Region are searched, or those of `--bucket`",
        ("s3:ListAllMyBuckets", "s3:ListBucketMultipartUploads"),
        ("s3:AbortMultipartUpload",),
    ),
    OrphanKind.EXPORTED_OBJECT: OrphanHandling(
        "the tags of the export task that wrote it. After seven days it is recognized by its key, which contains the "
        "id of the task, in buckets that the export of the stack or `--bucket` names",
        ("s3:ListBucket",),
        ("s3:ListBucket", *_OBJECT_REMOVAL),
    ),
    OrphanKind.IMAGE_OBJECT: OrphanHandling(
        "its metadata `vmimport-identity`; only in buckets named with `--bucket`, with one request for each disk "
        "image. An object that `retain_on_delete` kept has the same metadata, so an object is never an orphan: remove "
        "it by its id",
        ("s3:ListBucket", "s3:GetObject"),
        ("s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    ),
    OrphanKind.ROLE: OrphanHandling(
        f"{_TAGS}; roles whose name begins with `vmimport` or `distribution-`, is that of a role of "
        "CrossAccountDistributionRole, or is in the export of the stack",
        ("iam:ListRoles", "iam:ListRoleTags", "iam:ListRolePolicies"),
        ("iam:ListRolePolicies", "iam:DeleteRolePolicy", "iam:DeleteRole"),
    ),
    OrphanKind.MANAGED_POLICY: OrphanHandling(
        f"{_TAGS}; only policies that are attached to nothing, as a killed run leaves them",
        ("iam:ListPolicies", "iam:ListPolicyTags"),
        ("iam:ListPolicyVersions", "iam:DeletePolicyVersion", "iam:DeletePolicy"),
    ),
    OrphanKind.BUCKET: OrphanHandling(
        f"{_TAGS}, which are read from each bucket of the Region. Only an empty bucket is deleted",
        ("s3:ListAllMyBuckets", "s3:GetBucketTagging", "s3:GetBucketPolicy"),
        ("s3:DeleteBucket",),
    ),
    OrphanKind.VIRTUAL_MACHINE: OrphanHandling(
        "its name in an interrupted create in the export of the stack. Requires `VSPHERE_SERVER`, `VSPHERE_USER` and "
        "`VSPHERE_PASSWORD`. It is owned if the state contains its UUID, and otherwise never an orphan, because a "
        "person can have created it: remove it by its id",
        (),
        (),
    ),
    OrphanKind.ANSWER_ISO: OrphanHandling(
        "its folder `pulumi-vmimport` in a datastore, and the file `.owner.json` beside it, which names the stack, the "
        "resource and the virtual machine. Requires `VSPHERE_SERVER`, `VSPHERE_USER` and `VSPHERE_PASSWORD`; without "
        "them it is not listed. One in a CD drive of its virtual machine is never an orphan",
        (),
        (),
    ),
}
