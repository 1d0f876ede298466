"""The door of the sandbox's AWS: every request is recorded and struck by the ordered faults before moto sees it."""

import contextlib
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pulumi_vmimport.sandbox.aws import checksums
from pulumi_vmimport.sandbox.aws.access_keys import OBSERVER_KEY
from pulumi_vmimport.sandbox.aws.calls import Arrival, CallLog, arrival
from pulumi_vmimport.sandbox.aws.faults import ConnectionLost, Faults
from pulumi_vmimport.sandbox.aws.wire_errors import WireError, answer
from pulumi_vmimport.sandbox.clock import SandboxClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NOT_IMPLEMENTED = 501


class Front:
    """A WSGI application around moto's."""

    def __init__(
        self,
        application: "WSGIApplication",
        clock: SandboxClock,
        calls: CallLog,
        faults: Faults,
        processed: Callable[[Arrival], None],
    ) -> None:
        self._application = application
        self._clock = clock
        self._calls = calls
        self._faults = faults
        self._processed = processed

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        arrived = arrival(environ, self._clock.now())
        observed = arrived.access_key != OBSERVER_KEY
        try:
            if observed:
                self._calls.add(arrived.call)
                self._faults.strike(arrived, "before")
            checksums.verify(arrived.call, environ)
            body = self._moto(environ, start_response, arrived)
            self._processed(arrived)
            if observed:
                self._faults.strike(arrived, "after")
        except WireError as error:
            return answer(error, arrived, environ, start_response)
        except ConnectionLost as lost:
            # The peer may be gone already; then the connection is lost as ordered.
            with contextlib.suppress(OSError):
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("ordered by the test") from lost  # werkzeug ends the request without a word
        return body

    def _moto(self, environ: "WSGIEnvironment", start_response: "StartResponse", arrived: Arrival) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except NotImplementedError as error:
            call = arrived.call
            text = f"the sandbox's AWS has no {call.service} {call.operation}: {error}"
            raise WireError(_NOT_IMPLEMENTED, "NotImplemented", text) from error
