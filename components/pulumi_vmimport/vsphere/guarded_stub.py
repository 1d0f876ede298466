"""All calls of a vSphere session: they can be abandoned, and reads are repeated after a foreign response."""

from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from xml.parsers.expat import ExpatError

from pulumi_vmimport.call_guard import current_guard, run_abandonable

# What pyVmomi raises for a page, an empty body or a part of a response.
_PARSE_ERRORS = (ExpatError, AttributeError, LookupError, TypeError, ValueError)
# The methods that may be called again. `RetrieveContents` and attributes of managed objects are the first two.
_READS = frozenset({
    "RetrieveProperties",
    "Fetch",
    "RetrieveServiceContent",
    "FindAllByUuid",
    "FindByInventoryPath",
    "HttpNfcLeaseGetManifest",
})  # fmt: skip
_PAUSE_SECONDS = 5.0


def guard_stub(stub: Any) -> None:
    """Guard all calls through a SOAP stub. Replaces its `InvokeMethod`, through which pyVmomi makes every call."""
    invoke = stub.InvokeMethod

    def guarded(target: Any, info: Any, args: Any, outer_stub: Any = None) -> Any:
        name = str(getattr(info, "wsdlName", None) or info.name)
        waited_seconds = 0.0
        while True:
            try:
                return run_abandonable(
                    lambda: _readable(lambda: invoke(target, info, args, outer_stub)),
                    lambda: f"waiting for the response to {name} of vSphere",
                )
            except (OSError, HTTPException) as error:
                guard = current_guard()
                if guard is None or name not in _READS or waited_seconds >= guard.patience_seconds:
                    raise
                guard.pause(_PAUSE_SECONDS, f"waiting to repeat {name} of vSphere: {type(error).__name__}: {error}")
                waited_seconds += _PAUSE_SECONDS

    stub.InvokeMethod = guarded


def _readable(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except _PARSE_ERRORS as error:
        raise HTTPException(
            f"the response is not one of vSphere ({error}); check proxies between this machine and the server"
        ) from error
