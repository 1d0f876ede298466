"""Ends the run of a lifecycle at one of its calls, before AWS receives it or after AWS has executed it.

Or has AWS refuse the call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError


class Killed(BaseException):
    """Stands for the death of the process: no handler of the library catches it."""


@contextmanager
def killed_at(number: int, when: str) -> Iterator[list[str]]:
    """End the process at a call, counted from 1. Yields the calls so far.

    `when` is `before` or `after` the call, or `refused`: the process continues, and AWS has not executed the call.
    """
    seen: list[str] = []
    call: Any = vars(BaseClient)["_make_api_call"]

    def counted(client: Any, operation: str, members: Any) -> Any:
        if client.meta.config.user_agent_extra != "pulumi-vmimport":
            return call(client, operation, members)  # a call of the test
        seen.append(operation)
        if when == "before" and len(seen) == number:
            raise Killed
        if when == "refused" and len(seen) == number:
            raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "refused"}}, operation)
        answer = call(client, operation, members)
        if when == "after" and len(seen) == number:
            raise Killed
        return answer

    with patch.object(BaseClient, "_make_api_call", counted):
        yield seen
