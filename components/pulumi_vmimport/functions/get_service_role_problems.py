"""getServiceRoleProblems: what keeps a role from being the service role of VM Import/Export.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

from dataclasses import dataclass

from pulumi_vmimport.lifecycle.function import AwsFunctionInputs


@dataclass(frozen=True, kw_only=True)
class RoleObject:
    """An object that the role must be able to read."""

    bucket: str
    """The bucket."""
    key: str
    """The key of the object in the bucket. It need not exist yet."""


@dataclass(frozen=True, kw_only=True)
class GetServiceRoleProblemsInputs(AwsFunctionInputs):
    """The role, and what a task does with it."""

    role_name: str = "vmimport"
    """The name of the role. Default: `vmimport`, the role that VM Import/Export assumes by itself."""
    import_buckets: tuple[str, ...] = ()
    """Buckets of whose objects every one must be readable. Default: none."""
    import_objects: tuple[RoleObject, ...] = ()
    """Objects that must be readable, with the keys that encrypt them. Default: none."""
    export_buckets: tuple[str, ...] = ()
    """Buckets to which the role must be able to write. Default: none."""
    kms_key_arns: tuple[str, ...] = ()
    """The ARNs of the KMS keys that encrypt the result. Default: none."""
    license_manager: bool = False
    """Whether the role must have access to License Manager configurations. Default: false."""


@dataclass(frozen=True, kw_only=True)
class GetServiceRoleProblemsResult:
    """The result of the checks of a preview with VmimportRole or ImportImage."""

    role_name: str
    """The name of the role."""
    role_arn: str | None = None
    """The ARN of the role; None if it does not exist."""
    is_sufficient: bool
    """Whether no problem was found. Service control policies, which only an organization can read, may still deny."""
    problems: tuple[str, ...]
    """Every reason why the role is insufficient, each with its remedy: a statement to add, or what to remove."""
    doubts: tuple[str, ...]
    """Statements that may deny access, depending on the network of the request."""
