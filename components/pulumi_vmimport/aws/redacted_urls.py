"""Text without the secrets of the URLs in it."""

import re

# The parameters of presigned URLs: AWS Signature Version 4 and 2, and the shared access signature of Azure.
_CREDENTIALS = re.compile(
    r"([?&;](?:X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|sig)=)[^&\s\"'<>]+", re.IGNORECASE
)
_ENDS_OF_URL = re.compile(r"([\s\"'<>]+)")


def redact_urls(text: str) -> str:
    """The text without the query strings and passwords of its URLs: the query of a presigned URL is a credential.

    A part of such a URL, as in a key, keeps its parameters without their values.
    """
    text = _CREDENTIALS.sub(r"\1...", text)
    if "://" not in text:
        return text
    return "".join(map(_redacted, _ENDS_OF_URL.split(text)))


def _redacted(word: str) -> str:
    """A word without the query string and the passwords of the URLs in it. Takes linear time for any word."""
    start = word.find("://")
    if start < 0:
        return word
    query = word.find("?", start)
    parts = (word if query < 0 else word[:query]).split("://")
    for number, part in enumerate(parts[1:], 1):
        authority, slash, path = part.partition("/")
        _, at, host = authority.rpartition("@")
        parts[number] = f"{'...@' if at else ''}{host}{slash}{path}"
    return "://".join(parts) + ("" if query < 0 else "?...")
