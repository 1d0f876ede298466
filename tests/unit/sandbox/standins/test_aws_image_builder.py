"""The stand-in for distribution configurations, over the sandbox's AWS."""

from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_vmimport_sandbox import AwsSandbox, SandboxClock
from pulumi_vmimport_sandbox.standins.aws_client import Aws
from pulumi_vmimport_sandbox.standins.aws_image_builder import DistributionConfiguration, distribution_configuration
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected
from pulumi_vmimport_sandbox.standins.values import UNKNOWN

REGION, ACCOUNT = "eu-west-1", "123456789012"
NAME, TEMPLATE = "Web {{ imagebuilder:buildDate }}", "lt-0ab1234c56d789012"
INPUTS: dict[str, Any] = {
    "name": "Web servers",
    "description": "of the shop",
    "tags": {"team": "web"},
    "distributions": [
        {
            "region": REGION,
            "amiDistributionConfiguration": {"name": NAME, "amiTags": {"SomeKey": "1"}},
            "launchTemplateConfigurations": [{"launchTemplateId": TEMPLATE}],
            "fastLaunchConfigurations": [{"enabled": True, "accountId": ACCOUNT}],
        }
    ],
}
kind = DistributionConfiguration()


@pytest.fixture(scope="module")
def running() -> Iterator[AwsSandbox]:
    with AwsSandbox(clock=SandboxClock.stepped(), region=REGION) as running:
        yield running


@pytest.fixture
def sandbox(running: AwsSandbox) -> AwsSandbox:
    running.reset()
    return running


@pytest.fixture
def aws(sandbox: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    return Aws({"region": REGION, "accessKey": sandbox.access_key, "secretKey": sandbox.secret_key})


def test_a_configuration_is_created_read_updated_and_deleted(aws: Aws, sandbox: AwsSandbox) -> None:
    id = kind.create(aws, INPUTS)
    assert id == f"arn:aws:imagebuilder:{REGION}:{ACCOUNT}:distribution-configuration/web-servers"
    live = kind.read(aws, id, INPUTS)
    expected = {
        **INPUTS["distributions"][0],
        "launchTemplateConfigurations": [{"launchTemplateId": TEMPLATE, "default": True}],
    }
    assert live["distributions"] == [expected]
    assert {name: live[name] for name in ("name", "description", "tags")} == {
        name: INPUTS[name] for name in ("name", "description", "tags")
    }
    to = {"region": REGION, "amiDistributionConfiguration": {"name": NAME}}
    changed = {"name": "Web servers", "tags": {"cost": "1"}, "distributions": [to]}
    kind.update(aws, id, INPUTS, changed)
    live = kind.read(aws, id, changed)
    assert (live["distributions"], live["description"], live["tags"]) == ([to], None, {"cost": "1"})
    kind.delete(aws, id, changed)
    with pytest.raises(NotFound):
        kind.read(aws, id, changed)
    with pytest.raises(NotFound):
        kind.delete(aws, id, changed)


def test_the_provider_sends_a_default_version_always(aws: Aws, sandbox: AwsSandbox) -> None:
    templates = [{"launchTemplateId": TEMPLATE}, {"launchTemplateId": TEMPLATE, "default": False}]
    to = {"region": REGION, "launchTemplateConfigurations": templates}
    arn = kind.create(aws, {"name": "web", "distributions": [to]})
    found = sandbox.client("imagebuilder").get_distribution_configuration(distributionConfigurationArn=arn)
    (sent,) = found["distributionConfiguration"]["distributions"]
    assert [of["setDefaultVersion"] for of in sent["launchTemplateConfigurations"]] == [True, False]


def test_only_a_change_of_the_settings_is_an_update(aws: Aws, sandbox: AwsSandbox) -> None:
    id = kind.create(aws, INPUTS)
    kind.update(aws, id, INPUTS, {**INPUTS, "tags": {"team": "shop"}})
    assert sandbox.calls.of("UpdateDistributionConfiguration") == []
    assert kind.read(aws, id, INPUTS)["tags"] == {"team": "shop"}


def test_fails_without_the_account_of_a_fast_launch() -> None:
    fast = {"region": REGION, "fastLaunchConfigurations": [{"enabled": True}, UNKNOWN]}
    path = "distributions[0].fastLaunchConfigurations[0].accountId"
    assert list(kind.problems({}, {"distributions": [fast]})) == [(path, "Missing required argument")]
    assert list(kind.problems({}, {"distributions": UNKNOWN})) == []


def test_fails_for_a_property_that_the_api_does_not_have(aws: Aws) -> None:
    to = {"region": REGION, "amiDistributionConfiguration": {"launchPermissions": {}}}
    with pytest.raises(Rejected, match="unsupported launchPermissions"):
        kind.create(aws, {"name": "web", "distributions": [to]})


def test_the_function_reads_a_configuration_and_fails_for_another(aws: Aws) -> None:
    arn = kind.create(aws, INPUTS)
    assert distribution_configuration(aws, {"arn": arn})["tags"] == {"team": "web"}
    with pytest.raises(Rejected, match="reading Image Builder Distribution Configuration"):
        distribution_configuration(aws, {"arn": f"{arn}-2"})
