import time
from collections.abc import Callable

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    CredentialRetrievalError,
    EndpointConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.retries.standard import ThrottledRetryableChecker

from pulumi_vmimport.aws.credential_errors import credentials_expired, is_identity_error
from pulumi_vmimport.aws.ec2.export_tasks import is_image_busy
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.iam.service_role import rejected_role
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.aws.service_errors import (
    error_code,
    error_message,
    is_aws_error,
    is_over_quota,
    is_throttled,
    is_transient,
    is_unavailable,
)
from pulumi_vmimport.aws.tables.known_failures import explain

URL = "https://b.s3.eu-west-1.amazonaws.com/k.ova"
SIGNED = f"{URL}?X-Amz-Signature=f00d&X-Amz-Expires=60"
PREDICATES = (is_transient, credentials_expired, is_over_quota, is_unavailable)


def client_error(code: str, status: int = 400, message: str = "no", operation: str = "ImportImage") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
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
                "ConcurrentSnapshotLimitExceeded",
                "ConversionTaskLimitExceeded",
                "LimitExceeded",
                "PendingSnapshotLimitExceeded",
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


@pytest.mark.parametrize("code", ThrottledRetryableChecker._THROTTLED_ERROR_CODES)  # type: ignore[attr-defined]
def test_every_throttling_code_of_botocore_is_recognized(code: str) -> None:
    assert is_throttled(client_error(code))
    assert is_transient(client_error(code))


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        pytest.param(client_error("Unknown", 429), True, id="429"),
        pytest.param(client_error("503", 503, operation="HeadObject"), True, id="SlowDown-without-a-body"),
        pytest.param(client_error("ServiceUnavailable", 503), False, id="503"),
        pytest.param(client_error("InternalError", 500), False, id="500"),
        pytest.param(client_error("ResourceLimitExceeded"), False, id="quota"),
        pytest.param(ReadTimeoutError(endpoint_url=URL), False, id="no-response"),
    ],
)
def test_only_a_rate_that_is_too_high_is_throttling(error: Exception, throttled: bool) -> None:
    assert is_throttled(error) is throttled


@pytest.mark.parametrize(
    ("error", "expired"),
    [
        pytest.param(client_error("400", operation="HeadObject"), True, id="HeadObject"),
        pytest.param(client_error("400", operation="HeadBucket"), True, id="HeadBucket"),
        pytest.param(client_error("403", 403, operation="HeadObject"), False, id="denied"),
        pytest.param(client_error("404", 404, operation="HeadObject"), False, id="not-found"),
        pytest.param(client_error("400", operation="ListObjectsV2"), False, id="not-a-HEAD-request"),
    ],
)
def test_expired_credentials_are_recognized_in_a_response_without_a_body(error: Exception, expired: bool) -> None:
    assert credentials_expired(error) is expired


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
        ("got 'ftp://user:hunter@2@host/k'", "got 'ftp://...@host/k'"),
        ("a://b:c@d://e:f@g/h?i", "a://...@d://...@g/h?..."),
        ("why? see (https://b/k?sig=f00d)", "why? see (https://b/k?..."),
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


MEGABYTE = 1 << 20
WORST_WORDS = ("a", "a://", "://", "?", "@", "s3://a@", "service role ", "bucket ", "license type ", "already", " ")


def seconds_for(function: Callable[[str], object], unit: str, length: int) -> float:
    text = unit * (length // len(unit))
    started = time.process_time()
    function(text)
    return time.process_time() - started


@pytest.mark.parametrize("unit", WORST_WORDS)
def test_the_time_for_a_message_grows_with_its_length_and_not_faster(unit: str) -> None:
    def read(text: str) -> None:
        error = client_error("InvalidParameter", message=text)
        redact_urls(text)
        explain(text)
        assert len(error_message(error)) < 3000
        rejected_role(error)
        is_image_busy(error)

    short = seconds_for(read, unit, MEGABYTE // 16)
    # A quadratic function takes 256 times as long for a text that is 16 times as long.
    assert seconds_for(read, unit, MEGABYTE) < 80 * max(short, 0.01)


@pytest.mark.parametrize(
    "error",
    [IncompleteReadError(actual_bytes=3, expected_bytes=9), FlexibleChecksumError(error_msg="x")],
    ids=["cut-off", "changed"],
)
def test_a_body_that_was_damaged_on_its_way_is_requested_again(error: Exception) -> None:
    assert is_transient(error)


def test_a_request_that_cannot_be_composed_is_not_repeated_and_its_header_is_in_no_message() -> None:
    error = HTTPClientError(error=ValueError("Invalid header value b'session-token-of-web\\n'"))
    assert not is_transient(error)
    assert is_identity_error(error)
    described = describe_aws_error(error)
    assert "session-token-of-web" not in described
    assert "contains a line break" in described
    assert "check accessKey, secretKey, token" in described
    assert is_transient(HTTPClientError(error=OSError("broken pipe")))
