"""Event logs as the engine writes them."""

import json
from typing import Any

START = 1_795_939_200
DYNAMIC = "pulumi-python:dynamic/vmimport:"


def urn(name: str, type: str = f"{DYNAMIC}ImportImage", stack: str = "shop", project: str = "images") -> str:
    return f"urn:pulumi:{stack}::{project}::{type}::{name}"


class EngineLog:
    """Collects events. Times are seconds since the start of the run."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._event(0, "preludeEvent", {"config": {}})

    def begin(self, at: int, urn: str, op: str = "create", **state: Any) -> None:
        self._event(at, "resourcePreEvent", self._step(urn, op, state))

    def done(self, at: int, urn: str, op: str = "create", **state: Any) -> None:
        self._event(at, "resOutputsEvent", self._step(urn, op, state))

    def failed(self, at: int, urn: str, op: str = "create", **state: Any) -> None:
        self._event(at, "resOpFailedEvent", self._step(urn, op, state))

    def status(self, at: int, urn: str, text: str) -> None:
        self.message(at, urn, text, ephemeral=True)

    def message(self, at: int, urn: str, text: str, severity: str = "info", **options: Any) -> None:
        self._event(at, "diagnosticEvent", {"urn": urn, "message": f"{text}\n", "severity": severity, **options})

    def policy(self, at: int, urn: str, text: str, level: str = "mandatory") -> None:
        body = {"resourceUrn": urn, "message": text, "policyName": "no-public-images", "enforcementLevel": level}
        self._event(at, "policyEvent", body)

    def summary(self, at: int, **values: Any) -> None:
        body = {"maybeCorrupt": False, "resourceChanges": {}, "isPreview": False, "result": "succeeded", **values}
        self._event(at, "summaryEvent", body)

    def _step(self, urn: str, op: str, state: dict[str, Any]) -> dict[str, Any]:
        type = urn.split("::")[2].rpartition("$")[2]
        known = {"urn": urn, "type": type, "custom": True, "id": "", "outputs": {}, **state}
        old, new = (known, None) if op == "delete" else (None, known)
        return {"metadata": {"op": op, "urn": urn, "type": type, "old": old, "new": new}}

    def add(self, at: int, event: dict[str, Any]) -> None:
        """An event of any form."""
        self.lines.append(json.dumps({"sequence": len(self.lines), "timestamp": START + at, **event}).encode())

    def _event(self, at: int, kind: str, body: dict[str, Any]) -> None:
        self.add(at, {kind: body})
