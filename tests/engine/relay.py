"""A relay between a program and a server of the sandbox, which damages what passes."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Damage = Callable[[int, bytes], bytes]
"""Receives the number of bytes relayed before and the next bytes; returns the bytes to relay."""


class Cut(Exception):  # noqa: N818 - an event on the wire
    """Ends the connection."""


def _same(_: int, data: bytes) -> bytes:
    return data


class Relay:
    """Listens on a port of this machine while the block lasts."""

    def __init__(self, host: str, port: int, *, up: Damage = _same, down: Damage = _same) -> None:
        self._server, self._up, self._down = (host, port), up, down
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._server)
            except OSError:
                return
            for source, target, damage in ((near, far, self._up), (far, near, self._down)):
                threading.Thread(target=self._pass, args=(source, target, damage), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, damage: Damage) -> None:
        passed = 0
        with contextlib.suppress(OSError, Cut):
            while data := source.recv(1 << 16):
                target.sendall(damage(passed, data))
                passed += len(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
