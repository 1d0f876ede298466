"""botocore's ClientError, for the calls of services and for the transfers to S3, which do not import each other."""

from botocore.exceptions import ClientError


def error_code(error: BaseException) -> str:
    """The service's error code; an empty string if no service answered."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
