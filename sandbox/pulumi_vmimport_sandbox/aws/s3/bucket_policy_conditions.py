"""Bucket policies: moto ignores the conditions of Deny statements and derives the action from the HTTP method alone."""

import json
from collections.abc import Mapping
from typing import Any

import flask
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import S3ClientError

from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import condition_holds, statements

_SSE = "x-amz-server-side-encryption"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
_MULTIPART = frozenset({"uploads", "uploadId"})


def permission(bucket: Any, action: str, resource: str) -> Any:
    """Replaces moto's FakeBucket.get_permission. Ignores statements whose conditions do not hold.

    Raises: S3ClientError with S3's words for a request that the policy denies.
    """
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    document, action = json.loads(bucket.policy), _action(action)
    context = _context(bucket)
    holding = [
        {name: value for name, value in statement.items() if name != "Condition"}
        for statement in statements(document)
        if condition_holds(statement, context)
    ]
    result = IAMPolicy(json.dumps({**document, "Statement": holding})).is_action_permitted(action, resource)
    if result == PermissionResult.DENIED and flask.has_request_context() and "delete" not in flask.request.args:
        message = (
            f"User: {context['aws:PrincipalArn']} is not authorized to perform: {action} on resource: "
            f'"{resource}" with an explicit deny in a resource-based policy'
        )
        raise S3ClientError("AccessDenied", message)
    return result


def _action(action: str) -> str:
    """The action of the request, where moto's differs."""
    if not flask.has_request_context():
        return action
    arguments, method = flask.request.args, flask.request.method
    if method == "POST" and _MULTIPART & arguments.keys():
        return "s3:PutObject"
    if method == "DELETE" and "uploadId" in arguments:
        return "s3:AbortMultipartUpload"
    return f"{action}Tagging" if "tagging" in arguments else action


def _context(bucket: Any) -> dict[str, str]:
    """The condition keys of the request. HTTP requests to the sandbox count as TLS."""
    headers: Mapping[str, str] = dict(flask.request.headers) if flask.has_request_context() else {}
    return {
        "aws:SecureTransport": "true",
        "s3:TlsVersion": "1.3",
        "aws:PrincipalAccount": bucket.account_id,
        "aws:PrincipalArn": f"arn:aws:iam::{bucket.account_id}:user/sandbox",
        **_encryption_of_upload(bucket),
        **{f"s3:{name}": value for name, value in headers.items() if name.lower().startswith("x-amz-")},
    }


def _encryption_of_upload(bucket: Any) -> dict[str, str]:
    """The encryption headers of CreateMultipartUpload, which hold for the later requests of the upload."""
    upload_id = flask.request.args.get("uploadId") if flask.has_request_context() else None
    upload = bucket.multiparts.get(upload_id) if upload_id else None
    found = {_SSE: upload and upload.sse_encryption, f"{_SSE}-aws-kms-key-id": upload and upload.kms_key_id}
    return {f"s3:{name}": str(value) for name, value in found.items() if value}
