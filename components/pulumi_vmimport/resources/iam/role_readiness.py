"""RoleReadiness: the service role as VmimportRole hands it on, once IAM has spread it.

Before anything is written it tells whether the role is ours to write, or, for one that is adopted, what it lacks.
Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html; requirements IAM-02, IAM-08.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NotRequired, Unpack, overload

import pulumi

from pulumi_vmimport.aws.iam import iam_documents, service_role
from pulumi_vmimport.aws.iam.service_role import ServiceRole
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Created, Lifecycle, Problem, Run, is_known
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.schema import updatable

# IAM tells nobody when a change has reached every Region; AWS's own example waits ten seconds after the last change.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
# https://docs.aws.amazon.com/IAM/latest/UserGuide/iam_example_iam_Scenario_CreateUserAssumeRole_section.html
_LOOK_SECONDS = 2.0
_LEAST_PAUSE = 0.1
_LOOKS_TO_SPREAD = 5
_LOOKS_IN_A_ROW = 3  # two servers of IAM may answer in turn, one of them behind
# By then a role that reads otherwise than it was written is not late, it is another's.
_MOST_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class RoleReadinessInputs(AwsInputs):
    role_name: str
    account_id: str | None = None
    adopt: bool | None = None
    import_buckets: tuple[str, ...] | None = None
    export_buckets: tuple[str, ...] | None = None
    kms_key_arns: tuple[str, ...] | None = None
    license_manager: bool | None = None
    owner: str | None = updatable()
    trust_hash: str | None = updatable()
    policy_hash: str | None = updatable()
    propagation_seconds: int | None = updatable()


@dataclass(frozen=True, kw_only=True)
class RoleReadinessState(RoleReadinessInputs):
    role_arn: str | None = None


class RoleReadinessLifecycle(Lifecycle[RoleReadinessInputs, RoleReadinessState]):
    inputs_type = RoleReadinessInputs
    state_type = RoleReadinessState

    def check(self, inputs: RoleReadinessInputs) -> Iterator[Problem]:
        return aws_input_problems(inputs)

    def preflight(self, run: Run, inputs: RoleReadinessInputs) -> Iterator[Problem]:
        if not is_known(inputs.role_name, inputs.adopt):
            return
        if problem := _account_problem(run, inputs):
            yield problem
            return
        role = service_role.find(run.aws, inputs.role_name)
        own = role is not None and is_known(inputs.owner) and role.tags.get(IDENTITY_TAG) == inputs.owner
        if inputs.adopt:
            yield from _adoption_problems(run, inputs, role, own=own)
        elif role is not None and not own and is_known(inputs.owner):
            yield Problem(
                "roleName",
                f"there is a role {inputs.role_name!r} in account {run.aws.account_id} that this component did not "
                "make, and it is never overwritten; set adopt=True to use it as it is, or give another role_name (and "
                "that to the imports)",
            )

    def create(self, run: Run, inputs: RoleReadinessInputs) -> Created[RoleReadinessState]:
        if problems := [p.reason for p in self.preflight(run, inputs)]:
            raise CleanFailureError("; ".join(problems))
        role_arn = _wait_for_iam(run, inputs)
        return Created(inputs.role_name, RoleReadinessState(**vars(inputs), role_arn=role_arn))

    def read(self, run: Run, id: str, state: RoleReadinessState) -> RoleReadinessState | None:
        if problem := _account_problem(run, state):
            raise CleanFailureError(problem.reason)
        role = _described(run, id)
        return replace(state, role_arn=role["Arn"]) if role else None

    def update(self, run: Run, id: str, state: RoleReadinessState, inputs: RoleReadinessInputs) -> RoleReadinessState:
        if (state.trust_hash, state.policy_hash) != (inputs.trust_hash, inputs.policy_hash):
            _wait_for_iam(run, inputs, age=0.0)  # a change leaves no date in IAM; this one was made just now
        return RoleReadinessState(**vars(inputs), role_arn=state.role_arn)

    def delete(self, run: Run, id: str, state: RoleReadinessState) -> None:
        """Nothing: the role is aws.iam.Role's, or its owner's."""


def document_hash(document: Mapping[str, Any]) -> str:
    """A short hash of a policy document, the same however it is spelled."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:32]


def _account_problem(run: Run, inputs: RoleReadinessInputs) -> Problem | None:
    if not is_known(inputs.account_id) or inputs.account_id in (None, run.aws.account_id):
        return None
    return Problem(
        "accountId",
        f"IAM is read as account {run.aws.account_id}, expected {inputs.account_id}, that of the aws provider; give "
        "VmimportRole the profile or assume_role_arn that the provider has",
    )


def _adoption_problems(
    run: Run, inputs: RoleReadinessInputs, role: ServiceRole | None, *, own: bool
) -> Iterator[Problem]:
    name = inputs.role_name
    if role is None:
        yield Problem("roleName", f"there is no role {name!r} in account {run.aws.account_id}; drop adopt to make it")
        return
    if own:
        yield Problem(
            "adopt",
            f"this component made role {name!r} and would now delete it; drop adopt, or first take the role out of the "
            f"stack (pulumi state delete) and remove its tag {IDENTITY_TAG}",
        )
    if not role.trusts_vm_import():
        trust = iam_documents.trust_policy()["Statement"][0]
        yield Problem(
            "roleName",
            f"role {name!r} does not let {iam_documents.SERVICE_PRINCIPAL} assume it with external id "
            f"{iam_documents.EXTERNAL_ID}, and an adopted role is never changed; add to its trust policy: "
            f"{json.dumps(trust)}",
        )
    wanted = iam_documents.role_policy(
        import_buckets=_known_items(inputs.import_buckets),
        export_buckets=_known_items(inputs.export_buckets),
        kms_key_arns=_known_items(inputs.kms_key_arns),
        license_manager=inputs.license_manager is True,
        partition=run.aws.partition,
    )
    for statement in wanted["Statement"]:
        if missing := ", ".join(role.missing_from_statement(statement)):
            yield Problem(
                "roleName",
                f"role {name!r} lacks {missing}, and an adopted role is never changed; add to its policies: "
                f"{json.dumps(statement)}",
            )


def _known_items(items: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(item for item in items or () if is_known(item)) if is_known(items) else ()


def _described(run: Run, name: str) -> Any:
    """The role as IAM describes it, or None when there is none."""
    try:
        return run.aws.client("iam").get_role(RoleName=name)["Role"]
    except Exception as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise


def _wait_for_iam(run: Run, inputs: RoleReadinessInputs, age: float | None = None) -> str:
    """The role's ARN, once IAM reads as written, several times in a row, and the last change is known everywhere.

    Age is that of the last change in seconds, by default the role's. One that is old enough at once is looked at once.
    """
    pause = min(max(run.poll_seconds, _LEAST_PAUSE), _LOOK_SECONDS)
    seconds = inputs.propagation_seconds
    needed = float(seconds if seconds is not None else _LOOKS_TO_SPREAD * pause)
    looks, waited, in_a_row = 0, 0.0, 0
    while True:
        role = _as_written(run, inputs)
        in_a_row = in_a_row + 1 if role else 0
        if role and age is None:
            age = (datetime.now(UTC) - role["CreateDate"]).total_seconds()
        looks = looks or (1 if age is not None and age >= needed else _LOOKS_IN_A_ROW)
        if role and age is not None and age >= needed and in_a_row >= looks:
            return str(role["Arn"])
        if not role and waited >= _MOST_SECONDS:
            raise CleanFailureError(
                f"role {inputs.role_name!r} or its policy still reads otherwise than written after {waited / 60:.0f} "
                "minutes; something else changes it: let only one stack own the role, or set adopt=True here"
            )
        run.status(f"waiting for IAM to spread role {inputs.role_name}")
        run.wait(pause)
        waited += pause
        age = None if age is None else age + pause


def _as_written(run: Run, inputs: RoleReadinessInputs) -> Any:
    """The role as IAM describes it, or None while it or its documents read otherwise than written."""
    role = service_role.find(run.aws, inputs.role_name)
    if role is None or inputs.trust_hash not in (None, document_hash(role.trust)):
        return None
    if inputs.policy_hash not in (None, *map(document_hash, role.policies)):
        return None
    return _described(run, inputs.role_name)


class RoleReadinessArgs(AwsArgs):
    """The arguments of RoleReadiness.

    Changes to owner, trust_hash, policy_hash, propagation_seconds, timeout_minutes, profile and assume_role_arn are
    applied in place. A change to any other argument replaces the resource; the role itself is not touched.
    """

    role_name: pulumi.Input[str]
    """The name of the role."""
    account_id: NotRequired[pulumi.Input[str]]
    """The id of the account that owns the role. Default: the account of the stack's credentials."""
    adopt: NotRequired[bool]
    """Whether the role is managed outside of this component. Default: false."""
    import_buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The buckets that an adopted role must have read access to. Default: none."""
    export_buckets: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The buckets that an adopted role must have write access to. Default: none."""
    kms_key_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The ARNs of the KMS keys that an adopted role must have access to. Default: none."""
    license_manager: NotRequired[pulumi.Input[bool]]
    """Whether an adopted role must have access to License Manager configurations. Default: false."""
    owner: NotRequired[pulumi.Input[str]]
    """The identity tag of a role that this component created. Default: none."""
    trust_hash: NotRequired[pulumi.Input[str]]
    """The hash of the trust policy. A change waits for IAM to propagate the policy. Default: any trust policy is
    accepted."""
    policy_hash: NotRequired[pulumi.Input[str]]
    """The hash of the inline policy. A change waits for IAM to propagate the policy. Default: any policy is
    accepted."""
    propagation_seconds: NotRequired[pulumi.Input[int]]
    """The age at which a change counts as propagated to every Region, in seconds. Default: 10, or five polling
    intervals if the stack polls more often than every two seconds."""


class RoleReadiness(ManagedResource, module="vmimport", name="RoleReadiness"):
    """A service role whose last change IAM has propagated.

    The resource id is the role name. It creates and deletes nothing: VmimportRole declares the role and hands it to
    other resources through this one.
    """

    role_name: pulumi.Output[str]
    """The name of the role."""
    role_arn: pulumi.Output[str]
    """The ARN of the role."""

    @overload
    def __init__(
        self, resource_name: str, args: RoleReadinessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[RoleReadinessArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: RoleReadinessArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
