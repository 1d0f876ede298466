"""The ends of a transfer on this machine: an S3 over TLS that is no bottleneck, and relays that hold a rate."""

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
class Counted:
    """What a server was asked."""

    requests: dict[str, int]
    """By operation"""
    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True)
class S3:
    """A running server."""

    port: int
    ca_file: Path

    def counted(self) -> Counted:
        """What it was asked since this was last called."""
        connection = self._connection()
        connection.request("GET", "/-/counters")
        counted = Counted(**json.loads(connection.getresponse().read()))
        connection.close()
        return counted

    def rate(self) -> float:
        """Bytes a second that it takes from a client that does nothing else."""
        connection = self._connection()
        body, count = bytes(16 << 20), 32
        began = time.monotonic()
        for _ in range(count):
            connection.request("PUT", f"/{BUCKET}/rate", body)
            connection.getresponse().read()
        connection.close()
        return count * len(body) / (time.monotonic() - began)

    def _connection(self) -> HTTPSConnection:
        return HTTPSConnection("127.0.0.1", self.port, context=ssl.create_default_context(cafile=str(self.ca_file)))

    def environment(self, environment: dict[str, str], port: int | None = None) -> dict[str, str]:
        """What leads boto3 and the AWS CLI there; `port` is that of a relay in between."""
        return {
            **without_caller_variables(environment),
            **for_aws(f"https://127.0.0.1:{port or self.port}", "key", "secret", REGION),
            "AWS_CA_BUNDLE": str(self.ca_file),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONDONTWRITEBYTECODE": "1",  # byte code on disk is no part of a transfer
        }


@contextmanager
def s3(directory: Path, *, files: Path | None = None, keep: Path | None = None) -> Iterator[S3]:
    """A server until the block ends. It forgets what it is sent, or keeps it in a folder; `files` can be read."""
    with tempfile.NamedTemporaryFile(dir=directory, suffix=".pem") as certificate:
        options: list[str | Path] = ["-certificate", certificate.name]
        options += ["-files", files] if files else []
        options += ["-keep", keep] if keep else []
        with _running("s3", *options) as port:
            yield S3(port, Path(certificate.name))


@contextmanager
def relay(port: int, rate: float) -> Iterator[int]:
    """The port of a relay to another port of this machine, held to so many bytes a second in each direction."""
    with _running("relay", "-to", f"127.0.0.1:{port}", "-rate", str(rate)) as own:
        yield own


@contextmanager
def _running(*command: str | Path) -> Iterator[int]:
    started = [programs.wire(), *command]
    with subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # it ends with it
            process.wait()
