"""The log of API calls, and the parser that identifies the operation of a request."""

import io
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import parse_qs, unquote

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# AssumeRole returns credentials and changes nothing.
_READS = ("Describe", "Get", "List", "Head", "AssumeRole")
_SCOPE = re.compile(r"Credential=([^/,&]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_FORM = "application/x-www-form-urlencoded"
_JSON = ("application/json", "application/x-amz-json")
_NO_PARAMETERS: Mapping[str, str] = {}
_NO_MEMBERS: Mapping[str, Any] = {}
INCOMING_CALL = "sandbox.arrival"
"""The key of the `IncomingCall` in a request's WSGI environment."""


@dataclass(frozen=True)
class RecordedCall:
    """One API call."""

    service: str
    """The signing name: `ec2`, `s3`, `iam`, `sts`, `workspaces` ..."""
    operation: str
    region: str
    at: float
    """Seconds since 1970 of the sandbox's clock."""
    path: str = "/"
    """For S3 `/bucket/key?query`."""
    is_dry_run: bool = False
    """Whether the request asks AWS only to validate it (`dryRun` of Image Builder)."""

    @property
    def is_write(self) -> bool:
        """Whether the call may change resources."""
        return not self.is_dry_run and not self.operation.startswith(_READS)

    def is_of(self, operation: str) -> bool:
        """Whether `Operation`, `service:Operation` or `*` matches this call."""
        return operation in {"*", self.operation, f"{self.service}:{self.operation}"}


class CallLog(Sequence[RecordedCall]):
    """The recorded calls, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[RecordedCall] = []

    def add(self, call: RecordedCall) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Delete all recorded calls."""
        with self._lock:
            self._calls.clear()

    def writes(self) -> list[RecordedCall]:
        """The calls of operations that may change resources."""
        return [call for call in self if call.is_write]

    def of(self, operation: str) -> list[RecordedCall]:
        """The calls of an operation (`Operation` or `service:Operation`)."""
        return [call for call in self if call.is_of(operation)]

    @property
    def operations(self) -> list[str]:
        """The operations in call order."""
        return [call.operation for call in self]

    @overload
    def __getitem__(self, index: int) -> RecordedCall: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RecordedCall]: ...
    def __getitem__(self, index: int | slice) -> RecordedCall | Sequence[RecordedCall]:
        with self._lock:
            return self._calls[index]

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)

    def __iter__(self) -> Iterator[RecordedCall]:
        with self._lock:
            return iter(list(self._calls))

    def __repr__(self) -> str:
        return f"CallLog({self[:]!r})"


@dataclass(frozen=True)
class IncomingCall:
    """A call with the details of its request."""

    call: RecordedCall
    access_key: str
    parameters: Mapping[str, str]
    """The form fields of a query-protocol call."""
    is_json: bool
    """Whether the call uses a JSON protocol with the operation in a header."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The members of a JSON body."""

    @property
    def is_query(self) -> bool:
        """Whether the call uses the AWS query protocol (IAM, STS and others)."""
        return bool(self.parameters)


def incoming_call(environ: "WSGIEnvironment", at: float) -> IncomingCall:
    """The call of a request. Reads a form or JSON body and restores it."""
    query = environ.get("QUERY_STRING", "")
    scope = _SCOPE.search(
        environ.get("HTTP_AUTHORIZATION", "") or unquote(query).replace("X-Amz-Credential", "Credential")
    )
    # Only requests for S3 objects can be unsigned.
    access_key, region, service = scope.groups() if scope else ("", "us-east-1", "s3")
    target = environ.get("HTTP_X_AMZ_TARGET")
    # S3 bodies are user data, whatever their content type.
    content_type = environ.get("CONTENT_TYPE", "") if service != "s3" else ""
    parameters = _form(environ) if content_type.startswith(_FORM) and not target else _NO_PARAMETERS
    body = _members(environ) if content_type.startswith(_JSON) else _NO_MEMBERS
    in_header = target.rpartition(".")[2] if target else None
    operation = in_header or parameters.get("Action") or _routed(service, environ)
    path = environ.get("PATH_INFO", "/") + (f"?{query}" if query else "")
    call = RecordedCall(service, operation, region, at, path, is_dry_run=body.get("dryRun") is True)
    return IncomingCall(call, access_key, parameters, is_json=bool(target), body=body)


def known_operations(names: Iterable[str]) -> set[str]:
    """The operations of services as `Operation` and `service:Operation`."""
    found: set[str] = set()
    for service in names:
        operations: Any = get_service_model(service).operation_names
        found.update(operations, (f"{service}:{operation}" for operation in operations))
    return found


def _form(environ: "WSGIEnvironment") -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(_body(environ).decode(), keep_blank_values=True).items()}


def _members(environ: "WSGIEnvironment") -> Mapping[str, Any]:
    """The members of a JSON body; none if it is not a JSON object, which is the service's error to report."""
    try:
        parsed = json.loads(_body(environ) or b"{}")
    except ValueError:
        return _NO_MEMBERS
    return parsed if isinstance(parsed, dict) else _NO_MEMBERS


def _body(environ: "WSGIEnvironment") -> bytes:
    """The body, which stays readable."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _routed(service: str, environ: "WSGIEnvironment") -> str:
    try:
        operation, _ = get_service_router(service).match(Request(environ))
    except (NotFound, MethodNotAllowed, UnknownServiceError):
        return f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '/')}"
    return str(operation.name)
