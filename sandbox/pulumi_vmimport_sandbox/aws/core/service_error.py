"""The border to moto's exceptions."""

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):  # type: ignore[misc] # moto has no types
    """An error of an AWS service; moto says it in the caller's protocol."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
