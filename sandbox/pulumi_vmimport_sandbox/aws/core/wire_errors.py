"""Serialize errors of services in the protocol of the request."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True)
class WireError(Exception):
    """An error response."""

    status: int
    code: str
    message: str
    reason: str | None = None
    """The Reason of the EBS direct APIs."""


@dataclass(frozen=True)
class ForeignResponse(Exception):  # noqa: N818 - a simulated event, not an error of the sandbox
    """A response of a proxy or a captive portal, which answers in the name of a service."""

    status: int
    content_type: str
    body: bytes

    def send(self, start_response: "StartResponse") -> Iterable[bytes]:
        """Send it without the headers of AWS."""
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(self.body)))]
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", headers)
        return [self.body]


# Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
_THROTTLED = {
    "ec2": WireError(503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": WireError(503, "SlowDown", "Please reduce your request rate."),
    "iam": WireError(400, "Throttling", "Rate exceeded"),
    "sts": WireError(400, "Throttling", "Rate exceeded"),
    # https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html; words assumed
    "ebs": WireError(400, "RequestThrottledException", "Rate exceeded", "RESOURCE_LEVEL_THROTTLE"),
    # https://docs.aws.amazon.com/imagebuilder/latest/APIReference/CommonErrors.html; words assumed
    "imagebuilder": WireError(429, "CallRateLimitExceededException", "Rate exceeded"),
}
_THROTTLED_JSON = WireError(400, "ThrottlingException", "Rate exceeded")
_EXPIRED = {
    "ec2": WireError(400, "RequestExpired", "Request has expired."),
    "s3": WireError(400, "ExpiredToken", "The provided token has expired."),
    "iam": WireError(403, "ExpiredToken", "The security token included in the request is expired"),
    "sts": WireError(403, "ExpiredToken", "The security token included in the request is expired"),
}
_EXPIRED_JSON = WireError(400, "ExpiredTokenException", "The security token included in the request is expired")


def throttled(service: str) -> WireError:
    """The throttling error of a service."""
    return _THROTTLED.get(service, _THROTTLED_JSON)


def expired(service: str) -> WireError:
    """The error of a service for expired credentials."""
    return _EXPIRED.get(service, _EXPIRED_JSON)


def denied(incoming: IncomingCall, caller: str) -> WireError:
    """The error of a service for missing permissions."""
    service, operation = incoming.call.service, incoming.call.operation
    if service == "ec2":
        return WireError(403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
    if service == "s3":
        return WireError(403, "AccessDenied", "Access Denied")
    text = f"User: {caller} is not authorized to perform: {service}:{operation}"
    if service == "ebs":
        return WireError(403, "AccessDeniedException", text, "UNAUTHORIZED_ACCOUNT")
    if service == "imagebuilder":
        return WireError(403, "AccessDeniedException", text)
    if incoming.is_json:
        return WireError(400, "AccessDeniedException", text)
    return WireError(403, "AccessDenied", text)


def server_error(status: int) -> WireError:
    """A 5xx."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return WireError(status, "ServiceUnavailable", "Service is unable to handle request.")
    return WireError(status, "InternalError", "An internal error has occurred")


def answer(
    error: WireError, incoming: IncomingCall, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    """Return an error response in the protocol of the request."""
    kind, body = _body(error, incoming)
    if environ["REQUEST_METHOD"] == "HEAD":
        body = b""
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", error.code)]
    headers.append(("x-amzn-RequestId", "sandbox"))
    start_response(f"{error.status} {HTTPStatus(error.status).phrase}", headers)
    return [body]


def _body(error: WireError, incoming: IncomingCall) -> tuple[str, bytes]:
    words = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    service = incoming.call.service
    if service == "s3":
        return "application/xml", f"<Error>{words}<RequestId>sandbox</RequestId></Error>".encode()
    if service == "ec2":
        errors = f"<Errors><Error>{words}</Error></Errors>"
        return "text/xml", f"<Response>{errors}<RequestID>sandbox</RequestID></Response>".encode()
    if incoming.is_query:
        kind = "Receiver" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "Sender"
        response = f"<Error><Type>{kind}</Type>{words}</Error><RequestId>sandbox</RequestId>"
        return "text/xml", f"<ErrorResponse>{response}</ErrorResponse>".encode()
    body = {"__type": error.code, "message": error.message}
    if error.reason is not None:
        body |= {"Message": error.message, "Reason": error.reason}
    return "application/x-amz-json-1.1", json.dumps(body).encode()
