"""Errors of AWS services as moto exceptions."""

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):  # type: ignore[misc] # moto has no types
    """An error of an AWS service. moto serializes it in the protocol of the request."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
