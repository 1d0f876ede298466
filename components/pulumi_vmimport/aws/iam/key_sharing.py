"""Whether other accounts can use a KMS key: what its policy and its grants allow, and the missing statement. Pure.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/share-amis-with-organizations-and-OUs.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.iam.iam_documents import Document, example_of, via_service
from pulumi_vmimport.aws.iam.policy_conditions import Context, as_list, conditions_hold
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, covers, statements

SHARING_ACTIONS = ("kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:ReEncrypt*")
"""What an account does with the key of an encrypted AMI that it launches or copies.
Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html"""

_ORGANIZATION = re.compile(r":(?:organization|ou)/(?P<organization>o-[a-z0-9]+)(?:/(?P<unit>ou-[a-z0-9-]+))?$")


@dataclass(frozen=True)
class Grant:
    """A grant of a key."""

    grantee: str
    """The ARN of its principal"""
    operations: frozenset[str]
    """KMS operations, such as `Decrypt`"""


@dataclass(frozen=True)
class Recipient:
    """Who is to use the key: an account, or all accounts of an organization or an organizational unit."""

    account_id: str | None = None
    organization_arn: str | None = None
    """The ARN of an organization or an organizational unit"""

    @property
    def label(self) -> str:
        """The recipient, for a message."""
        return self.organization_arn or f"account {self.account_id}"

    @property
    def context(self) -> Context:
        """The condition keys of its requests, as far as they are the same in every request."""
        if self.organization_arn:
            found = _ORGANIZATION.search(self.organization_arn)
            return {"aws:principalorgid": found["organization"]} if found else {}
        return {"kms:calleraccount": self.account_id, "aws:principalaccount": self.account_id}

    def is_named_by(self, principal: str) -> bool:
        """Whether a principal of a policy or of a grant is the recipient or one that can act for it."""
        return self.includes(principal) or _account_of(principal) == self.account_id

    def includes(self, principal: str) -> bool:
        """Whether a principal is the whole recipient: a Deny for it leaves nobody who could use the key."""
        return principal in {"*", self.account_id} or principal.endswith(f"::{self.account_id}:root")


@dataclass(frozen=True)
class KeyAccess:
    """The policy and the grants of a key. A condition on an unknown key counts in favor of the recipient."""

    key_arn: str
    policy: Mapping[str, Any]
    grants: tuple[Grant, ...] = ()

    def effects(self, recipient: Recipient) -> Mapping[str, Effect]:
        """The effect on each of SHARING_ACTIONS for the recipient."""
        return {action: self._effect(example_of(action), recipient) for action in SHARING_ACTIONS}

    def _effect(self, action: str, recipient: Recipient) -> Effect:
        _, partition, _, region, *_ = self.key_arn.split(":")
        known = {
            **recipient.context,
            "aws:securetransport": "true",
            "aws:requestedregion": region,
            "kms:viaservice": via_service("ec2", region, partition),
            "kms:grantisforawsresource": "true",
        }
        found = set(self._policy_effects(Request(action, self.key_arn, known), recipient))
        if "Deny" in found:
            return Effect.DENY
        operation = action.removeprefix("kms:")
        is_granted = any(recipient.is_named_by(g.grantee) and operation in g.operations for g in self.grants)
        return Effect.ALLOW if is_granted or "Allow" in found else Effect.NONE

    def _policy_effects(self, request: Request, recipient: Recipient) -> Iterator[str]:
        for statement in statements(self.policy):
            holds = conditions_hold(statement, request.context)
            is_denial = statement["Effect"] == "Deny"
            applies = holds if is_denial else holds is not False
            if applies and covers(statement, request) and _is_about(statement, recipient):
                yield statement["Effect"]


def sharing_statements(recipients: Iterable[Recipient], partition: str) -> Iterator[Document]:
    """The statements that let the recipients use a key, for its policy."""
    listed = list(recipients)
    if accounts := [f"arn:{partition}:iam::{each.account_id}:root" for each in listed if each.account_id]:
        yield _statement("Allow other accounts to use encrypted AMIs", {"AWS": accounts})
    for recipient in listed:
        if found := _ORGANIZATION.search(recipient.organization_arn or ""):
            organization, unit = found["organization"], found["unit"]
            condition: Document = {"StringEquals": {"aws:PrincipalOrgID": organization}}
            if unit:
                condition = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{organization}/*/{unit}/*"}}
            statement = _statement(f"Allow {unit or organization} to use encrypted AMIs", {"AWS": "*"})
            yield {**statement, "Condition": condition}


def _statement(sid: str, principal: Document) -> Document:
    actions = list(SHARING_ACTIONS)
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}


def _is_about(statement: Mapping[str, Any], recipient: Recipient) -> bool:
    """Whether an Allow statement is for any principal that counts, or a Deny statement for all of them."""
    is_denial = statement["Effect"] == "Deny"
    if "NotPrincipal" in statement:
        excepted = map(recipient.is_named_by if is_denial else recipient.includes, _names(statement["NotPrincipal"]))
        return not any(excepted)
    named = map(recipient.includes if is_denial else recipient.is_named_by, _names(statement.get("Principal", {})))
    return any(named)


def _names(principal: Any) -> list[str]:
    """The accounts, users and roles that a statement's principal names."""
    return as_list(principal.get("AWS", [])) if isinstance(principal, Mapping) else [str(principal)]


def _account_of(principal: str) -> str:
    return principal.split(":")[4] if principal.startswith("arn:") else principal
