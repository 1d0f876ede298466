"""Pages of a list."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def page_of(found: Mapping[str, T], size: int | None, token: str | None) -> tuple[Sequence[T], str | None]:
    """A page and the token of the next page: the id of its first entry, so that new entries do not shift it.

    Raises:
        KeyError: The token is invalid.
    """
    ids = list(found)
    if token and token not in found:
        raise KeyError(token)
    start = ids.index(token) if token else 0
    end = start + int(size) if size else len(ids)
    return [found[name] for name in ids[start:end]], ids[end] if end < len(ids) else None
