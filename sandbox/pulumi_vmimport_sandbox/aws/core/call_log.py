"""What was called: the record of API calls, and how a request tells its operation."""

import io
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import parse_qs, unquote

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# AssumeRole hands out credentials and changes nothing.
_READS = ("Describe", "Get", "List", "Head", "AssumeRole")
_SCOPE = re.compile(r"Credential=([^/,&]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_FORM = "application/x-www-form-urlencoded"
_NO_PARAMETERS: Mapping[str, str] = {}
INCOMING_CALL = "sandbox.arrival"
"""Where a request's WSGI environment has its `Arrival`."""


@dataclass(frozen=True)
class RecordedCall:
    """One API call as it arrived."""

    service: str
    """The signing name: `ec2`, `s3`, `iam`, `sts`, `workspaces` ..."""
    operation: str
    region: str
    at: float
    """Seconds since 1970 of the sandbox's clock."""
    path: str = "/"
    """For S3 `/bucket/key?query`."""

    @property
    def is_write(self) -> bool:
        """Whether the operation may change something."""
        return not self.operation.startswith(_READS)

    def is_of(self, operation: str) -> bool:
        """Whether an order for `Operation`, `service:Operation` or `*` means this call."""
        return operation in {"*", self.operation, f"{self.service}:{self.operation}"}


class CallLog(Sequence[RecordedCall]):
    """The calls so far, oldest first. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[RecordedCall] = []

    def add(self, call: RecordedCall) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def writes(self) -> list[RecordedCall]:
        """The calls that may have changed something."""
        return [call for call in self if call.is_write]

    def of(self, operation: str) -> list[RecordedCall]:
        """The calls of an operation (`Operation` or `service:Operation`)."""
        return [call for call in self if call.is_of(operation)]

    @property
    def operations(self) -> list[str]:
        """The operations, in the order of the calls."""
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
    """A call, and what only the wire needs to know of it."""

    call: RecordedCall
    access_key: str
    parameters: Mapping[str, str]
    """The form of a query-protocol call."""
    is_json: bool

    @property
    def is_query(self) -> bool:
        """Whether the call speaks AWS's query protocol (IAM, STS and the like)."""
        return bool(self.parameters)


def incoming_call(environ: "WSGIEnvironment", at: float) -> IncomingCall:
    """Which call a request is. Reads a form body and puts it back."""
    query = environ.get("QUERY_STRING", "")
    scope = _SCOPE.search(
        environ.get("HTTP_AUTHORIZATION", "") or unquote(query).replace("X-Amz-Credential", "Credential")
    )
    # A request without a signature can only be one for an S3 object.
    access_key, region, service = scope.groups() if scope else ("", "us-east-1", "s3")
    target = environ.get("HTTP_X_AMZ_TARGET")
    parameters = _NO_PARAMETERS
    if target:
        operation = target.rpartition(".")[2]
    else:
        # S3 bodies are the user's bytes, whatever they say they are.
        if service != "s3" and environ.get("CONTENT_TYPE", "").startswith(_FORM):
            parameters = _form(environ)
        operation = parameters.get("Action") or _routed(service, environ)
    path = environ.get("PATH_INFO", "/") + (f"?{query}" if query else "")
    return IncomingCall(
        RecordedCall(service, operation, region, at, path), access_key, parameters, is_json=bool(target)
    )


def known_operations(names: Iterable[str]) -> set[str]:
    """The operations of services, as `Operation` and `service:Operation`."""
    found: set[str] = set()
    for service in names:
        operations: Any = get_service_model(service).operation_names
        found.update(operations, (f"{service}:{operation}" for operation in operations))
    return found


def _form(environ: "WSGIEnvironment") -> Mapping[str, str]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def _routed(service: str, environ: "WSGIEnvironment") -> str:
    try:
        operation, _ = get_service_router(service).match(Request(environ))
    except (NotFound, MethodNotAllowed, UnknownServiceError):
        return f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '/')}"
    return str(operation.name)
