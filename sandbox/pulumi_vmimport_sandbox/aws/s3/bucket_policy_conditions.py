"""Conditions in bucket policies: moto applies a Deny statement regardless of its conditions."""

import json
from collections.abc import Mapping
from typing import Any

import flask
from moto.iam.access_control import IAMPolicy, PermissionResult

from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import condition_holds, statements


def permission(bucket: Any, action: str, resource: str) -> Any:
    """Replaces moto's FakeBucket.get_permission. Ignores statements whose conditions do not hold."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(bucket.policy)
    context = _context(bucket.account_id)
    holding = [
        {name: value for name, value in statement.items() if name != "Condition"}
        for statement in statements(document)
        if condition_holds(statement, context)
    ]
    return IAMPolicy(json.dumps({**document, "Statement": holding})).is_action_permitted(action, resource)


def _context(account: str) -> dict[str, str]:
    """The condition keys of the request. HTTP requests to the sandbox count as TLS."""
    headers: Mapping[str, str] = dict(flask.request.headers) if flask.has_request_context() else {}
    return {
        "aws:SecureTransport": "true",
        "s3:TlsVersion": "1.3",
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": f"arn:aws:iam::{account}:user/sandbox",
        **{f"s3:{name}": value for name, value in headers.items() if name.lower().startswith("x-amz-")},
    }
