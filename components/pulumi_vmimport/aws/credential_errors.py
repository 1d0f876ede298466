"""Errors of the identity that calls AWS: credentials, roles, profiles, accounts.

- `credentials_expired`: the same call may succeed with renewed credentials;
- `is_identity_error`: no call succeeds before the user corrects the credentials or the configuration.
"""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus

from botocore.exceptions import (
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    EndpointProviderError,
    EndpointVariantError,
    InvalidConfigError,
    InvalidEndpointConfigurationError,
    InvalidIMDSEndpointError,
    InvalidProxiesConfigError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    UnknownCredentialError,
    UnsupportedS3ConfigurationError,
)

from pulumi_vmimport.aws.service_errors import (
    HEAD_OPERATIONS,
    error_code,
    error_message,
    is_invalid_request,
    is_transient,
)
from pulumi_vmimport.errors import VmimportError

# Source: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the error pages of the services.
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
# EC2 also answers with AuthFailure that the caller may not use a resource of another account.
_REJECTED_BY_EC2 = re.compile(r"AuthFailure\b.*\bvalidate the provided access credentials", re.DOTALL)
_REJECTED = frozenset({
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotSignedUp",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
})  # fmt: skip
# A signature is valid for five minutes. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4-troubleshooting.html
_SKEWED = re.compile(r"^\w+: Signature (?:expired|not yet current)\b")
_BY_WEB_IDENTITY = "AssumeRoleWithWebIdentity"
_ROLE_OPERATIONS = frozenset({"AssumeRole", _BY_WEB_IDENTITY})
_POLICY_REMEDY = "correct policy, policyArns and tags of the role in the configuration"
# Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
_ROLE_REMEDIES = {
    "InvalidIdentityToken": "check that the account has an OpenID Connect provider for the issuer and audience of the "
    "token",
    "MalformedPolicyDocument": _POLICY_REMEDY,
    "PackedPolicyTooLarge": _POLICY_REMEDY,
    "RegionDisabledException": "activate AWS STS in the Region, or set aws:stsRegion to a Region where it is active",
}
_SIGN_IN = (SSOError, TokenRetrievalError, LoginError)
_UNREADABLE = (NoCredentialsError, CredentialRetrievalError, *_SIGN_IN)
# botocore resolves no endpoint for these settings, as for a FIPS endpoint of a URL of its own.
_ENDPOINTS = (
    EndpointProviderError,
    EndpointVariantError,
    InvalidEndpointConfigurationError,
    UnsupportedS3ConfigurationError,
)
_MISCONFIGURED = (
    *_ENDPOINTS,
    ConfigParseError,
    InvalidProxiesConfigError,
    InvalidConfigError,
    InvalidIMDSEndpointError,
    InvalidRegionError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    UnknownCredentialError,
)


class InvalidConfigurationError(VmimportError):
    """The configuration of AWS is invalid; lists every problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


class AccountNotAllowedError(VmimportError):
    """The configuration excludes the account of the credentials."""

    def __init__(self, account: str, allowed: Sequence[str], forbidden: Sequence[str]) -> None:
        self.account = account
        rule = (
            f"allowedAccountIds is {', '.join(allowed)}"
            if allowed
            else f"forbiddenAccountIds is {', '.join(forbidden)}"
        )
        super().__init__(
            f"the credentials are of account {account}, but {rule}; use other credentials, or change the list"
        )


class AccountMismatchError(VmimportError):
    """The credentials are of another account than the resource."""

    def __init__(self, recorded: str, current: str, region: str | None) -> None:
        self.recorded, self.current = recorded, current
        super().__init__(
            f"the resource is in account {recorded}, {region}, but the credentials are of account {current}; "
            f"use credentials of account {recorded}; nothing was changed"
        )


def credentials_expired(error: BaseException) -> bool:
    """Whether the credentials have expired or cannot be read, so that the call needs renewed ones."""
    if error_code(error) in _EXPIRED or isinstance(error, _UNREADABLE):
        return True
    # S3 rejects a HEAD request that is otherwise valid with status 400 only for its token.
    is_head = isinstance(error, ClientError) and error.operation_name in HEAD_OPERATIONS
    return is_head and error_code(error) == str(HTTPStatus.BAD_REQUEST.value)


def is_identity_error(error: BaseException) -> bool:
    """Whether no call succeeds before the user corrects the credentials or the configuration."""
    own = (InvalidConfigurationError, AccountNotAllowedError, AccountMismatchError)
    return (
        credentials_expired(error)
        or isinstance(error, (*_MISCONFIGURED, *own))
        or is_invalid_request(error)
        or _are_rejected(error)
        or _is_clock_error(error)
        or _is_role_error(error)
    )


def describe_identity_error(error: BaseException, explain_denial: Callable[[str], str | None]) -> str:
    """The error in AWS's words, with the remedy.

    `explain_denial` explains a message about a denial that no statement of the caller can override.
    """
    if isinstance(error, VmimportError):
        return str(error)
    return f"{error_message(error)}; {_remedy(error, explain_denial)}"


def _remedy(error: BaseException, explain_denial: Callable[[str], str | None]) -> str:
    kinds: tuple[tuple[bool, str], ...] = (
        (_is_clock_error(error), "the clock of this machine differs from that of AWS: synchronize it and rerun"),
        (isinstance(error, _SIGN_IN), "sign in again, for example with `aws sso login`, and rerun"),
        (
            isinstance(error, (NoCredentialsError, PartialCredentialsError)),
            (
                "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or aws:profile in the stack's "
                "configuration, or sign in with `aws sso login`"
            ),
        ),
        (
            isinstance(error, ProfileNotFound),
            "check profile, aws:profile and AWS_PROFILE; `aws configure list-profiles` lists the profiles",
        ),
        (
            is_invalid_request(error),
            (
                "check accessKey, secretKey, token, userAgents, endpoints and proxies, in the configuration and in the "
                "environment, for line breaks and blanks"
            ),
        ),
        (
            isinstance(error, _ENDPOINTS),
            "check aws:endpoints, AWS_ENDPOINT_URL, useFipsEndpoint and useDualstackEndpoint, which exclude each other",
        ),
        (isinstance(error, NoRegionError), "set region, aws:region in the stack's configuration, or AWS_REGION"),
        (
            credentials_expired(error) and _operation(error) == _BY_WEB_IDENTITY,
            "renew the token of assumeRoleWithWebIdentity and rerun",
        ),
        (
            error_code(error) == "RequestExpired",
            "renew the credentials and rerun; if they are valid, synchronize the clock of this machine",
        ),
        (credentials_expired(error), "renew the credentials and rerun"),
        (
            _are_rejected(error),
            (
                "AWS does not accept the credentials: check the access key, its secret key and its session token, the "
                "clock of this machine, and that the account has enabled the Region"
            ),
        ),
        (_is_role_error(error), f"the role cannot be assumed: {_role_remedy(error, explain_denial)}"),
    )
    return next((remedy for applies, remedy in kinds if applies), "correct the configuration of AWS")


def _role_remedy(error: BaseException, explain_denial: Callable[[str], str | None]) -> str:
    return (
        _ROLE_REMEDIES.get(error_code(error))
        or explain_denial(error_message(error))
        or "check its ARN, its trust policy and externalId, and that the credentials before it allow the call"
    )


def _operation(error: BaseException) -> str:
    return error.operation_name if isinstance(error, ClientError) else ""


def _is_clock_error(error: BaseException) -> bool:
    return error_code(error) == "RequestTimeTooSkewed" or _SKEWED.search(error_message(error)) is not None


def _are_rejected(error: BaseException) -> bool:
    return error_code(error) in _REJECTED or _REJECTED_BY_EC2.match(error_message(error)) is not None


def _is_role_error(error: BaseException) -> bool:
    """Whether a role cannot be assumed for a reason other than throttling or a server error."""
    return _operation(error) in _ROLE_OPERATIONS and not is_transient(error)
