import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings

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
        "aws:assumeRole": {"roleArn": "arn:one"},
        "aws:endpoints": [{"s3": "http://s3", "ec2": "http://ec2"}],
    }
    assert AwsSettings.from_pulumi_config(config, {"AWS_REGION": "eu-west-1"}) == AwsSettings(
        region="us-east-1",
        profile="web",
        assume_role_arn="arn:one",
        access_key="AKIA",
        secret_key="s",
        token="t",
        endpoints=(("ec2", "http://ec2"), ("s3", "http://s3")),
    )


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"aws:assumeRoles": [{"roleArn": "arn:one"}, {"roleArn": "arn:two"}]}, id="list"),
        pytest.param({"aws:assumeRoles": json.dumps([{"roleArn": "arn:one"}])}, id="list-as-json"),
        pytest.param({"aws:assumeRole": json.dumps({"roleArn": "arn:one"})}, id="object-as-json"),
    ],
)
def test_the_first_role_to_assume_is_used(config: dict[str, Any]) -> None:
    assert AwsSettings.from_pulumi_config(config, {}).assume_role_arn == "arn:one"


def test_an_empty_configuration_leaves_all_to_boto3_except_the_region() -> None:
    assert AwsSettings.from_pulumi_config({}, {}) == AwsSettings()
    assert AwsSettings.from_pulumi_config({}, {"AWS_REGION": "eu-west-1"}) == AwsSettings(region="eu-west-1")


def test_settings_do_not_show_secrets() -> None:
    shown = repr(AwsSettings(access_key="AKIAEXAMPLE", secret_key="hunter2", token="f00d"))
    assert [secret for secret in ("AKIAEXAMPLE", "hunter2", "f00d") if secret in shown] == []


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param((None, None, None), AwsSettings("eu-west-1", "web", "arn:stack", "AKIA", "s", "t"), id="nothing"),
        pytest.param(
            ("us-east-1", None, None), AwsSettings("us-east-1", "web", "arn:stack", "AKIA", "s", "t"), id="region"
        ),
        pytest.param((None, "other", None), AwsSettings("eu-west-1", "other"), id="profile"),
        pytest.param((None, None, "arn:x"), AwsSettings("eu-west-1", "web", "arn:x", "AKIA", "s", "t"), id="role"),
        pytest.param((None, "other", "arn:x"), AwsSettings("eu-west-1", "other", "arn:x"), id="profile-and-role"),
    ],
)
def test_settings_of_a_resource_override_those_of_the_stack(own: tuple[Any, Any, Any], expected: AwsSettings) -> None:
    stack = AwsSettings("eu-west-1", "web", "arn:stack", "AKIA", "s", "t")
    assert stack.for_resource(*own) == expected


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
    connection = AwsConnection(AwsSettings("eu-west-1", None, None, "AKIA", "s", None, (("sts", "http://sts:1"),)))
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


def test_a_role_is_assumed_with_the_credentials_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[dict[str, Any]] = []
    sources: list[str] = []

    class Sts:
        def assume_role(self, **members: Any) -> dict[str, Any]:
            requests.append(members)
            keys = {"AccessKeyId": "ASIA", "SecretAccessKey": "x", "SessionToken": "t"}
            return {"Credentials": {**keys, "Expiration": "2099-01-01T00:00:00Z"}}

    create = botocore.session.Session.create_client

    def create_client(self: Any, service: str, *args: Any, **values: Any) -> Any:
        if service != "sts":
            return create(self, service, *args, **values)
        sources.append(values["aws_access_key_id"])
        return Sts()

    monkeypatch.setattr(botocore.session.Session, "create_client", create_client)
    connection = AwsConnection(AwsSettings("eu-west-1", None, "arn:aws:iam::123456789012:role/x", "AKIA", "s"))
    client: Any = connection.client("workspaces")
    assert client._request_signer._credentials.get_frozen_credentials().access_key == "ASIA"
    assert sources == ["AKIA"]
    assert requests == [{"RoleArn": "arn:aws:iam::123456789012:role/x", "RoleSessionName": "pulumi-vmimport"}]
