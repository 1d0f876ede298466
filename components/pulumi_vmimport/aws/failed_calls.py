"""The call that failed with an error of a service, attached to the error for its description."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_CALL = "pulumi_vmimport_call"


@dataclass(frozen=True)
class FailedCall:
    """A call that failed with a ClientError."""

    service: str
    """The signing name"""
    operation: str
    region: str
    partition: str
    members: Mapping[str, Any]
    decode: Callable[[str], str]
    """Decodes an encoded message. Raises: ClientError without sts:DecodeAuthorizationMessage."""


def note_failed_call(error: "ClientError", call: FailedCall) -> None:
    """Attach the call to its error."""
    setattr(error, _CALL, call)


def failed_call(error: BaseException) -> FailedCall | None:
    """The call of an error; None for an error of no AwsConnection."""
    call: FailedCall | None = getattr(error, _CALL, None)
    return call
