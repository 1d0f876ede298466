"""What the identity policies of the caller allow: the IAM actions and resources of each API call.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import io
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, allowed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CALLER = "arn:aws:iam::123456789012:user/sandbox"
Policy = Mapping[str, Any]
# S3 names many actions otherwise than its operations.
# Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
}
S3_VERSION_ACTIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "GetObject": "GetObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
}
# No policy can deny it.
# Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})
_DENIED_CODES = {"ec2": "UnauthorizedOperation", "s3": "AccessDenied", "iam": "AccessDenied", "sts": "AccessDenied"}
_FORBIDDEN, _BAD_REQUEST = 403, 400


class CallerPermissions:
    """The identity policies of the sandbox's caller. Without any, every call is allowed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._policies: list[tuple[Policy, ...]] = []

    @contextmanager
    def limited_to(self, *policies: Policy) -> Iterator[None]:
        """Allow only what these policies allow while the block runs; in nested blocks, what any of them allows."""
        with self._lock:
            self._policies.append(policies)
        try:
            yield
        finally:
            with self._lock:
                self._policies.remove(policies)

    def require(self, incoming: IncomingCall, environ: "WSGIEnvironment") -> None:
        """Reject a call that the policies do not allow. Raises: WireError in the words of the service."""
        with self._lock:
            policies = [policy for each in self._policies for policy in each]
            if not self._policies:
                return
        resource = _resource(incoming)
        for action in sorted(_actions(incoming, environ) - _ALWAYS_ALLOWED):
            if not allowed(policies, PolicyRequest(action, resource)):
                raise _denial(incoming, action, resource)


def _actions(incoming: IncomingCall, environ: "WSGIEnvironment") -> set[str]:
    """The actions that a call needs. Tags in a request need another one."""
    service, operation = incoming.call.service, incoming.call.operation
    if service == "s3":
        return _s3_actions(incoming, environ)
    needed = {f"{service}:{operation}"}
    if service == "ec2" and any(name.startswith("TagSpecification") for name in incoming.parameters):
        needed.add("ec2:CreateTags")
    if service == "workspaces" and "Tags" in _json(environ):
        needed.add("workspaces:CreateTags")
    if service == "imagebuilder" and "tags" in _json(environ):
        needed.add("imagebuilder:TagResource")
    return needed


def _s3_actions(incoming: IncomingCall, environ: "WSGIEnvironment") -> set[str]:
    action = S3_ACTIONS.get(incoming.call.operation, incoming.call.operation)
    if "versionId=" in environ.get("QUERY_STRING", ""):
        action = S3_VERSION_ACTIONS.get(action, action)
    has_tags = bool(environ.get("HTTP_X_AMZ_TAGGING"))
    return {f"s3:{action}", *({"s3:PutObjectTagging"} if has_tags else set())}


def _resource(incoming: IncomingCall) -> str:
    """The ARN of the bucket, object or role; `*` for the resources of the other services."""
    service, parameters = incoming.call.service, incoming.parameters
    account = CALLER.split(":")[4]
    if service == "s3":
        path = incoming.call.path.partition("?")[0].strip("/")
        return f"arn:aws:s3:::{path}" if path else "*"
    if service == "iam" and "RoleName" in parameters:
        return f"arn:aws:iam::{account}:role/{parameters['RoleName']}"
    if service == "iam" and "PolicyArn" in parameters:
        return parameters["PolicyArn"]
    return "*"


def _json(environ: "WSGIEnvironment") -> Mapping[str, Any]:
    """The body of a JSON request, which stays readable."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return dict(json.loads(body or b"{}"))


def _denial(incoming: IncomingCall, action: str, resource: str) -> WireError:
    text = f"User: {CALLER} is not authorized to perform: {action}"
    text += f" on resource: {resource}" if resource != "*" else ""
    text += f" because no identity-based policy allows the {action} action"
    service = incoming.call.service
    if service == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
    status = _BAD_REQUEST if incoming.is_json else _FORBIDDEN
    reason = "UNAUTHORIZED_ACCOUNT" if service == "ebs" else None
    return WireError(status, _DENIED_CODES.get(service, "AccessDeniedException"), text, reason)
