"""What calls with a ClientToken were answered, so that a repeated call gets the same answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class IdempotentParameterMismatch(Exception):  # noqa: N818 - an answer of the service, not a defect
    """The call says something else than an earlier one with its token."""


@dataclass(frozen=True)
class _Answered:
    request: str
    answer: Mapping[str, Any]
    at: float


class ClientTokens:
    """The answers by who called what with which token. Hold the cloud's lock."""

    def __init__(self) -> None:
        self._answered: dict[tuple[object, ...], _Answered] = {}

    def answer(self, caller: object, operation: str, request: Mapping[str, Any], since: float) -> Mapping[str, Any]:
        """What was answered to this very call since a time; nothing where it is a new one.

        Raises:
            Mismatch: the token was used for another request.
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
        """Keep what a call was answered."""
        key = (caller, operation, request.get("ClientToken"))
        self._answered[key] = _Answered(_comparable(request), answer, at)

    def clear(self) -> None:
        """Forget everything."""
        self._answered.clear()


def _comparable(request: Mapping[str, Any]) -> str:
    return json.dumps(dict(request), sort_keys=True, default=str)
