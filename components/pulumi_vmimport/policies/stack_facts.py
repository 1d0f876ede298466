"""What a policy pack sees of a stack: resources, their properties, and which resource supplied which property. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pulumi_vmimport.lifecycle.unknown import UNKNOWN, is_known, is_set

IMPORT_IMAGE = "pulumi-python:dynamic/vmimport:ImportImage"
IMPORT_SNAPSHOT = "pulumi-python:dynamic/vmimport:ImportSnapshot"
DISTRIBUTE_IMAGE = "pulumi-python:dynamic/vmimport:DistributeImage"
DISK_IMAGE_UPLOAD = "pulumi-python:dynamic/vmimport:DiskImageUpload"
VIRTUAL_MACHINE_EXPORT = "pulumi-python:dynamic/vmimport:VirtualMachineExport"
IMPORT_WORKSPACE_IMAGE = "pulumi-python:dynamic/vmimport:ImportWorkspaceImage"
IMPORT_CUSTOM_WORKSPACE_IMAGE = "pulumi-python:dynamic/vmimport:ImportCustomWorkspaceImage"
AMI_COPY = "aws:ec2/amiCopy:AmiCopy"
AMI_LAUNCH_PERMISSION = "aws:ec2/amiLaunchPermission:AmiLaunchPermission"
DISTRIBUTION_CONFIGURATION = "aws:imagebuilder/distributionConfiguration:DistributionConfiguration"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ACL = "aws:s3/bucketAcl:BucketAcl"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE_POLICY_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
POLICY = "aws:iam/policy:Policy"
KEY = "aws:kms/key:Key"
KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
GRANT = "aws:kms/grant:Grant"

# The outputs by which other resources refer to a resource. The dependency alone shows a reference to any other type,
# whose id is not among its outputs.
_REFERENCES: Mapping[str, tuple[str, ...]] = {
    IMPORT_IMAGE: ("imageId",),
    DISTRIBUTION_CONFIGURATION: ("arn",),
    BUCKET: ("bucket", "id"),
    ROLE: ("name", "id", "arn"),
    POLICY: ("arn", "id"),
    KEY: ("arn", "keyId", "id"),
}


@dataclass(frozen=True)
class StackResource:
    """A resource of the stack, with its outputs as far as they are known."""

    type: str
    urn: str
    name: str
    properties: Mapping[str, Any]
    """By wire name; UNKNOWN stands for a value that preview cannot know"""
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each property, the URNs of the resources that its value comes from"""
    provider_region: Any = None
    is_protected: bool = False

    def get(self, *path: str) -> Any:
        """The value at a path; None if it is absent, UNKNOWN if it or a part of the path is not known."""
        return value_at(self.properties, *path)

    @property
    def label(self) -> str:
        """The resource, for a message."""
        return f"{self.type.rpartition(':')[2]} {self.name}"

    @property
    def region(self) -> Any:
        """Its Region; None or UNKNOWN if the stack does not show it."""
        own = self.get("region")
        return self.provider_region if own is None else own


@dataclass(frozen=True)
class StackFacts:
    """The resources of a stack."""

    resources: tuple[StackResource, ...]

    def of_type(self, *types: str) -> Iterator[StackResource]:
        """The resources of these types."""
        return (resource for resource in self.resources if resource.type in types)

    def supplier(self, resource: StackResource, types: Collection[str], *path: str) -> StackResource | None:
        """The only resource of these types that a property refers to; None if the stack does not show which."""
        return self.supplier_of_value(resource, types, path[0], resource.get(*path))

    def supplier_of_value(
        self, resource: StackResource, types: Collection[str], property: str, value: Any
    ) -> StackResource | None:
        """The only resource of these types that a value within a property refers to."""
        urns = resource.dependencies.get(property, ())
        found = [
            candidate
            for candidate in self.of_type(*types)
            if candidate is not resource and _refers_to(candidate, value, is_dependency=candidate.urn in urns)
        ]
        return found[0] if len(found) == 1 else None


def _refers_to(candidate: StackResource, value: Any, *, is_dependency: bool) -> bool:
    """Whether a value comes from a resource. A known value does not come from an output that is not known."""
    if value is None:
        return False
    if is_set(value) and candidate.type in _REFERENCES:
        return value in [known for name in _REFERENCES[candidate.type] if is_set(known := candidate.get(name))]
    return is_dependency


def value_at(value: Any, *path: str) -> Any:
    """The member at a path of nested objects; None if it is absent, UNKNOWN if a part of the path is not known."""
    for name in path:
        if not is_known(value):
            return UNKNOWN
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def names(value: Any, member: StrEnum) -> bool:
    """Whether a known value names a member of a closed set, which the resources accept in any case."""
    return is_set(value) and str(value).lower() == member.value.lower()


def members(value: Any) -> tuple[Any, ...]:
    """The known members of a list; none if the list is absent or not known."""
    return tuple(member for member in value if is_set(member)) if isinstance(value, (list, tuple)) else ()
