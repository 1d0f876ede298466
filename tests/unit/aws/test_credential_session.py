import json
from pathlib import Path
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import NoCredentialsError

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection

HUB, SPOKE = "arn:aws:iam::111111111111:role/hub", "arn:aws:iam::222222222222:role/spoke"


class Sts:
    """Records the calls to AWS STS with the access key of each, and returns a key named after the role."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str | None, dict[str, Any]]] = []
        self.endpoints: list[str] = []

    def call(self, client: Any, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        credentials = client._request_signer._credentials
        key = credentials.get_frozen_credentials().access_key if credentials else None
        self.calls.append((operation, key, members))
        self.endpoints.append(client.meta.endpoint_url)
        name = members["RoleArn"].rpartition("/")[2]
        keys = {"AccessKeyId": f"ASIA-{name}", "SecretAccessKey": "x", "SessionToken": "t"}
        return {"Credentials": {**keys, "Expiration": "2099-01-01T00:00:00Z"}}


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Sts:
    recorder = Sts()

    def call(client: Any, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        return recorder.call(client, operation, members)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return recorder


def access_key(**keys: Any) -> str:
    """The access key that a client of these settings signs with."""
    config = {f"aws:{key}": value for key, value in {"region": "eu-west-1", **keys}.items()}
    settings = AwsSettings.from_pulumi_config(config, {})
    assert settings.problems == ()
    client: Any = AwsConnection(settings).client("workspaces")
    return str(client._request_signer._credentials.get_frozen_credentials().access_key)


STATIC = {"accessKey": "AKIA", "secretKey": "s"}


def test_each_role_is_assumed_with_the_credentials_of_the_one_before(sts: Sts) -> None:
    roles = [
        {"roleArn": HUB, "externalId": "hub-id", "sessionName": "ci", "sourceIdentity": "alice"},
        {
            "roleArn": SPOKE,
            "externalId": "spoke-id",
            "duration": "30m",
            "policy": '{"Version": "2012-10-17"}',
            "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "tags": {"team": "a"},
            "transitiveTagKeys": ["team"],
        },
    ]
    assert access_key(**STATIC, assumeRoles=json.dumps(roles)) == "ASIA-spoke"
    hub, spoke = sts.calls
    assert hub == (
        "AssumeRole",
        "AKIA",
        {"RoleArn": HUB, "RoleSessionName": "ci", "ExternalId": "hub-id", "SourceIdentity": "alice"},
    )
    assert spoke == (
        "AssumeRole",
        "ASIA-hub",
        {
            "RoleArn": SPOKE,
            "RoleSessionName": "pulumi-vmimport",
            "ExternalId": "spoke-id",
            "DurationSeconds": 1800,
            "Policy": '{"Version": "2012-10-17"}',
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
            "Tags": [{"Key": "team", "Value": "a"}],
            "TransitiveTagKeys": ["team"],
        },
    )


def test_a_token_of_an_identity_provider_starts_the_chain(sts: Sts, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("jwt")
    identity = {"roleArn": HUB, "webIdentityTokenFile": str(file), "sessionName": "ci", "duration": "1h"}
    assert access_key(assumeRoleWithWebIdentity=identity, assumeRoles=[{"roleArn": SPOKE}]) == "ASIA-spoke"
    assert sts.calls[0] == (
        "AssumeRoleWithWebIdentity",
        None,
        {"RoleArn": HUB, "RoleSessionName": "ci", "DurationSeconds": 3600, "WebIdentityToken": "jwt"},
    )
    assert sts.calls[1][:2] == ("AssumeRole", "ASIA-hub")


def test_a_token_may_stand_in_the_configuration(sts: Sts) -> None:
    assert access_key(assumeRoleWithWebIdentity={"roleArn": HUB, "webIdentityToken": "jwt"}) == "ASIA-hub"
    assert sts.calls[0][2]["WebIdentityToken"] == "jwt"


def test_roles_are_assumed_at_the_endpoint_of_the_configuration(sts: Sts) -> None:
    assert access_key(**STATIC, assumeRoles=[{"roleArn": HUB}], endpoints=[{"sts": "http://sts:1"}]) == "ASIA-hub"
    assert access_key(**STATIC, assumeRoles=[{"roleArn": HUB}], stsRegion="us-west-2") == "ASIA-hub"
    assert sts.endpoints == ["http://sts:1", "https://sts.us-west-2.amazonaws.com"]


def test_credentials_come_from_the_files_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("[web]\naws_access_key_id = FILE\naws_secret_access_key = x\n")
    (tmp_path / "config").write_text("[profile ci]\nsource_profile = web\nrole_arn = arn:x\n[profile web]\n")
    files = {
        "sharedCredentialsFiles": json.dumps([str(tmp_path / "credentials")]),
        "sharedConfigFiles": json.dumps([str(tmp_path / "config")]),
    }
    assert access_key(profile="web", **files) == "FILE"


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.mark.usefixtures("no_credentials")
def test_fails_when_there_are_no_credentials_to_assume_a_role_with(sts: Sts) -> None:
    with pytest.raises(NoCredentialsError):
        access_key(assumeRoles=[{"roleArn": HUB}], skipMetadataApiCheck="true")
    assert sts.calls == []


@pytest.mark.usefixtures("no_credentials")
def test_the_instance_metadata_can_be_excluded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.credentials.InstanceMetadataProvider.load", lambda _: pytest.fail("was called"))
    client: Any = AwsConnection(
        AwsSettings.from_pulumi_config({"aws:region": "eu-west-1", "aws:skipMetadataApiCheck": "true"}, {})
    ).client("workspaces")
    assert client._request_signer._credentials is None


def test_the_instance_metadata_is_read_where_the_configuration_says() -> None:
    config = {"aws:ec2MetadataServiceEndpoint": "http://imds:1", "aws:ec2MetadataServiceEndpointMode": "IPv6"}
    session: Any = (
        AwsConnection(AwsSettings.from_pulumi_config({"aws:region": "eu-west-1", **config}, {}))
        ._shared_session()
        ._session
    )
    assert session.get_config_variable("ec2_metadata_service_endpoint") == "http://imds:1"
    assert session.get_config_variable("ec2_metadata_service_endpoint_mode") == "ipv6"
