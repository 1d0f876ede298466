import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.client_settings import ClientSettings
from pulumi_vmimport.aws.connection import AwsConnection


def client(service: Any, **keys: Any) -> Any:
    config = {"region": "us-east-1", "accessKey": "AKIA", "secretKey": "s", **keys}
    settings = AwsSettings.from_pulumi_config({f"aws:{key}": value for key, value in config.items()}, {})
    assert settings.problems == ()
    return AwsConnection(settings).client(service)


def verify_of(client: Any) -> Any:
    return client._endpoint.http_session._verify


def proxies_of(client: Any) -> Any:
    return client._endpoint.http_session._proxy_config._proxies


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


def test_the_certificates_of_a_corporation_are_used(tmp_path: Path) -> None:
    bundle = tmp_path / "corp.pem"
    bundle.touch()
    assert verify_of(client("sts", customCaBundle=str(bundle))) == str(bundle)
    assert verify_of(client("sts")) is True


def test_insecure_accepts_any_certificate() -> None:
    assert verify_of(client("sts", insecure="true")) is False


def test_proxies_apply_except_to_the_hosts_of_no_proxy() -> None:
    keys = {"httpsProxy": "http://proxy:3128", "noProxy": "sts.us-east-1.amazonaws.com"}
    assert proxies_of(client("workspaces", **keys)) == {"https": "http://proxy:3128"}
    assert proxies_of(client("sts", **keys)) == {}


def test_no_proxy_alone_exempts_hosts_from_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env:3128")
    assert proxies_of(client("workspaces", noProxy=".example.com")) == {"https": "http://env:3128"}
    assert proxies_of(client("sts", noProxy=".amazonaws.com")) == {}


def test_no_proxy_of_the_environment_applies_to_a_proxy_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", ".amazonaws.com")
    assert proxies_of(client("sts", httpsProxy="http://proxy:3128")) == {}
    assert proxies_of(client("sts", httpsProxy="http://proxy:3128", noProxy="x")) == {"https": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("no_proxy", "url", "expected"),
    [
        ("*", "https://ec2.eu-west-1.amazonaws.com", True),
        ("*.amazonaws.com", "https://ec2.eu-west-1.amazonaws.com", True),
        ("*.amazonaws.com", "https://ec2.amazonaws.example", False),
        ("localhost, 10.0.0.0/8", "https://10.1.2.3:8443", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("fd00::/8", "https://[fd00::1]:443", True),
        ("vpce.example:8443", "https://vpce.example:8443", True),
        ("vpce.example:8443", "https://vpce.example", False),
        ("vpce.example:443", "https://vpce.example", True),
        ("example", "https://notexample", False),
    ],
)
def test_no_proxy_has_hosts_networks_and_ports(no_proxy: str, url: str, expected: bool) -> None:
    assert ClientSettings(no_proxy=no_proxy).bypasses_proxy(url) is expected


@pytest.mark.parametrize(
    ("keys", "host"),
    [
        pytest.param({"useFipsEndpoint": "true"}, "https://sts-fips.us-east-1.amazonaws.com", id="fips"),
        pytest.param({"useDualstackEndpoint": True}, "https://sts.us-east-1.api.aws", id="dual-stack"),
        pytest.param({"stsRegion": "eu-west-1"}, "https://sts.eu-west-1.amazonaws.com", id="region-of-sts"),
        pytest.param({"endpoints": json.dumps([{"sts": "http://sts:1"}])}, "http://sts:1", id="endpoint"),
    ],
)
def test_the_endpoint_is_that_of_the_settings(keys: Any, host: str) -> None:
    assert client("sts", **keys).meta.endpoint_url == host


def test_retries_style_and_user_agent_are_those_of_the_settings() -> None:
    keys = {"maxRetries": "2", "retryMode": "adaptive", "s3UsePathStyle": "true", "userAgents": '["ci/1.0"]'}
    config = client("s3", s3UsEast1RegionalEndpoint="regional", **keys).meta.config
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 3}
    assert config.s3["addressing_style"] == "path"
    assert config.s3["us_east_1_regional_endpoint"] == "regional"
    assert "pulumi-vmimport ci/1.0" in config.user_agent


def test_the_second_name_of_an_endpoint_is_known() -> None:
    assert client("s3", endpoints=[{"s3api": "http://s3:1"}]).meta.endpoint_url == "http://s3:1"
