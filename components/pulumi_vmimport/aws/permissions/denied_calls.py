"""Calls that IAM denies: the missing action, and the statement that allows it.

AWS names action, resource and the kind of policy in the message, encodes them (EC2), or answers without any details, as
to a HEAD request. What the message lacks comes from the request.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.failed_calls import FailedCall, failed_call
from pulumi_vmimport.aws.permissions import operator_statements
from pulumi_vmimport.aws.permissions.needed_actions import NeededActions
from pulumi_vmimport.aws.permissions.operator_statements import (
    OF_SEVERAL_TYPES,
    ROLE_PASSING,
    PolicyScope,
    passed_to,
)
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.aws.tables import iam_actions, known_failures
from pulumi_vmimport.aws.tables.known_failures import Grant, KnownFailure, with_explanation
from pulumi_vmimport.errors import VmimportError

_PRINCIPAL = re.compile(r"\bUser: (arn:\S+) is not authorized")
_DENIED = re.compile(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: \"?(arn:[^\s\"]+))?")
_ENCODED = re.compile(r"\bEncoded authorization failure message: ([\w=+/-]+)")
_ASSUMED_ROLE = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([^/]+)/.*")
# The services choose the ids of these resources, so the statement of a run must allow those of the next one too.
_GENERATED = re.compile(r"(arn:[\w-]+:(?:ec2|workspaces|imagebuilder):[^:]*:[^:]*:[\w-]+)/.+")
_DECODE = "`aws sts decode-authorization-message --encoded-message ...` shows the action and the resource"


@dataclass(frozen=True)
class _Denial:
    """What IAM denies, as far as it is known."""

    action: str | None = None
    resource: str | None = None
    principal: str | None = None
    is_explicit: bool = False
    is_encoded: bool = False

    @property
    def words(self) -> str:
        """The decoded details, in the words that IAM uses elsewhere."""
        subject = f"User: {self.principal} is " if self.principal else ""
        on = f" on resource: {self.resource}" if self.resource else ""
        return f"{subject}not authorized to perform: {self.action}{on}" + (" with an explicit deny" * self.is_explicit)


def describe_service_error(error: BaseException) -> str:
    """The error in AWS's words with cause and remedy; if IAM denies the call, with the statement to add."""
    words = error_message(error)
    call = failed_call(error)
    if not isinstance(error, ClientError):
        return with_explanation(words)
    denial = _denial(error, call)
    if denial.is_encoded and denial.action:
        words = f"{_ENCODED.sub('Encoded authorization failure message: ...', words)}, decoded: {denial.words}"
    known = known_failures.find(words)
    if known is None or known.grant is Grant.NONE:
        return with_explanation(words)
    return "; ".join([words, known.explanation, *_remedies(known, denial, call)])


def missing_statement(error: ClientError) -> str | None:
    """The missing action and the statement to add, if IAM denies the call and names the action; None otherwise."""
    known, call = known_failures.find(error_message(error)), failed_call(error)
    denial = _denial(error, call)
    if known is None or known.grant is Grant.NONE or denial.action is None:
        return None
    return _remedies(known, denial, call)[-1]


def _denial(error: ClientError, call: FailedCall | None) -> _Denial:
    text = redact_urls(error.response.get("Error", {}).get("Message") or "")
    principal, denied, encoded = _PRINCIPAL.search(text), _DENIED.search(text), _ENCODED.search(text)
    if denied:
        return _Denial(denied[1], denied[2], principal[1] if principal else None)
    return _decoded(encoded[1], call) if encoded else _Denial()


def _decoded(encoded: str, call: FailedCall | None) -> _Denial:
    if call is None:
        return _Denial(is_encoded=True)
    try:
        details = json.loads(call.decode(encoded))
        context = details["context"]
        principal = context.get("principal", {}).get("arn")
        explicit = bool(details.get("explicitDeny"))
        return _Denial(context["action"], context.get("resource"), principal, is_explicit=explicit, is_encoded=True)
    except (ClientError, BotoCoreError, VmimportError, ValueError, KeyError, TypeError):
        return _Denial(is_encoded=True)  # the caller may not decode it; the message stays as it is


def _remedies(known: KnownFailure, denial: _Denial, call: FailedCall | None) -> list[str]:
    remedies = []
    if denial.is_encoded and denial.action is None:
        remedies.append(_DECODE)
    if denial.action is None and call is not None:
        denial = replace(denial, action=_action_of(call))
    if denial.action is None:
        return remedies
    statement = json.dumps(_statement(known, denial, call))
    missing = f"{denial.action} is missing" if not remedies else f"probably {denial.action} is missing"
    return [*remedies, f"{missing}: add {statement}"]


def _statement(known: KnownFailure, denial: _Denial, call: FailedCall | None) -> dict[str, Any]:
    action = str(denial.action)
    account = denial.principal.split(":")[4] if denial.principal else "*"
    scope = PolicyScope(
        partition=call.partition if call else "*",
        account_id=account,
        regions=(call.region if call else "*",),
        buckets=_bucket_in(call),
        role_names=_role_in(call),
    )
    passing = call and passed_to([f"{call.service}:{call.operation}"])
    called = {action} if action != ROLE_PASSING else {f"{call.service}:{call.operation}"} if call and passing else set()
    implied = {ROLE_PASSING} if action == ROLE_PASSING else set()
    document = operator_statements.operator_policy([NeededActions(frozenset(called), frozenset(implied))], scope)
    statement: dict[str, Any] = next(each for each in document["Statement"] if each["Action"] == action)
    if denial.resource and _is_whole(action, statement):
        statement |= {"Resource": _GENERATED.sub(r"\1/*", denial.resource)}
    elif (
        call and call.service == "s3" and "Key" in call.members and "s3:object" in iam_actions.table().types_of(action)
    ):
        statement |= {"Resource": f"arn:{call.partition}:s3:::{call.members['Bucket']}/{call.members['Key']}"}
    if known.grant is Grant.RESOURCE and denial.principal:
        principal = _ASSUMED_ROLE.sub(r"arn:\1:iam::\2:role/\3", denial.principal)
        return {"Effect": "Allow", "Principal": {"AWS": principal}, **statement}
    return statement


def _is_whole(action: str, statement: Mapping[str, Any]) -> bool:
    """Whether the resource of a denial is the only one that IAM checks; it names the first of several."""
    return isinstance(statement["Resource"], str) or action in OF_SEVERAL_TYPES or not action.startswith("ec2:")


def _action_of(call: FailedCall) -> str:
    if call.service == "s3":
        return iam_actions.table().s3_action(call.operation, of_version=bool(call.members.get("VersionId")))
    return f"{call.service}:{call.operation}"


def _bucket_in(call: FailedCall | None) -> tuple[str, ...]:
    bucket = call.members.get("Bucket") if call else None
    return (str(bucket),) if bucket else ()


def _role_in(call: FailedCall | None) -> tuple[str, ...]:
    role = call.members.get("RoleName") if call else None
    return (str(role),) if role else ()
