from collections.abc import Callable

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.retries.standard import ThrottledRetryableChecker

from pulumi_vmimport.aws.service_errors import (
    credentials_expired,
    error_code,
    error_message,
    is_aws_error,
    is_over_quota,
    is_transient,
    is_unavailable,
    redact_urls,
)

URL = "https://b.s3.eu-west-1.amazonaws.com/k.ova"
SIGNED = f"{URL}?X-Amz-Signature=f00d&X-Amz-Expires=60"
PREDICATES = (is_transient, credentials_expired, is_over_quota, is_unavailable)


def client_error(code: str, status: int = 400, message: str = "no") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "ImportImage",
    )


@pytest.mark.parametrize(
    ("error", "predicate"),
    [
        *(
            pytest.param(client_error(code), is_transient, id=code)
            for code in (
                "BandwidthLimitExceeded",
                "CallRateLimitExceededException",
                "EC2ThrottledException",
                "PriorRequestNotComplete",
                "RequestLimitExceeded",
                "RequestThrottled",
                "RequestThrottledException",
                "RequestTimeout",
                "RequestTimeoutException",
                "SlowDown",
                "Throttling",
                "ThrottledException",
                "ThrottlingException",
                "TooManyRequestsException",
            )
        ),
        pytest.param(client_error("InternalError", 500), is_transient, id="server-error"),
        pytest.param(client_error("ServiceUnavailable", 503), is_transient, id="unavailable"),
        pytest.param(EndpointConnectionError(endpoint_url=URL), is_transient, id="no-connection"),
        pytest.param(ConnectionClosedError(endpoint_url=URL), is_transient, id="connection-closed"),
        pytest.param(ReadTimeoutError(endpoint_url=URL), is_transient, id="read-timeout"),
        *(
            pytest.param(client_error(code), credentials_expired, id=code)
            for code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
        ),
        pytest.param(NoCredentialsError(), credentials_expired, id="no-credentials"),
        pytest.param(
            CredentialRetrievalError(provider="sso", error_msg="no"), credentials_expired, id="credential-retrieval"
        ),
        pytest.param(TokenRetrievalError(provider="sso", error_msg="no"), credentials_expired, id="token-retrieval"),
        *(
            pytest.param(client_error(code), is_over_quota, id=code)
            for code in (
                "ConcurrentLimitExceededException",
                "ConversionTaskLimitExceeded",
                "LimitExceeded",
                "ResourceCountExceeded",
                "ResourceLimitExceeded",
                "ServiceQuotaExceededException",
            )
        ),
        pytest.param(client_error("ResourceUnavailableException"), is_unavailable, id="ResourceUnavailableException"),
        pytest.param(client_error("UnauthorizedOperation", 403), None, id="UnauthorizedOperation"),
        pytest.param(client_error("InvalidParameter", 499, "Throttling: Rate exceeded"), None, id="words-alone"),
        pytest.param(ParamValidationError(report="no"), None, id="invalid-parameter"),
        pytest.param(ValueError("Throttling"), None, id="not-of-aws"),
    ],
)
def test_an_error_is_retried_for_one_reason_at_most(
    error: Exception, predicate: Callable[[BaseException], bool] | None
) -> None:
    assert [each for each in PREDICATES if each(error)] == ([predicate] if predicate else [])


def test_every_throttling_code_of_botocore_is_transient() -> None:
    # Of the calls of this library none has transactions or provisioned throughput; LimitExceeded* is a quota.
    of_others = {"LimitExceededException", "ProvisionedThroughputExceededException", "TransactionInProgressException"}
    codes = set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) - of_others  # type: ignore[attr-defined]
    assert [code for code in codes if not is_transient(client_error(code))] == []


@pytest.mark.parametrize(
    ("error", "is_of_aws"),
    [
        (client_error("Throttling"), True),
        (EndpointConnectionError(endpoint_url=URL), True),
        (NoCredentialsError(), True),
        (ValueError("no"), False),
    ],
)
def test_errors_of_aws_and_of_the_connection_to_it_are_aws_errors(error: Exception, is_of_aws: bool) -> None:
    assert is_aws_error(error) is is_of_aws


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f'cannot read "{SIGNED}" (403)', 'cannot read "{}?..." (403)', id="quoted"),
        pytest.param(f"got '{SIGNED}'", "got '{}?...'", id="python-literal"),
        pytest.param(f"{SIGNED} and {SIGNED}", "{0}?... and {0}?...", id="twice"),
        pytest.param("is this https? see https://docs.aws.amazon.com/x.html", None, id="no-query"),
    ],
)
def test_a_redacted_text_has_no_query_string(text: str, shown: str | None) -> None:
    assert redact_urls(text) == (text if shown is None else shown.format(URL))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("got 'HTTPS://b/k?X-Amz-Signature=f00d'", "got 'HTTPS://b/k?...'"),
        ("got 'ftp://user:hunter2@host/k'", "got 'ftp://...@host/k'"),
        ("got 'ftp://user:hunter2@host/k?sig=f00d'", "got 'ftp://...@host/k?...'"),
    ],
)
def test_redaction_covers_every_scheme_and_passwords(text: str, shown: str) -> None:
    assert redact_urls(text) == shown


def test_a_message_has_code_words_and_operation_and_no_query_string() -> None:
    error = client_error("InvalidParameter", message=f"cannot read {SIGNED}")
    assert error_message(error) == f"InvalidParameter: cannot read {URL}?... (in ImportImage)"
    message = error_message(EndpointConnectionError(endpoint_url=SIGNED))
    assert message.startswith("EndpointConnectionError: ")
    assert "f00d" not in message


def test_an_error_without_a_message_has_its_code() -> None:
    error = ClientError({"Error": {"Code": "InvalidSnapshot.NotFound", "Message": None}}, "ImportImage")  # type: ignore[typeddict-item]
    assert error_message(error) == "InvalidSnapshot.NotFound: no message (in ImportImage)"


def test_only_an_answer_of_a_service_has_a_code() -> None:
    assert error_code(client_error("SlowDown")) == "SlowDown"
    assert error_code(ClientError({}, "ImportImage")) == ""
    assert error_code(EndpointConnectionError(endpoint_url=URL)) == ""
