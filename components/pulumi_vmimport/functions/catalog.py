"""One row for each function. Everything that lists the functions derives from here.

It imports neither Pulumi nor boto3, so that reading it is cheap.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pulumi_vmimport.resources.catalog_entry import ACCESS_CHECK, iam

if TYPE_CHECKING:
    from pulumi_vmimport.lifecycle.function import Function


@dataclass(frozen=True, kw_only=True)
class FunctionEntry:
    """One function."""

    name: str
    """As in its token, `vmimport:index:<name>`"""
    module: str
    """The module below `pulumi_vmimport` with its inputs, its result and its Python functions; `<module>_call` has its
    Function, a class with the same name in upper case"""
    summary: str
    """One line for the tables of the documentation"""
    page: str
    """Its page in docs/"""
    actions: tuple[str, ...]
    """The IAM actions that a call needs, without `sts:GetCallerIdentity`"""

    @property
    def token(self) -> str:
        """The token of the function in a Pulumi schema."""
        return f"vmimport:index:{self.name}"

    @property
    def class_name(self) -> str:
        """The name of its Function, and the prefix of the names of its inputs and result."""
        return self.name[0].upper() + self.name[1:]

    @property
    def python_names(self) -> tuple[str, str, str]:
        """The public names in Python: both forms of the function, and its result."""
        name = self.module.rpartition(".")[2]
        return name, f"{name}_output", f"{self.class_name}Result"


FUNCTIONS = (
    FunctionEntry(
        name="getImportImageTask",
        module="functions.get_import_image_task",
        summary="status, progress, snapshots and settings of an import task of EC2",
        page="functions.md",
        actions=iam("ec2", "DescribeImportImageTasks", "DescribeImages"),
    ),
    FunctionEntry(
        name="getInspection",
        module="functions.get_inspection",
        summary="facts and findings of a disk image in S3 or on this machine, as `vmimport inspect --json` has them",
        page="functions.md",
        actions=iam("s3", "ListBucket", "GetObject", "GetObjectVersion"),
    ),
    FunctionEntry(
        name="getProvenance",
        module="functions.get_provenance",
        summary="what an AMI, a snapshot, a WorkSpaces image or an object in S3 was made of",
        page="functions.md",
        actions=(
            *iam("ec2", "DescribeImages", "DescribeSnapshots"),
            *iam("workspaces", "DescribeWorkspaceImages", "DescribeTags"),
            *iam("s3", "ListBucket", "GetObject"),
        ),
    ),
    FunctionEntry(
        name="getServiceRoleProblems",
        module="functions.get_service_role_problems",
        summary="why a role is insufficient as the service role of VM Import/Export, each reason with its remedy",
        page="functions.md",
        actions=(*ACCESS_CHECK, *iam("s3", "ListBucket", "GetObject")),
    ),
    FunctionEntry(
        name="getSupportedSystems",
        module="functions.get_supported_systems",
        summary="operating systems and image formats that AWS imports, as this version of the library knows them",
        page="functions.md",
        actions=(),
    ),
)


def function_of(name: str) -> "Function[Any, Any]":
    """The function of a name such as `getSupportedSystems`. Raises: KeyError when there is none."""
    entry = {entry.name: entry for entry in FUNCTIONS}[name]
    module = import_module(f"pulumi_vmimport.{entry.module}_call")
    function: type[Function[Any, Any]] = getattr(module, entry.class_name)
    return function()
