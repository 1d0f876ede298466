"""Ends a call of the native provider with one line for the user."""

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import grpc

from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.engine import Call
from pulumi_vmimport.lifecycle.error_reporting import describe_error, is_unreachable
from pulumi_vmimport.lifecycle.native_identity import resource_of

ServeT = TypeVar("ServeT", bound=Callable[..., Any])

_DEFECT = "this is a defect of pulumi-vmimport; please report it with the traceback, which `pulumi up --debug` prints"


def reported(serve: ServeT) -> ServeT:
    """A method of the provider whose exception becomes an error of the call, without a traceback."""

    @wraps(serve)
    def served(self: Any, request: Any, context: Any) -> Any:
        try:
            return serve(self, request, context)
        except Exception as error:  # noqa: BLE001 - the last handler of a call
            urn = getattr(request, "urn", "")  # a function and a new component have none
            message = _message(_title(request), error)
            if not context.trailing_metadata():  # set where the error of a lifecycle was reported
                engine.log(urn, redact_urls(traceback.format_exc()), severity="DEBUG")
                engine.one_line_error(Call(request, context), message)
            context.abort(grpc.StatusCode.UNKNOWN, message)

    return served  # type: ignore[return-value]


def _title(request: Any) -> str:
    if hasattr(request, "tok"):
        return str(request.tok.rpartition(":")[2])
    if hasattr(request, "urn"):
        return f"{resource_of(request.urn)} {request.urn.rpartition('::')[2]}"
    return f"{request.type.rpartition(':')[2]} {request.name}"


def _message(title: str, error: Exception) -> str:
    if isinstance(error, VmimportError) or is_unreachable(error):
        return f"{title}: {describe_error(error)}"
    return f"{title}: {type(error).__name__}: {redact_urls(str(error))}; {_DEFECT}"
