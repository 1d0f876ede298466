"""Whether two values of an input are the same in another spelling: AWS reports one of them."""

from collections.abc import Sequence
from typing import Any


def same_key(recorded: Any, given: Any) -> bool:
    """Whether the one is the ARN of a KMS key and the other one the key's id."""
    return _is_end_of_arn(recorded, given, ":key/")


def same_role(recorded: Any, given: Any) -> bool:
    """Whether the one is the ARN of a role and the other one the role's name."""
    return _is_end_of_arn(recorded, given, "/")


def same_members(recorded: Any, given: Any) -> bool:
    """Whether two lists have the same members: their order has no meaning."""
    is_list = all(isinstance(value, Sequence) and not isinstance(value, str) for value in (recorded, given))
    return is_list and len(recorded) == len(given) and set(recorded) == set(given)


def _is_end_of_arn(one: Any, other: Any, separator: str) -> bool:
    name, arn = sorted((str(one), str(other)), key=len)
    return not name.startswith("arn:") and arn.startswith("arn:") and arn.endswith(f"{separator}{name}")
