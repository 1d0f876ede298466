"""getServiceRoleProblems: what keeps a role from being the service role of VM Import/Export.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

import pulumi

from pulumi_vmimport.functions.program_calls import CallScope, OutputCallScope, ProgramFunction
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


class RoleObjectArgs(TypedDict):
    """An object that a role must be able to read."""

    bucket: pulumi.Input[str]
    """The bucket."""
    key: pulumi.Input[str]
    """The key of the object in the bucket. It need not exist yet."""


_FUNCTION = ProgramFunction(GetServiceRoleProblemsInputs, GetServiceRoleProblemsResult)


def get_service_role_problems(
    *,
    role_name: str = "vmimport",
    import_buckets: Sequence[str] = (),
    import_objects: Sequence[RoleObjectArgs] = (),
    export_buckets: Sequence[str] = (),
    kms_key_arns: Sequence[str] = (),
    license_manager: bool = False,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[CallScope],
) -> GetServiceRoleProblemsResult:
    """What keeps a role from being the service role of VM Import/Export.

    Args:
        role_name: The name of the role. Default: `vmimport`.
        import_buckets: Buckets whose objects must be readable. Default: none.
        import_objects: Objects that must be readable. Default: none.
        export_buckets: Buckets that the role must be able to write to. Default: none.
        kms_key_arns: KMS keys that encrypt the result. Default: none.
        license_manager: Whether License Manager configurations must be usable. Default: false.
        opts: Options of the call; `provider` may be an `aws.Provider`.
        **scope: `region`, `profile` and `assume_role_arn`. Default: those of the provider, else of the stack.

    Raises:
        FunctionCallError: the role cannot be read, or an argument is invalid.
    """
    return _FUNCTION.call(
        {
            "role_name": role_name,
            "import_buckets": import_buckets,
            "import_objects": import_objects,
            "export_buckets": export_buckets,
            "kms_key_arns": kms_key_arns,
            "license_manager": license_manager,
            **scope,
        },
        opts,
    )


def get_service_role_problems_output(
    *,
    role_name: pulumi.Input[str] = "vmimport",
    import_buckets: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
    import_objects: pulumi.Input[Sequence[pulumi.Input[RoleObjectArgs]]] = (),
    export_buckets: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
    kms_key_arns: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
    license_manager: pulumi.Input[bool] = False,
    opts: pulumi.InvokeOptions | None = None,
    **scope: Unpack[OutputCallScope],
) -> pulumi.Output[GetServiceRoleProblemsResult]:
    """As `get_service_role_problems`, for arguments that may be outputs. In preview the result may be unknown."""
    return _FUNCTION.call_output(
        {
            "role_name": role_name,
            "import_buckets": import_buckets,
            "import_objects": import_objects,
            "export_buckets": export_buckets,
            "kms_key_arns": kms_key_arns,
            "license_manager": license_manager,
            **scope,
        },
        opts,
    )
