"""The IAM policy documents in a stack's resources. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport.aws.iam.policy_statements import Document, statements
from pulumi_vmimport.lifecycle.unknown import UNKNOWN


def document(value: Any) -> Document | None:
    """A policy document; None if it is absent, not known, or none that AWS accepts."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if not isinstance(value, Mapping) or _has_unknown(value):
        return None
    well_formed = all(isinstance(s, Mapping) and s.get("Effect") in {"Allow", "Deny"} for s in statements(value))
    return value if well_formed else None


def principals(statement: Document, kind: str) -> list[str]:
    """The principals of a kind, such as `Service`; the principal "*" is one of every kind."""
    principal = statement.get("Principal", {})
    named = principal.get(kind, []) if isinstance(principal, Mapping) else principal
    return [named] if isinstance(named, str) else [str(name) for name in named]


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, (list, tuple)) else value is UNKNOWN
