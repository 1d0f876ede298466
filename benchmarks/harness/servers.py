"""Local endpoints of a transfer: an S3 server over TLS that is not the bottleneck, and a rate-limited relay."""

import json
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

from pulumi_vmimport_sandbox.environment import for_aws, without_caller_variables

from . import programs

REGION = "eu-west-1"
BUCKET = "images"


@dataclass(frozen=True)
class Counters:
    """Requests and bytes that the S3 server has counted."""

    requests: dict[str, int]
    """Number of requests, by operation."""
    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True)
class S3Server:
    """A running S3 server."""

    port: int
    ca_file: Path

    def read_counters(self) -> Counters:
        """Return the counters and reset them."""
        connection = self._connection()
        connection.request("GET", "/-/counters")
        counters = Counters(**json.loads(connection.getresponse().read()))
        connection.close()
        return counters

    def receive_rate(self) -> float:
        """Bytes a second that the server receives from a client that does nothing else."""
        connection = self._connection()
        body, count = bytes(16 << 20), 32
        start = time.monotonic()
        for _ in range(count):
            connection.request("PUT", f"/{BUCKET}/rate", body)
            connection.getresponse().read()
        connection.close()
        return count * len(body) / (time.monotonic() - start)

    def _connection(self) -> HTTPSConnection:
        return HTTPSConnection("127.0.0.1", self.port, context=ssl.create_default_context(cafile=str(self.ca_file)))

    def environment(self, environment: dict[str, str], port: int | None = None) -> dict[str, str]:
        """An environment that directs boto3 and the AWS CLI to this server, or to a relay that listens on `port`."""
        return {
            **without_caller_variables(environment),
            **for_aws(f"https://127.0.0.1:{port or self.port}", "key", "secret", REGION),
            "AWS_CA_BUNDLE": str(self.ca_file),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONDONTWRITEBYTECODE": "1",  # byte code on disk would count as written by the transfer
        }


@contextmanager
def s3(directory: Path, *, files: Path | None = None, keep: Path | None = None) -> Iterator[S3Server]:
    """Run an S3 server inside the block.

    It discards uploads, or stores them in the folder `keep`. It serves the files in the folder `files` as objects.
    """
    with tempfile.NamedTemporaryFile(dir=directory, suffix=".pem") as certificate:
        options: list[str | Path] = ["-certificate", certificate.name]
        options += ["-files", files] if files else []
        options += ["-keep", keep] if keep else []
        with _serve("s3", *options) as port:
            yield S3Server(port, Path(certificate.name))


@contextmanager
def relay(port: int, rate: float) -> Iterator[int]:
    """Run a relay to a local port, limited to `rate` bytes a second in each direction. Yields the relay's own port."""
    with _serve("relay", "-to", f"127.0.0.1:{port}", "-rate", str(rate)) as own_port:
        yield own_port


@contextmanager
def _serve(*arguments: str | Path) -> Iterator[int]:
    command = [programs.testbed(), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # the server exits at the end of its standard input
            process.wait()
