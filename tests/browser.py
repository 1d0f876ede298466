"""Pages in headless Chromium, over the Chrome DevTools Protocol.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Without the sandbox it runs as root; without /dev/shm it runs in containers where that is small.
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-pipe",
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not on PATH; `make test` as root installs Debian's"
)


class Browser:
    """One page of a browser. Evaluates scripts, and records requests and errors of the page."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
        self._pending, self._id, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.errors: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._call(f"{domain}.enable")

    def open(self, page: Path, *, width: int = 1280, scheme: str = "light") -> None:
        """Load a file in a window of this width, in the color scheme `light` or `dark`."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._call("Page.navigate", url=page.as_uri())
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def accessible(self) -> list[tuple[str, str]]:
        """Role and name of everything that a screen reader announces."""
        nodes = self._call("Accessibility.getFullAXTree")["nodes"]
        return [
            (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
            for node in nodes
            if not node["ignored"]
        ]

    def close(self) -> None:
        """End the browser."""
        self._session = ""
        self._call("Browser.close")
        self._reading.close()
        self._writing.close()

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._id += 1
        request = {"id": self._id, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        self._writing.write(json.dumps(request).encode() + b"\0")
        self._writing.flush()
        while (message := self._message()).get("id") != self._id:
            pass
        assert "error" not in message, message["error"]
        result: dict[str, Any] = message["result"]
        return result

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            received = os.read(self._reading.fileno(), 1 << 16)
            assert received, "the browser has ended"
            self._pending += received
        text, _, self._pending = self._pending.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif message.get("method") == "Log.entryAdded":
            self.errors.append(parameters["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(parameters["exceptionDetails"]))
        return message


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile in the folder `profile`."""
    assert CHROMIUM is not None
    from_us, to_us = os.pipe(), os.pipe()
    options = [*_OPTIONS, f"--user-data-dir={profile}"]
    reads_3_writes_4 = f'exec "$0" "$@" 3<&{from_us[0]} 4>&{to_us[1]}'
    with subprocess.Popen(
        ["bash", "-c", reads_3_writes_4, CHROMIUM, *options],
        pass_fds=(from_us[0], to_us[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(from_us[0])
        os.close(to_us[1])
        opened = Browser(to_us[0], from_us[1])
        try:
            yield opened
        finally:
            opened.close()
            process.wait(timeout=30)
