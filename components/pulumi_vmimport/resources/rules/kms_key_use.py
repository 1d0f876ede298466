"""Whether a service role may use a KMS key: the key policy decides, alone or together with the policies of the role.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_vmimport.aws.ec2 import kms_keys
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.policy_conditions import Context
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, delegates_to_account, effect
from pulumi_vmimport.aws.iam.service_role import Refusal, ServiceRole
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value


@dataclass(frozen=True)
class KeyUse:
    """A key that a service role uses through another service."""

    run: Run
    role: ServiceRole
    key_arn: str
    purpose: str
    """A relative clause that says what the key encrypts"""
    via: str
    """The service that calls KMS, such as `s3`"""
    context: Context

    fresh: bool
    """Whether to read the key policy now; otherwise it may be some seconds old"""

    def problems(self, actions: Sequence[str]) -> Iterator[str]:
        """Why the key policy and the policies of the role do not allow the actions."""
        yield from self.key_policy_problems(actions)
        for action in actions:
            if self._is_left_to_role(action):
                refusal = self.role.refusal(action, self.key_arn, self._context)
                if refusal is not None:
                    yield self._refusal_text(action, refusal)

    def key_policy_problems(self, actions: Sequence[str]) -> Iterator[str]:
        """Why the key policy alone does not allow the actions. Not being allowed to read it is a warning."""
        if self._key_policy is None:
            return
        name, key = self.role.name, f"the policy of KMS key {self.key_arn}, {self.purpose},"
        if denied := [action for action in actions if self._by_key(action) is Effect.DENY]:
            yield (
                f"{key} denies {', '.join(denied)} to role {shown_value(name)}, and no Allow statement can "
                "override it; exempt "
                "the role from the Deny statement in the key policy"
            )
        missing = [a for a in actions if self._by_key(a) is Effect.NONE and not self._is_left_to_role(a)]
        if missing:
            statement = {**iam_documents.sse_kms_key_statement(self.role.arn), "Action": missing}
            yield (
                f"{key} does not allow {', '.join(missing)} to role {shown_value(name)}; add to the key policy: "
                f"{json.dumps(statement)}"
            )

    @cached_property
    def _key_policy(self) -> Mapping[str, Any] | None:
        """The key policy, if it can be read."""
        policy: list[Mapping[str, Any]] = []
        with warn_on_aws_error(self.run, f"policy of key {self.key_arn}"):
            policy.append(kms_keys.policy(self.run.aws, self.key_arn, fresh=self.fresh))
        return policy[0] if policy else None

    def _by_key(self, action: str) -> Effect:
        return Effect.NONE if self._key_policy is None else effect([self._key_policy], self._request(action))

    def _is_left_to_role(self, action: str) -> bool:
        """Whether the policies of the role decide."""
        if self._key_policy is None:
            return True
        is_delegated = delegates_to_account(self._key_policy, self._request(action))
        return is_delegated and self._by_key(action) is Effect.NONE

    def _refusal_text(self, action: str, refusal: Refusal) -> str:
        key, name = f"{action} on KMS key {self.key_arn}, {self.purpose}", self.role.name
        if refusal is Refusal.NOT_ALLOWED:
            statement = {"Effect": "Allow", "Action": [action], "Resource": [self.key_arn]}
            return f"role {shown_value(name)} lacks {key}; add to its policies: {json.dumps(statement)}"
        if refusal is Refusal.DENIED:
            return (
                f"a Deny statement in the policies of role {shown_value(name)} denies {key}, and no Allow "
                "statement can override "
                "it; remove the Deny statement"
            )
        return (
            f"the permissions boundary {self.role.boundary_arn} of role {shown_value(name)} does not allow {key}; "
            "change it"
        )

    def _request(self, action: str) -> Request:
        return Request(iam_documents.example_of(action), self.key_arn, self._context, self.role.arn)

    @property
    def _context(self) -> Context:
        _, partition, _, region, *_ = self.key_arn.split(":")
        service = iam_documents.via_service(self.via, region, partition)
        return {**self.context, "kms:calleraccount": self.role.account_id, "kms:viaservice": service}
