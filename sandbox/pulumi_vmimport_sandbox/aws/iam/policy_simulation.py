"""IAM SimulatePrincipalPolicy for roles, which moto lacks.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from typing import Any

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.iam.iam_roles import IamRole, find_role
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, allowed, verdict


def simulate_principal_policy(self: Any) -> ActionResult:
    """A method of moto's IAM."""
    arn = self._get_param("PolicySourceArn")
    role = find_role(AccountRegion(self.current_account, self.region), arn.rpartition("/")[2])
    if role is None or role.arn != arn:
        raise ServiceError("NoSuchEntity", f"No such entity with ARN {arn} can be found.")  # assumed
    resources = self._get_param("ResourceArns") or ["*"]
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _decision(role, PolicyRequest(action, resource)),
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in self._get_param("ActionNames")
        for resource in resources
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _decision(role: IamRole, request: PolicyRequest) -> str:
    if any(verdict(policy, request) == "deny" for policy in role.policies):
        return "explicitDeny"
    is_within_boundary = role.boundary is None or allowed([role.boundary], request)
    return "allowed" if is_within_boundary and allowed(role.policies, request) else "implicitDeny"
