"""What the identity policies of the caller allow."""

import base64
import binascii
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError
from pulumi_vmimport_sandbox.aws.iam.call_resources import NeededPermission, needed_permissions
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, allowed, verdict

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CALLER = "arn:aws:iam::123456789012:user/sandbox"
Policy = Mapping[str, Any]
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
        self.encodes_details = False
        """Whether EC2 names the action and resource of a denial only in an encoded message"""

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
        for needed in needed_permissions(incoming, environ):
            request = PolicyRequest(needed.action, needed.resource, needed.context)
            if needed.action not in _ALWAYS_ALLOWED and not allowed(policies, request):
                is_explicit = any(verdict(policy, request) == "deny" for policy in policies)
                raise self._denial(incoming, needed, is_explicit=is_explicit)

    def _denial(self, incoming: IncomingCall, needed: NeededPermission, *, is_explicit: bool) -> WireError:
        service, action = incoming.call.service, needed.action
        text = f"User: {CALLER} is not authorized to perform: {action}"
        text += f" on resource: {needed.resource}" if needed.resource != "*" else ""
        cause = f"because no identity-based policy allows the {action} action"
        text += " with an explicit deny in an identity-based policy" if is_explicit else f" {cause}"
        if service == "ec2":
            encoded = f"Encoded authorization failure message: {_encoded(needed, is_explicit=is_explicit)}"
            details = encoded if self.encodes_details else text
            text = f"You are not authorized to perform this operation. {details}"
        status = _BAD_REQUEST if incoming.is_json else _FORBIDDEN
        reason = "UNAUTHORIZED_ACCOUNT" if service == "ebs" else None
        return WireError(status, _DENIED_CODES.get(service, "AccessDeniedException"), text, reason)


def decode_authorization_message(self: Any) -> ActionResult:
    """A method of moto's STS, which lacks it.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
    """
    try:
        text = base64.urlsafe_b64decode(self._get_param("EncodedMessage")).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ServiceError("InvalidAuthorizationMessageException", "Message is not valid") from error
    return ActionResult({"DecodedMessage": text})


def _encoded(needed: NeededPermission, *, is_explicit: bool) -> str:
    """The details of a denial in the form that DecodeAuthorizationMessage documents."""
    principal = {"name": CALLER.rpartition("/")[2], "arn": CALLER}
    context = {
        "principal": principal,
        "action": needed.action,
        "resource": needed.resource,
        "conditions": {"items": []},
    }
    details = {"allowed": False, "explicitDeny": is_explicit, "matchedStatements": {"items": []}, "context": context}
    return base64.urlsafe_b64encode(json.dumps(details).encode()).decode()
