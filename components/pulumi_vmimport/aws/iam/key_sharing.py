"""Whether other accounts can use a KMS key: what its policy and its grants allow, and the missing statement. Pure.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/share-amis-with-organizations-and-OUs.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.iam.iam_documents import Document, example_of, via_service
from pulumi_vmimport.aws.iam.policy_conditions import Context, Varying, as_list, conditions_hold, undecided_keys
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, covers, statements

SHARING_ACTIONS = ("kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:ReEncrypt*")
"""What an account does with the key of an encrypted AMI that it launches or copies.
Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html"""

_ALLOW: tuple[str, frozenset[str]] = ("Allow", frozenset())
_DENY: tuple[str, frozenset[str]] = ("Deny", frozenset())
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

    def context(self, partition: str) -> Context:
        """The condition keys of its requests, as far as they are known.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        if self.organization_arn:
            found = _ORGANIZATION.search(self.organization_arn)
            if found is None:
                return {}
            unit = f"*/{found['unit']}/*" if found["unit"] else "*"
            paths = Varying((f"{found['organization']}/{unit}",))
            return {"aws:principalorgid": found["organization"], "aws:principalorgpaths": paths}
        principals = Varying(tuple(f"arn:{partition}:{service}::{self.account_id}:*" for service in ("iam", "sts")))
        return {
            "kms:calleraccount": self.account_id,
            "aws:principalaccount": self.account_id,
            "aws:principalarn": principals,
        }

    def is_named_by(self, principal: str) -> bool:
        """Whether a principal of a policy or of a grant is the recipient or one that can act for it."""
        return self.includes(principal) or _account_of(principal) == self.account_id

    def includes(self, principal: str) -> bool:
        """Whether a principal is the whole recipient: a Deny for it leaves nobody who could use the key."""
        return principal in {"*", self.account_id} or principal.endswith(f"::{self.account_id}:root")


@dataclass(frozen=True)
class KeyAccess:
    """The policy and the grants of a key. A condition that cannot be decided counts in favor of the recipient."""

    key_arn: str
    policy: Mapping[str, Any]
    grants: tuple[Grant, ...] = ()

    def effects(self, recipient: Recipient) -> Mapping[str, Effect]:
        """The effect on each of SHARING_ACTIONS for the recipient."""
        return {action: self._effect(example_of(action), recipient) for action in SHARING_ACTIONS}

    def undecided_conditions(self, recipient: Recipient) -> set[str]:
        """The condition keys, as the policy spells them, on which the effects depend and whose values are not known.

        A condition on aws:PrincipalArn that some principals of an account meet is like a statement that names them: the
        account can use the key.
        """
        return {key for action in SHARING_ACTIONS for key in self._undecided(example_of(action), recipient)}

    def _undecided(self, action: str, recipient: Recipient) -> Iterator[str]:
        effects = list(self._policy_effects(self._request(action, recipient), recipient))
        if _DENY in effects:
            return
        is_allowed = _ALLOW in effects or self._is_granted(action, recipient)
        for effect, keys in effects:
            if effect == "Deny" or not is_allowed:
                yield from keys

    def _effect(self, action: str, recipient: Recipient) -> Effect:
        effects = list(self._policy_effects(self._request(action, recipient), recipient))
        if _DENY in effects:
            return Effect.DENY
        is_allowed = any(effect == "Allow" for effect, _ in effects) or self._is_granted(action, recipient)
        return Effect.ALLOW if is_allowed else Effect.NONE

    def _is_granted(self, action: str, recipient: Recipient) -> bool:
        operation = action.removeprefix("kms:")
        return any(recipient.is_named_by(grant.grantee) and operation in grant.operations for grant in self.grants)

    def _request(self, action: str, recipient: Recipient) -> Request:
        _, partition, _, region, *_ = self.key_arn.split(":")
        known = {
            **recipient.context(partition),
            "aws:principalisawsservice": "false",
            "aws:securetransport": "true",
            "aws:requestedregion": region,
            "kms:viaservice": via_service("ec2", region, partition),
            "kms:grantisforawsresource": "true",
        }
        return Request(action, self.key_arn, known)

    def _policy_effects(self, request: Request, recipient: Recipient) -> Iterator[tuple[str, frozenset[str]]]:
        """The effects of the statements that may apply, each with the condition keys on which that depends."""
        for statement in statements(self.policy):
            if not (covers(statement, request) and _is_about(statement, recipient)):
                continue
            holds = conditions_hold(statement, request.context)
            keys = undecided_keys(statement, request.context)
            if recipient.account_id and (some := {key for key in keys if key.lower() == "aws:principalarn"}):
                if statement["Effect"] == "Deny":
                    continue  # it leaves the other principals of the account
                keys -= some
            if holds is not False:
                yield statement["Effect"], frozenset(keys)


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
