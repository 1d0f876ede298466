"""The roles that Image Builder assumes to distribute and to delete images.

Sources: https://docs.aws.amazon.com/imagebuilder/latest/userguide/cross-account-dist.html,
image-lifecycle-prerequisites.html. The codes and messages of rejected requests are assumed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.iam.iam_roles import IamRole, find_role
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, allowed, verdict
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import invalid_value

DISTRIBUTION_ROLE = "EC2ImageBuilderDistributionCrossAccountRole"
LIFECYCLE_ROLE = "Ec2ImageBuilderCrossAccountLifecycleAccess"
_SERVICE = ("Service", "imagebuilder.amazonaws.com")
_SESSION = "Ec2ImageBuilderIntegrationService"


class AccessError(Exception):
    """A call that a role does not permit, in the words of the service that rejects it."""


@dataclass(frozen=True)
class ActingRole:
    """A role with the account that it acts in."""

    account: str
    role: IamRole

    @property
    def session(self) -> str:
        """The ARN of its session."""
        name = self.role.arn.rpartition("/")[2]
        return f"arn:aws:sts::{self.account}:assumed-role/{name}/{_SESSION}"

    def require(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> None:
        """Require that the role permits an action.

        Raises:
            AccessError: It does not.
        """
        request = PolicyRequest(action, resource, context or {})
        boundary = self.role.boundary
        if not allowed(self.role.policies, request) or (boundary is not None and not allowed([boundary], request)):
            service = {"sts": "STS", "ssm": "SSM"}.get(action.partition(":")[0], "EC2")
            text = f"User: {self.session} is not authorized to perform: {action} on resource: {resource}"
            words = "You are not authorized to perform this operation. " if service == "EC2" else ""
            raise AccessError(f"{service} Client Error: '{words}{text}'")


def execution_role(cloud: Cloud, there: AccountRegion, name: str) -> ActingRole:
    """The role of a request, which Image Builder assumes.

    Raises:
        ServiceError: It does not exist, IAM has not propagated it yet, or it does not trust Image Builder.
    """
    role = find_role(there, name.rpartition("/")[2])
    if role is None or (name.startswith("arn:") and role.arn != name):
        raise invalid_value("executionRole", f"The role {name} does not exist.")
    context = {"aws:SourceAccount": there.account}
    is_trusting = verdict(role.trust, PolicyRequest("sts:AssumeRole", None, context, _SERVICE)) == "allow"
    has_propagated = all(cloud.has_propagated(changed) for changed in (role.arn.rpartition("/")[2], *role.attached))
    if not is_trusting or not has_propagated:
        raise invalid_value("executionRole", f"Image Builder cannot assume the role {name}.")
    return ActingRole(there.account, role)


def distribution_role(own: ActingRole, target: AccountRegion) -> ActingRole:
    """The role that distributes to an account: the execution role, or that of the other account.

    Raises:
        AccessError: The role of the other account cannot be assumed.
    """
    if target.account == own.account:
        return own
    arn = f"arn:{get_partition(target.region)}:iam::{target.account}:role/{DISTRIBUTION_ROLE}"
    own.require("sts:AssumeRole", arn)
    role = find_role(target, DISTRIBUTION_ROLE)
    if role is None or not _trusts_account(role, own.account):
        text = f"User: {own.session} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise AccessError(f"STS Client Error: '{text}'")
    return ActingRole(target.account, role)


def lifecycle_role(own: ActingRole, target: AccountRegion, image_arn: str) -> ActingRole:
    """The role that deletes AMIs of an account: the execution role, or that of the other account.

    Raises:
        AccessError: The role of the other account cannot be assumed.
    """
    if target.account == own.account:
        return own
    role = find_role(target, LIFECYCLE_ROLE)
    context = {"aws:SourceAccount": own.account, "aws:SourceArn": image_arn}
    request = PolicyRequest("sts:AssumeRole", None, context, _SERVICE)
    if role is None or verdict(role.trust, request) != "allow":
        raise AccessError(f"Image Builder cannot assume the role {LIFECYCLE_ROLE} of account {target.account}.")
    return ActingRole(target.account, role)


def _trusts_account(role: IamRole, account: str) -> bool:
    trust = json.loads(role.trust) if isinstance(role.trust, str) else role.trust
    principals = (("AWS", f"arn:aws:iam::{account}:root"), ("AWS", account))
    return any(verdict(trust, PolicyRequest("sts:AssumeRole", None, {}, name)) == "allow" for name in principals)
