"""Whether two identifiers are the same KMS key in another spelling."""

from typing import Any


def same_key(recorded: Any, given: Any) -> bool:
    """Whether the one is the ARN of a key, as EC2 and S3 report it, and the other one the key's id."""
    values = sorted((str(recorded), str(given)), key=len)
    return values[0] == values[1] or (":" not in values[0] and values[1].endswith(f":key/{values[0]}"))
