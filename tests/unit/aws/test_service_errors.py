import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pulumi_vmimport.aws.service_errors import error_message, without_queries

SIGNED = "https://b.s3.eu-west-1.amazonaws.com/k.ova?X-Amz-Signature=f00d&X-Amz-Expires=60"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f'cannot read "{SIGNED}" (403)', 'cannot read "{}?..." (403)', id="quoted"),
        pytest.param(f"got '{SIGNED}'", "got '{}?...'", id="python-literal"),
        pytest.param(f"{SIGNED} and {SIGNED}", "{0}?... and {0}?...", id="twice"),
        pytest.param("is this https? see https://docs.aws.amazon.com/x.html", None, id="no-query"),
    ],
)
def test_a_text_shows_no_query_string(text: str, shown: str | None) -> None:
    url = "https://b.s3.eu-west-1.amazonaws.com/k.ova"
    assert without_queries(text) == (text if shown is None else shown.format(url))


def test_the_service_s_words_show_no_query_string() -> None:
    error = ClientError({"Error": {"Code": "InvalidParameter", "Message": f"cannot read {SIGNED}"}}, "ImportImage")
    assert error_message(error) == (
        "InvalidParameter: cannot read https://b.s3.eu-west-1.amazonaws.com/k.ova?... (in ImportImage)"
    )
    assert "f00d" not in error_message(EndpointConnectionError(endpoint_url=SIGNED))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("got 'HTTPS://b/k?X-Amz-Signature=f00d'", "got 'HTTPS://b/k?...'"),
        ("got 'ftp://user:hunter2@host/k'", "got 'ftp://...@host/k'"),
    ],
)
def test_no_scheme_and_no_password_gets_past(text: str, shown: str) -> None:
    assert without_queries(text) == shown


def test_an_error_without_a_message_is_told_by_its_code() -> None:
    error = ClientError({"Error": {"Code": "InvalidSnapshot.NotFound", "Message": None}}, "ImportImage")  # type: ignore[typeddict-item]
    assert error_message(error) == "InvalidSnapshot.NotFound: no message (in ImportImage)"
