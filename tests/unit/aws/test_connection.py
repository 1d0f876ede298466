from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.configuration.role_settings import AssumedRole
from pulumi_vmimport.aws.connection import AwsConnection

KEYS = AwsSettings(region="eu-west-1", access_key="AKIA", secret_key="s")


def config_of(client: Any) -> Any:
    return client.meta.config


@pytest.fixture
def credentials_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    return file


def test_settings_are_the_keys_of_the_pulumi_configuration() -> None:
    config = {
        "aws:region": "us-east-1",
        "aws:profile": "web",
        "aws:accessKey": "AKIA",
        "aws:secretKey": "s",
        "aws:token": "t",
        "aws:assumeRoles": [{"roleArn": "arn:one"}],
        "aws:endpoints": [{"s3": "http://s3", "ec2": "http://ec2"}],
    }
    assert AwsSettings.from_pulumi_config(config, {"AWS_REGION": "eu-west-1"}) == AwsSettings(
        region="us-east-1",
        profile="web",
        roles=(AssumedRole("arn:one"),),
        access_key="AKIA",
        secret_key="s",
        token="t",
        client=ClientSettings(endpoints=(("ec2", "http://ec2"), ("s3", "http://s3"))),
    )


def test_an_empty_configuration_leaves_all_to_boto3_except_the_region() -> None:
    assert AwsSettings.from_pulumi_config({}, {}) == AwsSettings()
    assert AwsSettings.from_pulumi_config({}, {"AWS_REGION": "eu-west-1"}) == AwsSettings(region="eu-west-1")


def test_settings_do_not_show_secrets() -> None:
    shown = repr(AwsSettings(access_key="AKIAEXAMPLE", secret_key="hunter2", token="f00d"))
    assert [secret for secret in ("AKIAEXAMPLE", "hunter2", "f00d") if secret in shown] == []


STACK = AwsSettings("eu-west-1", "web", "AKIA", "s", "t", roles=(AssumedRole("arn:stack"),))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param((None, None, None), STACK, id="nothing"),
        pytest.param(("us-east-1", None, None), replace(STACK, region="us-east-1"), id="region"),
        pytest.param((None, "other", None), AwsSettings("eu-west-1", "other"), id="profile"),
        pytest.param((None, None, "arn:x"), replace(STACK, roles=(AssumedRole("arn:x"),)), id="role"),
        pytest.param(
            (None, "other", "arn:x"), AwsSettings("eu-west-1", "other", roles=(AssumedRole("arn:x"),)), id="both"
        ),
    ],
)
def test_settings_of_a_resource_override_those_of_the_stack(own: tuple[Any, Any, Any], expected: AwsSettings) -> None:
    assert STACK.for_resource(*own) == expected


def test_another_region_has_the_same_settings_and_one_connection() -> None:
    here = AwsConnection(KEYS)
    there = here.in_region("us-west-2")
    assert there.region == "us-west-2"
    assert there is here.in_region("us-west-2")
    assert here.in_region("eu-west-1") is here
    assert there.client("workspaces").meta.region_name == "us-west-2"


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_partition_is_that_of_the_region(region: str, partition: str) -> None:
    assert AwsConnection(AwsSettings(region=region)).partition == partition


def test_without_settings_region_and_partition_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    connection = AwsConnection(AwsSettings())
    assert (connection.region, connection.partition) == ("cn-north-1", "aws-cn")


def test_without_any_region_the_partition_is_the_commercial_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert AwsConnection(AwsSettings()).partition == "aws"


def test_a_client_exists_once_and_has_settings_for_long_transfers() -> None:
    connection = AwsConnection(KEYS)
    client = connection.client("s3")
    assert connection.client("s3") is client
    config = config_of(client)
    assert config.retries == {"mode": "standard", "total_max_attempts": 8}
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (10, 60, 32)
    assert config.s3["payload_signing_enabled"] is False
    assert config.request_checksum_calculation == "when_required"
    assert "pulumi-vmimport" in config.user_agent


def test_a_client_without_retries_is_another_one() -> None:
    connection = AwsConnection(KEYS)
    client = connection.client_without_retries("ec2")
    assert connection.client_without_retries("ec2") is client
    assert connection.client("ec2") is not client
    assert config_of(client).retries == {"mode": "standard", "total_max_attempts": 1}


def test_an_endpoint_applies_to_its_service() -> None:
    connection = AwsConnection(
        AwsSettings("eu-west-1", None, "AKIA", "s", client=ClientSettings((("sts", "http://sts:1"),)))
    )
    assert connection.client("sts").meta.endpoint_url == "http://sts:1"
    assert "amazonaws.com" in connection.client("workspaces").meta.endpoint_url


def test_the_account_is_requested_once() -> None:
    connection = AwsConnection(KEYS)
    with Stubber(connection.client("sts")) as stubber:
        stubber.add_response("get_caller_identity", {"Account": "123456789012"}, {})
        assert connection.account_id == connection.account_id == "123456789012"


def test_refreshed_credentials_reach_the_other_regions(credentials_file: Path) -> None:
    here = AwsConnection(AwsSettings(region="eu-west-1", profile="web"))
    there = here.in_region("us-west-2")

    def key() -> str:
        client: Any = there.client("workspaces")
        return str(client._request_signer._credentials.access_key)

    credentials_file.write_text("[web]\naws_access_key_id = OLD\naws_secret_access_key = x\n")
    assert key() == "OLD"
    credentials_file.write_text("[web]\naws_access_key_id = NEW\naws_secret_access_key = x\n")
    assert key() == "OLD"
    here.refresh_credentials()
    assert key() == "NEW"
