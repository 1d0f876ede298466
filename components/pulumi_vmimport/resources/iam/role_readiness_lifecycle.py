"""The lifecycle of RoleReadiness."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pulumi_vmimport.aws.iam import service_role
from pulumi_vmimport.aws.iam.iam_documents import document_hash
from pulumi_vmimport.aws.iam.service_role import ServiceRole
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Created, Lifecycle, Problem, Run, is_known, is_set
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.iam.role_readiness import RoleReadinessInputs, RoleReadinessState
from pulumi_vmimport.resources.rules.service_role_access import AccessCheck, RequiredAccess
from pulumi_vmimport.shown_value import shown_value

# IAM does not report when a change has reached every Region; an example of AWS waits ten seconds after the last change.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
# https://docs.aws.amazon.com/IAM/latest/UserGuide/iam_example_iam_Scenario_CreateUserAssumeRole_section.html
_LONGEST_PAUSE_SECONDS = 2.0
_SHORTEST_PAUSE_SECONDS = 0.1
_PAUSES_TO_PROPAGATE = 5
_CONSECUTIVE_READS = 3  # consecutive reads may reach different IAM servers, some with the earlier version
# If a role still differs after this time, the cause is not propagation: another owner changes the role.
_TIMEOUT_SECONDS = 300.0


class RoleReadinessLifecycle(Lifecycle[RoleReadinessInputs, RoleReadinessState]):
    inputs_type = RoleReadinessInputs
    state_type = RoleReadinessState
    no_import = (
        "cannot be imported, because it only waits for IAM; import the role as aws:iam/role:Role of pulumi-aws, or use "
        "the role with VmimportRole and adopt=True"
    )

    def check(self, inputs: RoleReadinessInputs) -> Iterator[Problem]:
        return aws_input_problems(inputs)

    def preflight(self, run: Run, inputs: RoleReadinessInputs) -> Iterator[Problem]:
        if not is_known(inputs.role_name, inputs.adopt):
            return
        if problem := _account_problem(run, inputs):
            yield problem
            return
        role = service_role.find(run.aws, inputs.role_name, fresh=True)
        own = role is not None and is_set(inputs.owner) and role.tags.get(IDENTITY_TAG) == inputs.owner
        if inputs.adopt:
            yield from _adoption_problems(run, inputs, role, own=own)
        elif role is not None and not own and is_known(inputs.owner):
            yield Problem(
                "roleName",
                f"role {shown_value(inputs.role_name)} exists in account {run.aws.account_id}, and this component "
                "does not overwrite a role that it did not create; to use the role as it is, set adopt=True "
                "(VmimportRole) or remove the component; otherwise set another role_name here and where it is used",
            )

    def create(self, run: Run, inputs: RoleReadinessInputs) -> Created[RoleReadinessState]:
        if problems := [p.reason for p in self.preflight(run, inputs)]:
            raise CleanFailureError("; ".join(problems))
        role_arn = _wait_for_iam(run, inputs)
        return Created(inputs.role_name, RoleReadinessState(**vars(inputs), role_arn=role_arn))

    def read(self, run: Run, id: str, state: RoleReadinessState) -> RoleReadinessState | None:
        if problem := _account_problem(run, state):
            raise CleanFailureError(problem.reason)
        role = _get_role(run, id)
        return replace(state, role_arn=role["Arn"]) if role else None

    def update(self, run: Run, id: str, state: RoleReadinessState, inputs: RoleReadinessInputs) -> RoleReadinessState:
        if (state.trust_hash, state.policy_hash) != (inputs.trust_hash, inputs.policy_hash):
            _wait_for_iam(run, inputs, age=0.0)  # IAM records no date of a change; this run has just made it
        return RoleReadinessState(**vars(inputs), role_arn=state.role_arn)

    def delete(self, run: Run, id: str, state: RoleReadinessState) -> None:
        """Do nothing: aws.iam.Role, or the owner of an adopted role, deletes the role."""


def _account_problem(run: Run, inputs: RoleReadinessInputs) -> Problem | None:
    if not is_known(inputs.account_id) or inputs.account_id in (None, run.aws.account_id):
        return None
    return Problem(
        "accountId",
        f"expected account {inputs.account_id} of the aws provider, got {run.aws.account_id}; set the profile or "
        "assume_role_arn of the provider on VmimportRole",
    )


def _adoption_problems(
    run: Run, inputs: RoleReadinessInputs, role: ServiceRole | None, *, own: bool
) -> Iterator[Problem]:
    name = inputs.role_name
    if role is None:
        yield Problem(
            "roleName",
            f"role {shown_value(name)} does not exist in account {run.aws.account_id}; remove adopt to create it",
        )
        return
    if own:
        yield Problem(
            "adopt",
            f"this component created role {shown_value(name)} and would delete it; remove adopt, or first remove "
            "the role from "
            f"the state (pulumi state delete) and its tag {IDENTITY_TAG} from the role",
        )
    access = RequiredAccess(
        import_buckets=_known_items(inputs.import_buckets),
        export_buckets=_known_items(inputs.export_buckets),
        kms_key_arns=_known_items(inputs.kms_key_arns),
        license_manager=inputs.license_manager is True,
    )
    yield from (Problem("roleName", reason) for reason in AccessCheck(run, role, access, fresh=True).problems())


def _known_items(items: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(item for item in items or () if is_known(item)) if is_known(items) else ()


def _get_role(run: Run, name: str) -> Any:
    """The role as GetRole returns it; None when it does not exist."""
    try:
        return run.aws.client("iam").get_role(RoleName=name)["Role"]
    except Exception as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise


def _wait_for_iam(run: Run, inputs: RoleReadinessInputs, age: float | None = None) -> str:
    """Wait until IAM returns the role as written, and its last change is old enough. Returns the role's ARN.

    `age` is the age of the last change, in seconds. Default: the age of the role. A change that is old enough at the
    first read is read once; otherwise several consecutive reads have to agree.
    """
    pause = min(max(run.poll_seconds, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
    seconds = inputs.propagation_seconds
    needed_age = float(seconds if seconds is not None else _PAUSES_TO_PROPAGATE * pause)
    needed_reads, waited, consecutive = 0, 0.0, 0
    while True:
        role = _role_as_written(run, inputs)
        consecutive = consecutive + 1 if role else 0
        if role and age is None:
            age = (datetime.now(UTC) - role["CreateDate"]).total_seconds()
        is_old_enough = age is not None and age >= needed_age
        needed_reads = needed_reads or (1 if is_old_enough else _CONSECUTIVE_READS)
        if role and is_old_enough and consecutive >= needed_reads:
            return str(role["Arn"])
        if not role and waited >= _TIMEOUT_SECONDS:
            raise CleanFailureError(
                f"role {shown_value(inputs.role_name)} or its policy still differs from what was written after "
                f"{waited / 60:.0f} minutes; another owner changes it; manage the role in one stack only, or set "
                "adopt=True here"
            )
        run.status(f"waiting for IAM to propagate role {inputs.role_name}")
        run.wait(pause)
        waited += pause
        age = None if age is None else age + pause


def _role_as_written(run: Run, inputs: RoleReadinessInputs) -> Any:
    """The role as GetRole returns it; None while it or its policy documents differ from what was written."""
    role = service_role.find(run.aws, inputs.role_name, fresh=True)
    if role is None or inputs.trust_hash not in (None, document_hash(role.trust)):
        return None
    if inputs.policy_hash not in (None, *map(document_hash, role.policies)):
        return None
    return _get_role(run, inputs.role_name)
