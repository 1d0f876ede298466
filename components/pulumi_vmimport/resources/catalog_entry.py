"""What a row of the catalog holds, and the IAM actions that several rows share."""

from dataclasses import dataclass

from pulumi_vmimport.aws.permissions.needed_actions import NeededActions
from pulumi_vmimport.resources.orphan_kinds import OrphanKind


def iam(service: str, *names: str) -> tuple[str, ...]:
    """The actions of a service by their names."""
    return tuple(f"{service}:{name}" for name in names)


@dataclass(frozen=True, kw_only=True)
class Actions:
    """The IAM actions that the operations of a resource need, without `sts:GetCallerIdentity`."""

    check: tuple[str, ...]
    """The checks of preview; a denied check is a warning"""
    create: tuple[str, ...]
    read: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]
    implied: tuple[str, ...] = ()
    """Further permissions that AWS requires the caller of these actions to have"""

    @property
    def needed(self) -> NeededActions:
        """The actions of all operations."""
        called = (*self.check, *self.create, *self.read, *self.update, *self.delete)
        return NeededActions(frozenset(called), frozenset(self.implied))


@dataclass(frozen=True, kw_only=True)
class ResourceEntry:
    """One custom resource."""

    name: str
    module: str
    """The module below `pulumi_vmimport` that defines it; `<module>_lifecycle` defines its lifecycle"""
    summary: str
    """One line for the table of the README"""
    page: str
    """Its page in docs/"""
    actions: Actions
    orphans: tuple[OrphanKind, ...] = ()
    """What an interrupted run can leave, in the words of resources/orphan_kinds.py"""
    no_orphans: str = ""
    """Why there are no orphans"""
    is_public: bool = True


ROLE_CHECK = iam(
    "iam",
    "GetRole",
    "ListRolePolicies",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "GetPolicy",
    "GetPolicyVersion",
)
EXPORT_ROLE_CHECK = (*ROLE_CHECK, "s3:GetBucketPolicy")
ACCESS_CHECK = (*EXPORT_ROLE_CHECK, "s3:GetEncryptionConfiguration", *iam("kms", "DescribeKey", "GetKeyPolicy"))
RESULT_KEY_CHECK = ("kms:DescribeKey", *iam("ec2", "GetEbsEncryptionByDefault", "GetEbsDefaultKmsKeyId"))
SOURCE_CHECK = (*iam("s3", "ListBucket", "GetObject"), *RESULT_KEY_CHECK, *ACCESS_CHECK)
EXPORT_CHECK = iam("s3", "ListBucket", "GetEncryptionConfiguration", "GetBucketOwnershipControls")
ACL_CHECK = (*EXPORT_CHECK, *iam("s3", "GetBucketAcl", "GetBucketPolicy"))
IMAGE_LOOK_UP = iam("ec2", "DescribeImages", "DescribeImageAttribute")
EXPORTED_OBJECT = iam("s3", "ListBucket", "ListBucketVersions", "DeleteObject", "DeleteObjectVersion")
UPLOAD_CHECK = (
    *iam("s3", "ListBucket", "GetObject", "GetBucketPolicy"),
    *("kms:DescribeKey", "ec2:GetEbsEncryptionByDefault"),
)
UPLOAD = iam("s3", "PutObject", "GetObject", "ListBucketMultipartUploads", "AbortMultipartUpload")
VERSION_DELETION = iam(
    "s3", "ListBucketVersions", "GetObject", "GetObjectVersion", "DeleteObject", "DeleteObjectVersion"
)
OBJECT_DELETION = (*VERSION_DELETION, *iam("s3", "ListBucketMultipartUploads", "AbortMultipartUpload"))
SSE_KMS = iam("kms", "GenerateDataKey", "Decrypt")
"""For a multipart upload whose object a KMS key encrypts"""
TAGGING = iam("s3", "PutObjectTagging", "DeleteObjectTagging")
RECIPIENT_CHECK = (
    *iam("workspaces", "DescribeWorkspaceImages", "DescribeWorkspaceImagePermissions"),
    *iam("organizations", "DescribeOrganization", "DescribeAccount"),
)
_WORKSPACE_IMAGE_DELETION = iam(
    "workspaces",
    "DescribeWorkspaceImages",
    "DeleteTags",
    "DeleteWorkspaceImage",
    "DescribeWorkspaceBundles",
    "DescribeWorkspaceImagePermissions",
)


def workspace_image_actions(
    operation: str, check: tuple[str, ...], *progress: str, source: tuple[str, ...] = (), implied: tuple[str, ...] = ()
) -> Actions:
    """The actions of a resource that creates a WorkSpaces image with one operation, of a source that is waited for."""
    poll = iam("workspaces", "DescribeWorkspaceImages", *progress)
    tags = iam("workspaces", "CreateTags", "DeleteTags")
    return Actions(
        check=(*iam("workspaces", "DescribeWorkspaceImages", "DescribeTags"), *check),
        create=(*iam("workspaces", operation, "DescribeTags", "DeleteWorkspaceImage"), *poll, *tags, *source),
        read=iam("workspaces", "DescribeWorkspaceImages", "DescribeTags", *progress),
        update=(*iam("workspaces", "DeleteWorkspaceImage", "DescribeTags"), *poll, *tags),
        delete=(*_WORKSPACE_IMAGE_DELETION, *iam("workspaces", *progress)),
        implied=implied,
    )
