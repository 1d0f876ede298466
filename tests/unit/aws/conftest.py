"""A connection whose clients answer from botocore's Stubber: requests and answers are checked against the API's model."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection

Stub = Callable[..., Stubber]


@pytest.fixture(scope="session")
def aws() -> AwsConnection:
    """A connection without a network; a client exists once, because its model takes long to load."""
    return AwsConnection(AwsSettings(region="eu-west-1", access_key="AKIAEXAMPLE", secret_key="secret"))


@pytest.fixture
def stub(aws: AwsConnection) -> Iterator[Stub]:
    """Stubs the client of a service; every prepared answer must be used."""
    stubbers: dict[Any, Stubber] = {}

    def stubber_of(service: Any, *, without_retries: bool = False) -> Stubber:
        client = aws.client_without_retries(service) if without_retries else aws.client(service)
        if client not in stubbers:
            stubbers[client] = Stubber(client)
            stubbers[client].activate()
        return stubbers[client]

    yield stubber_of
    for stubber in stubbers.values():
        stubber.assert_no_pending_responses()
        stubber.deactivate()
