"""The AWS of the commands that search an account."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from tests.unit.in_process_calls import calls_in_process

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport_sandbox import SandboxClock
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"
SERVICES = ("ec2", "iam", "imagebuilder", "s3", "sts", "workspaces")


@pytest.fixture(scope="module")
def running_aws() -> Iterator[AwsSandbox]:
    """Simulated AWS that the connections of the commands reach."""
    with (
        AwsSandbox(clock=SandboxClock.stepped(), region=REGION) as sandbox,
        calls_in_process(sandbox),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("AWS_REGION", "AWS_PROFILE"):
            patch.delenv(name, raising=False)

        @cache
        def connection(settings: AwsSettings) -> AwsConnection:
            reached = tuple((service, sandbox.endpoint) for service in SERVICES)
            keys = replace(settings, access_key=sandbox.access_key, secret_key=sandbox.secret_key)
            return AwsConnection(
                replace(keys, region=settings.region or REGION, client=ClientSettings(endpoints=reached))
            )

        patch.setattr("pulumi_vmimport.cli.searched_account.connection", connection)
        patch.setattr(
            AwsConnection, "account_id", property(lambda aws: aws.client("sts").get_caller_identity()["Account"])
        )
        yield sandbox
