"""The responses to calls with a ClientToken, so that a repeated call gets the same response."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class IdempotentParameterMismatch(Exception):  # noqa: N818 - the name of the AWS error
    """The parameters differ from those of an earlier call with the same token."""


@dataclass(frozen=True)
class _Answered:
    request: str
    answer: Mapping[str, Any]
    at: float


class ClientTokens:
    """The responses by caller, operation and token. The caller must hold the cloud's lock."""

    def __init__(self) -> None:
        self._answered: dict[tuple[object, ...], _Answered] = {}

    def answer(self, caller: object, operation: str, request: Mapping[str, Any], since: float) -> Mapping[str, Any]:
        """The response to the same call since a time; empty if there is none.

        Raises:
            Mismatch: The token was used for a different request.
        """
        known = self._answered.get((caller, operation, request.get("ClientToken")))
        if known is None or known.at <= since or not request.get("ClientToken"):
            return {}
        if known.request != _comparable(request):
            raise IdempotentParameterMismatch
        return known.answer

    def remember(
        self, caller: object, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any], at: float
    ) -> None:
        """Record the response to a call."""
        key = (caller, operation, request.get("ClientToken"))
        self._answered[key] = _Answered(_comparable(request), answer, at)

    def clear(self) -> None:
        """Delete all responses."""
        self._answered.clear()


def _comparable(request: Mapping[str, Any]) -> str:
    return json.dumps(dict(request), sort_keys=True, default=str)
