"""The value of an input that preview cannot know yet."""

from typing import Final, TypeGuard, TypeVar

T = TypeVar("T")


class _Unknown:
    """The type of UNKNOWN."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __bool__(self) -> bool:
        raise TypeError("cannot test an unknown value; check is_known(value) first")


UNKNOWN: Final = _Unknown()
"""Stands for the output of another resource that is not created yet."""


def is_known(*values: object) -> bool:
    """Whether none of the values is UNKNOWN."""
    return all(value is not UNKNOWN for value in values)


def is_set(value: T | None) -> TypeGuard[T]:
    """Whether an input certainly has a value: it is neither None nor UNKNOWN, which may turn out to be None."""
    return value is not UNKNOWN and value is not None
