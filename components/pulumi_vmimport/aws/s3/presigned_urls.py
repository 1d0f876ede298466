"""Presigned URLs: their object and their expiry.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html;
https://learn.microsoft.com/rest/api/storageservices/create-service-sas for disks exported by Azure.
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

# AWS Signature Version 4 and 2, and the shared access signature of Azure.
_SIGNATURE_PARAMETERS = ("X-Amz-Signature", "Signature", "sig")


def without_signature(url: str) -> str:
    """The URL without its query if the query is a signature; it identifies the object."""
    return url.partition("?")[0] if _signed_query(url) else url


def expires_at(url: str) -> datetime | None:
    """The expiry of a presigned URL; None if the URL does not contain one.

    A URL that was signed with temporary credentials expires with them, even before this time.
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
        return None  # not a time: the service rejects the URL
    return None


def _signed_query(url: str) -> dict[str, str]:
    """The query parameters of a presigned URL; empty for any other text."""
    if not url.lower().startswith(("https://", "http://")):
        return {}
    query = {parameter: values[0] for parameter, values in parse_qs(url.partition("?")[2]).items()}
    return query if any(parameter in query for parameter in _SIGNATURE_PARAMETERS) else {}
