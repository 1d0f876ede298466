from typing import Any

import botocore.exceptions as failures
import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.credential_errors import (
    AccountMismatchError,
    AccountNotAllowedError,
    InvalidConfigurationError,
    credentials_expired,
    is_identity_error,
)
from pulumi_vmimport.aws.error_descriptions import describe_aws_error


def client_error(code: str, operation: str = "DescribeImages", status: int = 400, words: str = "words") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


SIGN_IN, WEB_IDENTITY = "aws sso login", "AssumeRoleWithWebIdentity"
REJECTED_BY_EC2 = "words: AWS was not able to validate the provided access credentials"


@pytest.mark.parametrize(
    ("error", "expired", "remedy"),
    [
        pytest.param(failures.NoCredentialsError(), True, "AWS_PROFILE", id="none"),
        pytest.param(failures.UnauthorizedSSOTokenError(), True, SIGN_IN, id="sso-session-expired"),
        pytest.param(failures.SSOTokenLoadError(error_msg="x"), True, SIGN_IN, id="sso-not-signed-in"),
        pytest.param(failures.TokenRetrievalError(provider="sso", error_msg="x"), True, SIGN_IN, id="sso-token"),
        pytest.param(failures.LoginRefreshRequired(), True, SIGN_IN, id="login-expired"),
        pytest.param(failures.LoginTokenLoadError(error_msg="x"), True, SIGN_IN, id="login-token"),
        pytest.param(
            failures.CredentialRetrievalError(provider="process", error_msg="x"), True, "renew", id="credential-process"
        ),
        pytest.param(client_error("ExpiredToken"), True, "renew", id="expired"),
        pytest.param(failures.ProfileNotFound(profile="wbe"), False, "aws:profile", id="profile"),
        pytest.param(
            failures.PartialCredentialsError(provider="env", cred_var="x"), False, "AWS_SECRET_ACCESS_KEY", id="partial"
        ),
        pytest.param(failures.NoRegionError(), False, "aws:region", id="region"),
        pytest.param(failures.InvalidRegionError(region_name="eu west"), False, "configuration", id="bad-region"),
        pytest.param(failures.InvalidConfigError(error_msg="x"), False, "configuration", id="config-file"),
        pytest.param(failures.InvalidProxiesConfigError(), False, "configuration", id="proxy"),
        pytest.param(
            failures.EndpointProviderError(msg="FIPS and custom endpoint are not supported"),
            False,
            "useFipsEndpoint",
            id="fips-endpoint-of-a-url",
        ),
        pytest.param(failures.RefreshWithMFAUnsupportedError(), False, "configuration", id="mfa"),
        pytest.param(client_error("InvalidClientTokenId", status=403), False, "access key", id="unknown-key"),
        pytest.param(
            client_error("InvalidClientTokenId", status=403), False, "enabled the Region", id="region-not-enabled"
        ),
        pytest.param(client_error("AuthFailure", words=REJECTED_BY_EC2), False, "access key", id="ec2"),
        pytest.param(client_error("SignatureDoesNotMatch", status=403), False, "secret key", id="wrong-secret"),
        pytest.param(client_error("AccessDenied", "AssumeRole", 403), False, "trust policy", id="role"),
        pytest.param(client_error("AccessDenied", WEB_IDENTITY, 403), False, "trust policy", id="web-identity"),
        pytest.param(client_error("InvalidIdentityToken", WEB_IDENTITY), False, "OpenID Connect", id="token-issuer"),
        pytest.param(client_error("ExpiredTokenException", WEB_IDENTITY), True, "renew the token", id="old-token"),
        pytest.param(
            client_error("ExpiredToken", "AssumeRole", 403), True, "renew the credentials", id="expired-before-the-role"
        ),
        pytest.param(
            client_error("InvalidClientTokenId", "AssumeRole", 403), False, "access key", id="rejected-before-the-role"
        ),
        pytest.param(client_error("RegionDisabledException", "AssumeRole", 403), False, "stsRegion", id="no-sts"),
        pytest.param(client_error("PackedPolicyTooLarge", "AssumeRole"), False, "policyArns", id="session-policy"),
        pytest.param(
            client_error("AccessDenied", "AssumeRole", 403, "words with an explicit deny in a service control policy"),
            False,
            "ask the administrator",
            id="role-denied-by-the-organization",
        ),
        pytest.param(
            client_error("SignatureDoesNotMatch", status=403, words="Signature expired: 2026 is now earlier than 2027"),
            False,
            "synchronize",
            id="slow-clock",
        ),
        pytest.param(
            client_error("InvalidSignatureException", words="Signature not yet current: 2027 is still later than 2026"),
            False,
            "synchronize",
            id="fast-clock",
        ),
        pytest.param(client_error("RequestTimeTooSkewed", status=403), False, "synchronize", id="clock-of-s3"),
    ],
)
def test_an_error_of_the_identity_names_the_remedy(error: Exception, expired: Any, remedy: str) -> None:
    assert is_identity_error(error)
    assert credentials_expired(error) is expired
    described = describe_aws_error(error)
    details = error.response["Error"] if isinstance(error, ClientError) else None
    assert described.startswith(f"{details['Code']}: {details['Message']}" if details else type(error).__name__)
    assert remedy in described


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", "ListBuckets", 403),
        client_error("UnauthorizedOperation", status=403),
        client_error("InternalFailure", "AssumeRole", 500),
        client_error("Throttling", "AssumeRole"),
        client_error("IDPCommunicationError", WEB_IDENTITY),
        failures.ReadTimeoutError(endpoint_url="https://x"),
        ValueError("x"),
    ],
    ids=["denied", "denied-by-ec2", "sts-failure", "sts-throttling", "identity-provider", "timeout", "defect"],
)
def test_other_errors_are_none_of_the_identity(error: Exception) -> None:
    assert not is_identity_error(error)


def test_errors_about_accounts_and_configuration_name_all_facts() -> None:
    mismatch = describe_aws_error(AccountMismatchError("111111111111", "222222222222", "eu-west-1"))
    assert all(fact in mismatch for fact in ("111111111111", "222222222222", "eu-west-1", "nothing was changed"))
    assert "333333333333" in str(AccountNotAllowedError("222222222222", ["333333333333"], []))
    assert "forbiddenAccountIds" in str(AccountNotAllowedError("222222222222", [], ["222222222222"]))
    assert str(InvalidConfigurationError(["aws:region: a", "aws:token: b"])) == "aws:region: a; aws:token: b"
