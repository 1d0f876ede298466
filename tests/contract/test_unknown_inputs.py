"""In preview any input may be unknown, and AWS may be out of reach: neither is an error of Python's own."""

from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError
from tests.unknown_inputs import bags, defects, with_unknowns

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings
from pulumi_vmimport.lifecycle.identity import Identity

VALUES = {
    "bucket": "images-of-web",
    "key": "web.ova",
    "s3_bucket": "images-of-web",
    "s3_key": "web.ova",
    "url": "s3://images-of-web/web.ova",
    "role_name": "vmimport",
}


def unreachable(client: Any, operation: str, members: Any) -> Any:
    raise EndpointConnectionError(endpoint_url=client.meta.endpoint_url)


def test_unknown_inputs_are_skipped_by_every_check(declared: Any) -> None:
    settings = AwsSettings(region="eu-west-1", access_key="AKIAUNREACHABLE00000", secret_key="x")
    identity = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::web")
    connection, found = AwsConnection(settings), []
    with patch.object(BaseClient, "_make_api_call", unreachable):
        for bag in bags(declared.lifecycle, VALUES):
            for place, changed in [("nothing", bag), *with_unknowns(declared.lifecycle, bag)]:
                run = HostRun(identity, connection, HostSettings(settings, {}), call=None)
                found += [f"{place} is unknown: {d}" for d in defects(declared.lifecycle, run, changed, VALUES)]
    assert not found, "\n".join(found)
