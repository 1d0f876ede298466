"""The entry point of the sandbox's AWS: records every request and injects faults before moto processes it."""

import contextlib
import socket
import traceback
import warnings
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pulumi_vmimport_sandbox.aws.core.access_keys import account_in_key, is_observer
from pulumi_vmimport_sandbox.aws.core.call_log import INCOMING_CALL, CallLog, IncomingCall, incoming_call
from pulumi_vmimport_sandbox.aws.core.fault_injection import ConnectionLost, Faults
from pulumi_vmimport_sandbox.aws.core.wire_errors import ForeignResponse, WireError, answer
from pulumi_vmimport_sandbox.aws.iam.caller_permissions import CallerPermissions
from pulumi_vmimport_sandbox.aws.s3 import multipart_validation, object_ownership, upload_checksums
from pulumi_vmimport_sandbox.aws.server.moto_patches import LOCKED_BY_THE_CLOUD, moto_lock
from pulumi_vmimport_sandbox.clock import SandboxClock

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Gateway:
    """A WSGI application that wraps moto's."""

    def __init__(
        self,
        application: "WSGIApplication",
        clock: SandboxClock,
        calls: CallLog,
        faults: Faults,
        *,
        permissions: CallerPermissions,
        regions: Callable[[IncomingCall], None],
        done: Callable[[IncomingCall], None],
    ) -> None:
        self._application = application
        self._clock = clock
        self._calls = calls
        self._faults = faults
        self._permissions = permissions
        self._regions = regions
        self._done = done

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        incoming = environ[INCOMING_CALL] = incoming_call(environ, self._clock.now())
        observed = not is_observer(incoming.access_key)
        account = account_in_key(incoming.access_key)
        if account:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account  # moto recognizes only keys that it created
        try:
            if observed:
                self._admit(incoming, environ)
            upload_checksums.verify(incoming.call, environ)
            multipart_validation.verify(incoming.call, environ)
            object_ownership.verify(incoming.call)
            status, body = self._moto(environ, start_response, incoming)
            if status < HTTPStatus.BAD_REQUEST:
                self._done(incoming)
            if observed:
                self._faults.inject(incoming, "after")
        except WireError as error:
            return answer(error, incoming, environ, start_response)
        except ForeignResponse as foreign:
            return foreign.send(start_response)
        except ConnectionLost as lost:
            # The peer may have disconnected already.
            with contextlib.suppress(OSError):
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("injected fault") from lost  # werkzeug ends the request silently
        except ConnectionError:
            raise  # the client disconnected
        except Exception as error:  # noqa: BLE001 - a defect of the sandbox or of moto
            summary = f"the sandbox failed at {incoming.call.service} {incoming.call.operation}"
            warnings.warn(f"{summary}\n{traceback.format_exc()}", RuntimeWarning, stacklevel=1)
            failed = WireError(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", f"{summary}: {error!r}")
            return answer(failed, incoming, environ, start_response)
        return body

    def _admit(self, incoming: IncomingCall, environ: "WSGIEnvironment") -> None:
        """Record a call of a program. Raises: what a disabled Region, a fault or a missing permission makes of it."""
        self._calls.add(incoming.call)
        self._regions(incoming)
        self._faults.inject(incoming, "before")
        if not account_in_key(incoming.access_key):  # the policies are those of the first account's caller
            self._permissions.require(incoming, environ)

    def _moto(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", incoming: IncomingCall
    ) -> tuple[int, Iterable[bytes]]:
        status = 0

        def start(line: str, headers: list[tuple[str, str]], failed: "OptExcInfo | None" = None) -> Any:
            nonlocal status
            status = int(line.split(maxsplit=1)[0])
            return start_response(line, headers, failed)

        by_itself = incoming.call.service in LOCKED_BY_THE_CLOUD
        try:
            with contextlib.nullcontext() if by_itself else moto_lock:
                body = self._application(environ, start)
        except NotImplementedError as error:
            call = incoming.call
            text = f"the sandbox does not implement {call.service} {call.operation}: {error}"
            raise WireError(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", text) from error
        return status, body
