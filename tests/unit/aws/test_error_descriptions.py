"""What the user reads about an error of AWS, whichever part of the library reports it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, SSLError

from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.tables.known_failures import find
from pulumi_vmimport.cli.aws_error_text import aws_error_text

EXPIRED = (
    ("ExpiredToken", "The security token included in the request has expired"),
    ("ExpiredTokenException", "The security token included in the request is expired"),
    ("RequestExpired", "Request has expired."),
)


def client_error(code: str, message: str, operation: str = "GetObject") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}}
    return ClientError(response, operation)


@pytest.mark.parametrize(("code", "message"), EXPIRED)
def test_expired_credentials_are_no_expired_url(code: str, message: str) -> None:
    words = f"{code}: {message} (in GetObject)"
    assert find(words) is not None, "the table alone takes it for the URL of an image"
    assert describe_aws_error(client_error(code, message)).startswith(f"{words}; renew the credentials and rerun")
    assert aws_error_text(client_error(code, message)) == f"{words}; log in, or set --aws-profile"


def test_an_expired_url_is_explained_by_the_table() -> None:
    described = describe_aws_error(client_error("AccessDenied", "Request has expired"))
    assert "the presigned URL expired" in described
    assert described == aws_error_text(client_error("AccessDenied", "Request has expired"))


def test_a_service_out_of_reach_and_missing_credentials_have_their_own_remedies() -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://ec2.eu-west-1.amazonaws.com/")
    assert "check the Region" in describe_aws_error(unreachable)
    assert "AWS_PROFILE" in describe_aws_error(NoCredentialsError())


def test_a_certificate_that_cannot_be_verified_names_the_settings() -> None:
    described = describe_aws_error(
        SSLError(endpoint_url="https://sts", error=OSError("unable to get local issuer certificate"))
    )
    assert "unable to get local issuer certificate; set aws:customCaBundle or AWS_CA_BUNDLE" in described
