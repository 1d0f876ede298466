"""Runs libfsext and libfsxfs on a volume in a process of their own, with limits on its time, memory and reads.

The libraries are written in C and call themselves experimental: a hostile volume that crashes one of them, or that it
never stops to read, ends the process and becomes an UnreadableVolumeError.
"""

import importlib.util
import json
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pulumi_vmimport.disk.disk_errors import DiskImageError
from pulumi_vmimport.disk.disk_region import DiskRegion
from pulumi_vmimport.disk.file_tree import UnreadableVolumeError
from pulumi_vmimport.disk.linux import reader_worker
from pulumi_vmimport.disk.linux.reader_worker import Channel
from pulumi_vmimport.disk.printable import printable

REMEDY = "pip install 'pulumi-vmimport[linux]'"
MAX_REQUESTS = 1 << 15
"""Reads of 64 KiB for one command, of which the largest read needs a few hundred"""
_MAX_WORDS = 300
_PATIENCE_SECONDS = 0.5
_READ_BYTES = 12


class VolumeProcess:
    """A volume that a library reads. Starts the process at the first command; thread-safe."""

    def __init__(self, library: str, region: DiskRegion, where: str) -> None:
        """`library` is pyfsext or pyfsxfs, `where` names the volume in errors.

        Raises: UnreadableVolumeError if the library is not installed.
        """
        self._origin = getattr(importlib.util.find_spec(library), "origin", None)
        if self._origin is None:
            raise UnreadableVolumeError(where, f"its file system is read by the extra `linux`; run `{REMEDY}`")
        self._library, self._region, self.where = library, region, where
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._failure: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process. A later command fails."""
        with self._lock:
            self._end("the reader was closed")

    def command(self, path: str, name: str, *arguments: object) -> bytes:
        """The answer to a command of reader_worker.Commands about a path.

        Raises: UnreadableVolumeError; what the source of the image raises.
        """
        with self._lock:
            if self._failure is not None:
                raise UnreadableVolumeError(self.where, self._failure)
            try:
                answer, payload, unread = self._converse(json.dumps({"name": name, "arguments": [path, *arguments]}))
            except (EOFError, BrokenPipeError):
                status = self._end("")
                self._failure = f"the reader of its file system ended with status {status}; the volume is damaged"
                raise UnreadableVolumeError(self.where, self._failure) from None
            except BaseException:
                self._end("the reader was interrupted")  # its next message would belong to this command
                raise
        if answer == b"O":
            return payload
        if unread is not None and not isinstance(unread, DiskImageError):
            raise unread
        words = str(unread) if unread else _words(payload)
        raise UnreadableVolumeError(f"{self.where}: {printable(path)}", words) from unread

    def _converse(self, command: str) -> tuple[bytes, bytes, Exception | None]:
        """The kind and payload of the answer, and why bytes could not be read."""
        channel = self._channel()
        channel.send(b"C", command.encode())
        unread: Exception | None = None
        for _ in range(MAX_REQUESTS):
            kind, payload = channel.receive()
            if kind != b"R":
                return kind, payload, unread
            try:
                data = self._answer(payload)
            except Exception as error:  # noqa: BLE001 - raised once the library has given up
                unread = error
                channel.send(b"F")
            else:
                channel.send(b"D", data)
        self._end("the reader of its file system does not stop reading; the volume is damaged")
        return b"E", str(self._failure).encode(), unread

    def _answer(self, request: bytes) -> bytes:
        if len(request) != _READ_BYTES:
            raise UnreadableVolumeError(self.where, "the reader sent an invalid request")
        offset, length = int.from_bytes(request[:8], "big"), int.from_bytes(request[8:], "big")
        if self._region.start_bytes + offset + length > self._region.content.capacity_bytes:
            # Zeros, which a region returns there, would look like files that do not exist.
            raise UnreadableVolumeError(self.where, "the volume continues beyond the end of the disk")
        return self._region.read(offset, length)

    def _channel(self) -> Channel:
        if self._process is None:
            script = str(Path(reader_worker.__file__))
            # -I and -S: neither the environment nor the current folder decides what the process imports.
            command = [
                sys.executable,
                "-I",
                "-S",
                script,
                self._library,
                str(self._origin),
                str(self._region.size_bytes),
            ]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/"
            )
            weakref.finalize(self, _end_of, process)
            self._process = process
        pipes: Any = self._process
        return Channel(pipes.stdout, pipes.stdin)

    def _end(self, reason: str) -> int | None:
        """End the process for this reason; its exit status, negative for a signal."""
        self._failure = self._failure or reason
        return _end_of(self._process) if self._process is not None else None


def _end_of(process: "subprocess.Popen[bytes]") -> int:
    """Ends a process: it ends itself when nobody asks any more, or it is killed."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # what was not sent is not needed any more
                pipe.close()
    try:
        return process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _words(payload: bytes) -> str:
    """The words of the library, which end in the names of its functions, without line breaks."""
    return printable(" ".join(payload.decode("utf-8", errors="replace").split()), _MAX_WORDS)
