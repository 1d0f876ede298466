"""Whether the service role of VM Import/Export is sufficient, before a task is started and when EC2 rejects one.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.iam import service_role
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Problem, Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.role_names import DEFAULT_ROLE
from pulumi_vmimport.resources.rules.service_role_access import AccessCheck, RequiredAccess
from pulumi_vmimport.shown_value import shown_value

# IAM is eventually consistent: a change reaches every Region within seconds, rarely minutes.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_PROPAGATION_SECONDS = 300.0
_CHECKS_OF_A_NEW_ROLE = 3
_NOTHING = "no task was started"
_UNEXPLAINED = (
    "the trust policy and the permissions of role {} are sufficient as far as they can be read; look for Deny "
    "statements with conditions in the policies of the bucket and the key, and ask the administrators of the "
    "organization for service control policies that deny access"
)


def role_problems(run: Run, role_name: str | None, access: RequiredAccess, *, fresh: bool = False) -> Iterator[Problem]:
    """Why the role is insufficient for a task. Not being allowed to read it is a warning.

    Without `fresh`, an answer of AWS that another resource received a moment ago may confirm the role.
    """
    name = role_name or DEFAULT_ROLE
    reasons: list[str] = []
    with warn_on_aws_error(run, f"role {name}"):
        reasons = _reasons(run, name, access, fresh=fresh)
        if reasons and not fresh:  # the run may have changed what was read a moment ago
            reasons = _reasons(run, name, access, fresh=True)
    yield from (Problem("roleName", reason) for reason in reasons)


@dataclass(frozen=True)
class RoleAssessment:
    """Whether a role is sufficient for a task."""

    role_arn: str | None
    """None if the role does not exist"""
    problems: tuple[str, ...]
    """Why the role is insufficient"""
    doubts: tuple[str, ...]
    """What may deny access, of a role without problems"""


def assess_role(run: Run, name: str, access: RequiredAccess, *, fresh: bool) -> RoleAssessment:
    """Compare a role with the access that a task requires. Raises: botocore's errors if the role cannot be read."""
    role = service_role.find(run.aws, name, fresh=fresh)
    if role is None:
        missing = (
            f"role {shown_value(name)} does not exist in account {run.aws.account_id}; create it with VmimportRole"
        )
        return RoleAssessment(None, (missing,), ())
    check = AccessCheck(run, role, access, fresh)
    problems = tuple(check.problems())
    return RoleAssessment(role.arn, problems, () if problems else tuple(check.doubts()))


def _reasons(run: Run, name: str, access: RequiredAccess, *, fresh: bool) -> list[str]:
    assessment = assess_role(run, name, access, fresh=fresh)
    for doubt in assessment.doubts:
        run.warn(doubt)
    return list(assessment.problems)


class RoleRejections:
    """EC2's rejections of the service role during one start: temporary while IAM propagates a sufficient role."""

    def __init__(self, run: Run, problems: Callable[[], Iterator[Problem]]) -> None:
        self._run = run
        self._problems = problems
        self._first: float | None = None
        # Reads of a role or policy that the same run wrote may return the earlier version for a moment.
        self._checks_left = _CHECKS_OF_A_NEW_ROLE if run.supplied_by_resource("roleName") else 1
        self._is_sufficient = False

    def are_temporary(self, error: ClientError) -> bool:
        """Whether to retry after this error. Shows what the run waits for.

        Raises: CleanFailureError if the role is insufficient, or is still rejected after five minutes.
        """
        role = service_role.rejected_role(error)
        if role is None:
            return False
        if self._first is None:
            self._first = time.monotonic()
        if not self._is_sufficient:
            self._check(error)
        if time.monotonic() - self._first >= _PROPAGATION_SECONDS:
            raise CleanFailureError(f"{error_message(error)}; {_UNEXPLAINED.format(role)}; {_NOTHING}")
        self._run.status(f"waiting for IAM to propagate role {role}")
        return True

    def _check(self, error: ClientError) -> None:
        reasons = [problem.reason for problem in self._problems()]
        self._is_sufficient = not reasons
        self._checks_left -= 1
        if reasons and self._checks_left <= 0:
            raise CleanFailureError("; ".join([error_message(error), *reasons, _NOTHING]))
