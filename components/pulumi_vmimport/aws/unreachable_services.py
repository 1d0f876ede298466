"""Services that no call can reach before the user corrects the Region, the endpoint or the network."""

from functools import cache
from urllib.parse import urlsplit

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError

from pulumi_vmimport.aws.service_errors import error_message

_NO_CONNECTION = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)


def is_unreachable_service(error: BaseException) -> bool:
    """Whether no connection to the service was established, after all retries."""
    return isinstance(error, _NO_CONNECTION)


def describe_unreachable_service(error: BaseException) -> str:
    """The error in botocore's words, with its cause as far as it is known, and the remedy."""
    cause = ""
    if isinstance(error, EndpointConnectionError):
        cause = _missing_region(str(error.kwargs.get("endpoint_url", "")))
    if isinstance(error, SSLError):
        cause = (
            "set aws:customCaBundle or AWS_CA_BUNDLE to the certificates that sign that of the endpoint or of a proxy "
            "before it, and check the clock of this machine; "
        )
    return f"{error_message(error)}; {cause}check the Region, aws:endpoints, the proxy and the network"


def _missing_region(url: str) -> str:
    """The cause, if botocore knows that the service is not available in the Region of its default endpoint."""
    service, _, rest = (urlsplit(url).hostname or "").partition(".")
    region = rest.partition(".")[0]
    known = _regions_of(service) if rest.partition(".")[2].startswith("amazonaws.") else []
    if not known or region in known:
        return ""
    return f"{service} is not available in {region}, only in {', '.join(known)}; "


@cache  # botocore reads its tables of a service and of all endpoints again for each new session: 0.1 s and more
def _regions_of(service: str) -> list[str]:
    import boto3

    return boto3.Session().get_available_regions(service)
