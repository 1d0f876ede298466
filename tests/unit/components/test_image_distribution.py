"""What ImageDistribution declares; tests/unit/resources/image_builder has the rules for its arguments."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.components.image_distribution import ImageDistribution
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG

CONFIGURATION = "aws:imagebuilder/distributionConfiguration:DistributionConfiguration"
GET_CONFIGURATION = "aws:imagebuilder/getDistributionConfiguration:getDistributionConfiguration"
SETTINGS = "pulumi-python:dynamic/vmimport:DistributionSettings"
ARN = "arn:aws:imagebuilder:eu-west-1:123456789012:distribution-configuration/web-servers"
NAME, TEMPLATE = "Web {{ imagebuilder:buildDate }}", "lt-0ab1234c56d789012"
DISTRIBUTIONS: Any = [
    {
        "region": "eu-west-1",
        "ami_distribution_configuration": {
            "name": NAME,
            "ami_tags": {"some_key": "1"},
            "launch_permission": {"user_ids": ["210987654321"]},
        },
        "launch_template_configurations": [{"launch_template_id": TEMPLATE, "set_default_version": False}],
        "s3_export_configuration": {"role_name": "vmimport", "disk_image_format": "RAW", "s3_bucket": "exports"},
    },
    {"region": "us-east-1", "fast_launch_configurations": [{"enabled": True, "max_parallel_launches": 6}]},
]


def outputs(args: Any, name: str = "web") -> dict[str, Any]:
    made = ImageDistribution(name, args)
    return {"arn": made.arn, "name": made.name, "regions": made.regions}


@pytest.fixture
def world(world: Any) -> Any:
    world.states[CONFIGURATION] = lambda inputs: {"arn": ARN}
    world.answers[GET_CONFIGURATION] = "reading Image Builder Distribution Configuration: couldn't find resource"
    return world


def test_the_configuration_has_the_settings_as_pulumi_aws_names_them(world: Any) -> None:
    args = {"name": "Web servers", "description": "of the shop", "distributions": DISTRIBUTIONS}
    assert world.deploy(lambda: outputs(args)) == {
        "arn": ARN, "name": "Web servers", "regions": ["eu-west-1", "us-east-1"]
    }  # fmt: skip
    assert world.components == {"web": "vmimport:index:ImageDistribution"}
    assert world.tokens == {"web": CONFIGURATION, "web-settings": SETTINGS}
    made = world.inputs("web")
    assert (made["name"], made["description"]) == ("Web servers", "of the shop")
    assert made["distributions"] == [
        {
            "region": "eu-west-1",
            "amiDistributionConfiguration": {
                "name": NAME,
                "amiTags": {"some_key": "1"},
                "launchPermission": {"userIds": ["210987654321"]},
            },
            "launchTemplateConfigurations": [{"launchTemplateId": TEMPLATE, "default": False}],
            "s3ExportConfiguration": {"roleName": "vmimport", "diskImageFormat": "RAW", "s3Bucket": "exports"},
        },
        {
            "region": "us-east-1",
            "fastLaunchConfigurations": [{"enabled": True, "maxParallelLaunches": 6, "accountId": "123456789012"}],
        },
    ]


def test_the_checked_settings_are_those_of_the_api_with_account_and_region(world: Any) -> None:
    args = {"distributions": DISTRIBUTIONS, "allow_public": True, "platform": "Windows", "license_type": "AWS"}
    world.deploy(lambda: outputs({**args, "image_id": "ami-0123456789abcdef0"}))
    checked = world.inputs("web-settings")
    assert {
        k: checked[k] for k in ("name", "accountId", "region", "allowPublic", "platform", "licenseType", "imageId")
    } == {
        "name": "web",
        "accountId": "123456789012",
        "region": "eu-west-1",
        "allowPublic": True,
        "platform": "Windows",
        "licenseType": "AWS",
        "imageId": "ami-0123456789abcdef0",
    }
    template = checked["distributions"][0]["launchTemplateConfigurations"][0]
    assert template == {"launchTemplateId": TEMPLATE, "setDefaultVersion": False}
    assert checked["owner"] == world.inputs("web")["tags"][IDENTITY_TAG]


def test_outputs_of_other_resources_are_accepted_anywhere(world: Any) -> None:
    def program() -> dict[str, Any]:
        bucket = pulumi.Output.from_input("exports")
        export = {"role_name": "vmimport", "disk_image_format": "RAW", "s3_bucket": bucket}
        of: Any = {"region": pulumi.Output.from_input("eu-west-1"), "s3_export_configuration": export}
        fast: Any = pulumi.Output.from_input({"region": "us-east-1", "fast_launch_configurations": [{"enabled": True}]})
        return outputs({"name": pulumi.Output.from_input("Web servers"), "distributions": [of, fast]})

    assert world.deploy(program)["regions"] == ["eu-west-1", "us-east-1"]
    export, fast = world.inputs("web")["distributions"]
    assert export["s3ExportConfiguration"]["s3Bucket"] == "exports"
    assert fast["fastLaunchConfigurations"] == [{"enabled": True, "accountId": "123456789012"}]


def test_values_that_preview_does_not_know_are_passed_on(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True

    def program() -> dict[str, Any]:
        ami = {"name": NAME, "kms_key_id": unknown()}
        return outputs({"distributions": [{"region": "eu-west-1", "ami_distribution_configuration": ami}]})

    world.deploy(program)
    checked = world.inputs("web-settings")["distributions"][0]["amiDistributionConfiguration"]
    assert checked["name"] == NAME
    assert isinstance(checked["kmsKeyId"], pulumi.output.Unknown)


@pytest.mark.parametrize(
    ("tags", "is_imported"),
    [
        pytest.param(None, False, id="of-another-owner"),
        pytest.param({IDENTITY_TAG: "0" * 32}, False, id="of-another-component"),
        pytest.param("own", True, id="of-a-killed-run"),
    ],
)
def test_only_a_configuration_that_this_component_left_is_imported(world: Any, tags: Any, is_imported: bool) -> None:
    args = {"name": "Web servers", "distributions": DISTRIBUTIONS}
    world.deploy(lambda: outputs(args))
    own = world.inputs("web")["tags"]
    world.resources.clear()
    world.answers[GET_CONFIGURATION] = {"arn": ARN, "tags": own if tags == "own" else tags}
    world.deploy(lambda: outputs(args))
    (made,) = [r for r in world.resources if r.name == "web"]
    assert (made.resource_id == ARN) is is_imported


def test_the_look_up_is_for_the_arn_that_image_builder_derives_from_the_name(world: Any) -> None:
    world.partition, world.region = "aws-cn", "cn-north-1"
    world.deploy(lambda: outputs({"name": "Web_Servers 1", "distributions": DISTRIBUTIONS}))
    (call,) = [call for call in world.calls if call.token == GET_CONFIGURATION]
    assert call.args["arn"] == (
        "arn:aws-cn:imagebuilder:cn-north-1:123456789012:distribution-configuration/web-servers-1"
    )


def test_pulumi_derives_a_schema_of_the_component(schema: Callable[[Any], Any]) -> None:
    definition = schema(ImageDistribution)
    assert set(definition.outputs) == {"arn", "name", "regions"}
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    assert [name for name, p in definition.inputs.items() if not p.optional] == ["distributions"]
