"""One row for each function. Everything that lists the functions derives from here.

It imports neither Pulumi nor boto3, so that reading it is cheap.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pulumi_vmimport.lifecycle.function import Function
from pulumi_vmimport.resources.catalog_entry import iam


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


FUNCTIONS = (
    FunctionEntry(
        name="getImportImageTask",
        module="functions.get_import_image_task",
        summary="status, progress, snapshots and settings of an import task of EC2",
        page="functions.md",
        actions=iam("ec2", "DescribeImportImageTasks", "DescribeImages"),
    ),
    FunctionEntry(
        name="getSupportedSystems",
        module="functions.get_supported_systems",
        summary="operating systems and image formats that AWS imports, as this version of the library knows them",
        page="functions.md",
        actions=(),
    ),
)


def function_of(name: str) -> Function[Any, Any]:
    """The function of a name such as `getSupportedSystems`. Raises: KeyError when there is none."""
    entry = {entry.name: entry for entry in FUNCTIONS}[name]
    module = import_module(f"pulumi_vmimport.{entry.module}_call")
    function: type[Function[Any, Any]] = getattr(module, entry.class_name)
    return function()
