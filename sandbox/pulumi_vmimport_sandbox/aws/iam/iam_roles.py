"""Roles in moto's IAM: a typed view of moto's untyped models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion


@dataclass(frozen=True)
class IamRole:
    """A role in IAM."""

    arn: str
    trust: str
    policies: Sequence[str]
    """The documents of its inline and attached policies."""
    attached: Sequence[str]
    """The ARNs of its attached policies."""
    boundary: str | None


def find_role(account_region: AccountRegion, name: str) -> IamRole | None:
    """A role; None if it does not exist."""
    iam = iam_backends[account_region.account][get_partition(account_region.region)]
    role = next((role for role in list(iam.roles.values()) if role.name == name), None)
    if role is None:
        return None
    boundary = iam.managed_policies.get(role.permissions_boundary_arn)
    attached = list(role.managed_policies.values())
    return IamRole(
        arn=role.arn,
        trust=role.assume_role_policy_document,
        policies=[*role.policies.values(), *(_document(policy) for policy in attached)],
        attached=[str(policy.arn) for policy in attached],
        boundary=None if boundary is None else _document(boundary),
    )


def _document(policy: Any) -> str:
    return next(str(version.document) for version in policy.versions if version.is_default)
