"""The IAM actions of an API call, and the resources on which IAM checks each of them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.access_keys import account_of
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# S3 names many actions otherwise than its operations.
# Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
}
S3_VERSION_ACTIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "GetObject": "GetObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
}
# The types of resources of EC2's actions, each with the parameter that names the resource; None for a new one. The
# other actions cannot be limited to resources.
_EC2: Mapping[str, Mapping[str, str | None]] = {
    "CancelExportTask": {"": "ExportTaskId"},
    "CancelImportTask": {"": "ImportTaskId"},
    "CopyImage": {"image": None, "snapshot": None},
    "CreateInstanceExportTask": {"export-instance-task": None, "instance": "InstanceId"},
    "DeleteSnapshot": {"snapshot": "SnapshotId"},
    "DeleteTags": {"": "ResourceId.1"},
    "DeregisterImage": {"image": "ImageId"},
    "DescribeImageAttribute": {"image": "ImageId"},
    "DisableFastLaunch": {"image": "ImageId"},
    "EnableFastLaunch": {"image": "ImageId"},
    "ExportImage": {"export-image-task": None, "image": "ImageId"},
    "ImportImage": {"image": None, "import-image-task": None},
    "ImportSnapshot": {"import-snapshot-task": None, "snapshot": None},
    "ModifyImageAttribute": {"image": "ImageId"},
}
_EC2_TYPES = {
    "ami": "image",
    "export-ami": "export-image-task",
    "export-i": "export-instance-task",
    "i": "instance",
    "import-ami": "import-image-task",
    "import-snap": "import-snapshot-task",
    "snap": "snapshot",
    "vol": "volume",
}
_WITHOUT_ACCOUNT = frozenset({"image", "snapshot"})
_WORKSPACES: Mapping[str, Mapping[str, str]] = {
    "CopyWorkspaceImage": {"workspaceimage": "SourceImageId"},
    "CreateUpdatedWorkspaceImage": {"workspaceimage": "SourceImageId"},
    "CreateWorkspaceBundle": {"workspaceimage": "ImageId", "workspacebundle": "*"},
    "CreateWorkspaceImage": {"workspace": "WorkspaceId"},
    "DeleteWorkspaceBundle": {"workspacebundle": "BundleId"},
    "DeleteWorkspaceImage": {"workspaceimage": "ImageId"},
    "DescribeWorkspaceImagePermissions": {"workspaceimage": "ImageId"},
    "UpdateWorkspaceBundle": {"workspacebundle": "BundleId", "workspaceimage": "ImageId"},
    "UpdateWorkspaceImagePermission": {"workspaceimage": "ImageId"},
}
_IMAGE_BUILDER_ARN = re.compile(r"arn:[\w-]+:imagebuilder:[^\"&\s]+")
_IMAGE_BUILDER_LISTS = frozenset({"ListDistributionConfigurations", "ListImages"})
# The operations that pass a role, with the service that assumes it. The role of ImportImage and the like is vmimport if
# the request does not name one.
_PASSES_ROLE = {
    "ec2:ExportImage": "vmie.amazonaws.com",
    "ec2:ImportImage": "vmie.amazonaws.com",
    "ec2:ImportSnapshot": "vmie.amazonaws.com",
}
_DEFAULT_ROLE = "vmimport"
_ORGANIZATION = "o-sandbox000"  # policies rarely name one; moto's id is random
_IMAGE_BUILDER = "imagebuilder.amazonaws.com"


@dataclass(frozen=True)
class NeededPermission:
    """An action that the caller of an API call must be allowed on a resource."""

    action: str
    resource: str
    context: Mapping[str, str]
    """The condition keys of the request that the sandbox knows"""


def needed_permissions(incoming: IncomingCall, environ: "WSGIEnvironment") -> Iterator[NeededPermission]:
    """The permissions that a call needs, in the order in which they are checked."""
    call, request = incoming.call, _Request(incoming, environ)
    context = {"aws:RequestedRegion": call.region, "aws:PrincipalAccount": request.account}
    for action, resources in request.checks():
        for resource in resources:
            yield NeededPermission(action, resource, context)
    if passed := request.passed_role():
        role, service = passed
        yield NeededPermission("iam:PassRole", role, {**context, "iam:PassedToService": service})


class _Request:
    def __init__(self, incoming: IncomingCall, environ: "WSGIEnvironment") -> None:
        self.call, self.parameters = incoming.call, incoming.parameters
        self.account = account_of(incoming.access_key)
        self.query = environ.get("QUERY_STRING", "")
        self.has_object_tags = bool(environ.get("HTTP_X_AMZ_TAGGING"))
        self.body = incoming.body
        self.action = f"{self.call.service}:{self.call.operation}"

    def checks(self) -> Iterator[tuple[str, Sequence[str]]]:
        of_service = {
            "ebs": self._ebs,
            "ec2": self._ec2,
            "iam": self._iam,
            "imagebuilder": self._image_builder,
            "kms": self._kms,
            "organizations": self._organizations,
            "s3": self._s3,
            "ssm": self._ssm,
            "workspaces": self._workspaces,
        }
        if check := of_service.get(self.call.service):
            yield from check()
        else:
            yield self.action, ["*"]

    def passed_role(self) -> tuple[str, str] | None:
        """The ARN of the role in the request, and the service that it is passed to."""
        if service := _PASSES_ROLE.get(self.action):
            return self._arn("iam", f"role/{self.parameters.get('RoleName') or _DEFAULT_ROLE}", region=""), service
        role = str(self.body.get("executionRole", "")) if self.call.service == "imagebuilder" else ""
        if not role:
            return None
        return role if role.startswith("arn:") else self._arn("iam", f"role/{role}", region=""), _IMAGE_BUILDER

    def _arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        partition = get_partition(self.call.region)
        where = self.call.region if region is None else region
        return f"arn:{partition}:{service}:{where}:{self.account if account is None else account}:{resource}"

    def _s3(self) -> Iterator[tuple[str, Sequence[str]]]:
        name = S3_ACTIONS.get(self.call.operation, self.call.operation)
        if "versionId=" in self.query:
            name = S3_VERSION_ACTIONS.get(name, name)
        path = self.call.path.partition("?")[0].strip("/")
        arns = [f"arn:{get_partition(self.call.region)}:s3:::{path}" if path else "*"]
        yield f"s3:{name}", arns
        if self.has_object_tags:
            yield "s3:PutObjectTagging", arns

    def _ec2(self) -> Iterator[tuple[str, Sequence[str]]]:
        operation, types = self.call.operation, _EC2.get(self.call.operation)
        if operation in {"CreateTags", "DeleteTags"}:
            yield self.action, [self._of_id(v) for n, v in self.parameters.items() if n.startswith("ResourceId.")]
            return
        found = [self._ec2_resource(of_type, name) for of_type, name in (types or {}).items()]
        yield self.action, found or ["*"]
        tagged = [v for n, v in self.parameters.items() if n.startswith("TagSpecification") and n.endswith("Type")]
        if tagged:
            yield "ec2:CreateTags", [self._ec2_resource(of_type, None) for of_type in dict.fromkeys(tagged)]

    def _ec2_resource(self, of_type: str, parameter: str | None) -> str:
        id = self.parameters.get(parameter, "*") if parameter else "*"
        if not of_type:
            return self._of_id(id)
        return self._arn("ec2", f"{of_type}/{id}", account="" if of_type in _WITHOUT_ACCOUNT else None)

    def _of_id(self, id: str) -> str:
        of_type = _EC2_TYPES.get(id.rpartition("-")[0], "*")
        return self._arn("ec2", f"{of_type}/{id}", account="" if of_type in _WITHOUT_ACCOUNT else None)

    def _ebs(self) -> Iterator[tuple[str, Sequence[str]]]:
        found = re.search(r"snap-\w+", self.call.path)
        yield self.action, [self._arn("ec2", f"snapshot/{found.group() if found else '*'}", account="")]
        if self.body.get("Tags"):
            yield "ec2:CreateTags", [self._arn("ec2", "snapshot/*", account="")]

    def _iam(self) -> Iterator[tuple[str, Sequence[str]]]:
        named = {
            "PolicyArn": "",
            "PolicySourceArn": "",
            "RoleName": "role/",
            "UserName": "user/",
            "PolicyName": "policy/",
        }
        order = ["RoleName", "UserName", "PolicySourceArn", "PolicyArn", "PolicyName"]
        name = next((name for name in order if name in self.parameters), None)
        if name is None:
            yield self.action, ["*"]
            return
        value = self.parameters[name]
        path = self.parameters.get("Path", "/").strip("/")
        resource = f"{named[name]}{f'{path}/' if path else ''}{value}"
        yield self.action, [value if value.startswith("arn:") else self._arn("iam", resource, region="")]

    def _image_builder(self) -> Iterator[tuple[str, Sequence[str]]]:
        text = f"{unquote(self.query)} {json.dumps(self.body)} {unquote(self.call.path)}"
        own = _IMAGE_BUILDER_ARN.findall(text)
        in_query = parse_qs(self.query).get("lifecycleExecutionId", [""])
        execution = self.body.get("lifecycleExecutionId") or in_query[0]
        if self.call.operation in _IMAGE_BUILDER_LISTS:
            yield self.action, ["*"]
        elif execution:
            yield self.action, [self._arn("imagebuilder", f"lifecycle-execution/{execution}")]
        elif self.call.operation == "CreateDistributionConfiguration":
            yield self.action, [self._arn("imagebuilder", f"distribution-configuration/{self.body.get('name', '*')}")]
        elif self.call.operation in {"DistributeImage", "ImportDiskImage", "ImportVmImage"} or not own:
            yield self.action, [self._arn("imagebuilder", "image/*")]
        else:
            yield self.action, own[:1]
        if "tags" in self.body and self.call.operation != "TagResource":
            of_type = "distribution-configuration" if "Distribution" in self.call.operation else "image"
            yield "imagebuilder:TagResource", [self._arn("imagebuilder", f"{of_type}/*")]

    def _kms(self) -> Iterator[tuple[str, Sequence[str]]]:
        id = str(self.body.get("KeyId", ""))
        key = find_kms_key(AccountRegion(self.account, self.call.region), id) if id else None
        missing = id if id.startswith("arn:") and ":key/" in id else self._arn("kms", f"key/{id.rpartition('/')[2]}")
        yield self.action, [key.arn if key else missing if id else "*"]

    def _organizations(self) -> Iterator[tuple[str, Sequence[str]]]:
        account = self.body.get("AccountId")
        arn = f"arn:{get_partition(self.call.region)}:organizations::{self.account}:account/{_ORGANIZATION}/{account}"
        yield self.action, [arn if account else "*"]

    def _ssm(self) -> Iterator[tuple[str, Sequence[str]]]:
        names = [self.body["Name"]] if "Name" in self.body else self.body.get("Names", ())
        yield self.action, [self._arn("ssm", f"parameter/{str(name).lstrip('/')}") for name in names] or ["*"]

    def _workspaces(self) -> Iterator[tuple[str, Sequence[str]]]:
        types = _WORKSPACES.get(self.call.operation, {})
        found = [self._arn("workspaces", f"{of}/{self.body.get(name, '*')}") for of, name in types.items()]
        yield self.action, found or ["*"]
        if "Tags" in self.body and self.call.operation != "CreateTags":
            yield "workspaces:CreateTags", ["*"]
