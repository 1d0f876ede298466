"""A server with the EBS, EC2 and S3 calls of a transfer that discards what it receives: no moto, no disk.

It runs in a process of its own, so that it does not compete for the client's interpreter.
"""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

_BUFFER_BYTES = 1 << 20
_SNAPSHOT_ID = "snap-0123456789abcdef0"
_TASK_ID = "import-snap-0123456789abcdef0"
# Every response of AWS has a request id, that of PutSnapshotBlock a checksum, that of UploadPart an ETag.
_HEAD = (
    b'HTTP/1.1 200 OK\r\nx-amz-request-id: benchmark\r\nx-amz-Checksum: 0\r\nETag: "0"\r\nContent-Length: %d\r\n\r\n'
)
_EC2 = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
_S3 = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@contextmanager
def running() -> Iterator[str]:
    """Run a server inside the block. Yields its URL."""
    with subprocess.Popen([sys.executable, Path(__file__)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def read_counters(url: str) -> tuple[int, int]:
    """Return (requests, bytes in their bodies) and reset both."""
    connection = HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", "/counters")
    requests, size = json.loads(connection.getresponse().read())
    connection.close()
    return requests, size


@dataclass
class _DiscardServer:
    requests: int = 0
    body_bytes: int = 0
    state: str = "pending"
    tags: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of a connection until the client closes it."""
        buffer, rest = memoryview(bytearray(_BUFFER_BYTES)), b""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while True:
                while b"\r\n\r\n" not in rest:
                    if not (more := connection.recv(65536)):
                        return
                    rest += more
                head, rest = rest.split(b"\r\n\r\n", 1)
                length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                size = int(length[1]) if length else 0
                if b"100-continue" in head.lower():
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
                body, left, rest = rest[:size], size - len(rest[:size]), rest[size:]
                while left:
                    got = connection.recv_into(buffer[: min(left, _BUFFER_BYTES)])
                    body += bytes(buffer[:got]) if size < _BUFFER_BYTES // 4 else b""
                    left -= got
                answer = self.answer(method, path, body)
                if path != "/counters":
                    with self.lock:
                        self.requests += 1
                        self.body_bytes += size
                connection.sendall(_HEAD % len(answer) + answer)

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        """The response body for a request."""
        if path == "/counters":
            with self.lock:
                counters, self.requests, self.body_bytes = [self.requests, self.body_bytes], 0, 0
            return json.dumps(counters).encode()
        if path.startswith("/snapshots"):
            return self.ebs(path, body)
        if path == "/":
            return self.ec2(body.decode())
        if method == "POST":  # CreateMultipartUpload or CompleteMultipartUpload
            kind = "InitiateMultipartUploadResult" if path.endswith("?uploads") else "CompleteMultipartUploadResult"
            members = "<Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><ETag>0</ETag>"
            return f"<{kind} {_S3}>{members}</{kind}>".encode()
        return b""

    def ebs(self, path: str, body: bytes) -> bytes:
        """The response body of the EBS direct APIs."""
        if path == "/snapshots":
            self.state, self.tags = "pending", json.loads(body)["Tags"]
            return json.dumps({"SnapshotId": _SNAPSHOT_ID, "Status": "pending", "BlockSize": 524288}).encode()
        if path.startswith("/snapshots/completion/"):
            self.state = "completed"
            return b'{"Status": "completed"}'
        return b"{}"

    def ec2(self, body: str) -> bytes:
        """The response body of EC2."""
        operation = re.findall(r"Action=(\w+)", body)[0]
        content = {
            "DescribeSnapshots": f"<snapshotSet>{'' if 'tag%3A' in body else self.snapshot()}</snapshotSet>",
            "CreateTags": "<return>true</return>",
            "ImportSnapshot": f"<importTaskId>{_TASK_ID}</importTaskId>",
        }[operation]
        return f"<{operation}Response {_EC2}>{content}</{operation}Response>".encode()

    def snapshot(self) -> str:
        """The snapshot in EC2's response."""
        tags = "".join(f"<item><key>{t['Key']}</key><value>{t['Value']}</value></item>" for t in self.tags)
        return (
            f"<item><snapshotId>{_SNAPSHOT_ID}</snapshotId><status>{self.state}</status><tagSet>{tags}</tagSet></item>"
        )


def main() -> None:
    """Print the port and serve until the process is terminated."""
    server_state = _DiscardServer()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(target=server_state.serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
