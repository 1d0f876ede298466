"""URLs that carry a signature in their query: what they are for, and until when.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html;
https://learn.microsoft.com/rest/api/storageservices/create-service-sas for disks that Azure exports (FMT-09).
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

# Signature version 4 and 2 of AWS, and Azure's shared access signature.
_SIGNATURES = ("X-Amz-Signature", "Signature", "sig")


def without_signature(url: str) -> str:
    """The URL without its query where that is a signature: the same object has the same."""
    return url.partition("?")[0] if _signed_query(url) else url


def expiry(url: str) -> datetime | None:
    """When a signed URL stops working; None where it does not say so.

    A URL that was signed with temporary credentials stops with them, however late this is.
    """
    query = _signed_query(url)
    try:
        if "X-Amz-Date" in query and "X-Amz-Expires" in query:
            signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed_at + timedelta(seconds=int(query["X-Amz-Expires"]))
        if "Expires" in query:
            return datetime.fromtimestamp(int(query["Expires"]), UTC)
        if "se" in query:
            at = datetime.fromisoformat(query["se"])
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None  # not a time: whoever signed it will say so
    return None


def _signed_query(url: str) -> dict[str, str]:
    """The query of a signed URL; empty for any other text."""
    if not url.lower().startswith(("https://", "http://")):
        return {}
    query = {name: values[0] for name, values in parse_qs(url.partition("?")[2]).items()}
    return query if any(name in query for name in _SIGNATURES) else {}
