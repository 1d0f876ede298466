"""Calls of the sandbox's AWS without a connection, which take less than half of the CPU time.

They reach the same gateway as a request of the server. Calls of S3 and EBS use the connection, as their bodies are
streams, and so does every call while a fault waits, as faults close connections.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from werkzeug.test import EnvironBuilder, run_wsgi_app

from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

_STREAMS = ("s3", "ebs")


class _Body(io.BytesIO):
    """A body as urllib3 returns it."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def calls_in_process(aws: AwsSandbox) -> Iterator[None]:
    """While it lasts, clients of the running sandbox call its gateway in their own thread."""
    server, send = aws._server, vars(Endpoint)["_send"]
    assert server is not None

    def answered(endpoint: Any, request: Any) -> Any:
        by_connection = endpoint._endpoint_prefix in _STREAMS or aws.faults.waiting
        if by_connection or not request.url.startswith(f"{aws.endpoint}/"):
            return send(endpoint, request)
        sent = [(name, _text(value)) for name, value in request.headers.items()]
        environ = EnvironBuilder(
            request.url, method=request.method, headers=sent, data=request.body or b""
        ).get_environ()
        body, status, received = run_wsgi_app(server.app, environ, buffered=True)
        headers: Any = dict(received)
        return AWSResponse(request.url, int(status.split()[0]), headers, _Body(b"".join(body)))

    with patch.object(Endpoint, "_send", answered):
        yield


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
