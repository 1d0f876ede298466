"""The IAM actions that a kind of resource needs. The catalog, which every program imports, contains them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NeededActions:
    """The actions that a resource kind needs."""

    called: frozenset[str]
    """The actions of its API calls"""
    implied: frozenset[str] = frozenset()
    """Further actions that AWS requires the caller to have"""
