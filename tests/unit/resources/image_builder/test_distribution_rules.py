"""What preview finds wrong with a distribution."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.distribute_image_lifecycle import DistributeImageLifecycle
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ABROAD = "eu-west-1", "us-west-2"
LIFECYCLE = DistributeImageLifecycle()
BUILDER = f"arn:aws:imagebuilder:{REGION}:123456789012"
VALID = {
    "region": REGION,
    "sourceImage": "ami-0123456789abcdef0",
    "distributionConfigurationArn": f"{BUILDER}:distribution-configuration/web",
    "executionRole": "distribution",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"sourceImage": "ssm:/images/web"},
        {"sourceImage": f"{BUILDER}:image/web/x.x.x"},
        {"sourceImage": f"{BUILDER}:image/web/1.0.0/2"},
        {"executionRole": "arn:aws:iam::123456789012:role/path/distribution"},
        {"logGroupName": "/aws/imagebuilder/web"},
    ],
)
def test_check_accepts(checked: Any, change: dict[str, Any]) -> None:
    assert checked(LIFECYCLE, VALID | change) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"sourceImage": "web"}, "sourceImage", id="source"),
        pytest.param({"sourceImage": "ssm:"}, "sourceImage", id="no-parameter"),
        pytest.param({"sourceImage": "ssm:/images/web\n"}, "sourceImage", id="parameter-with-a-line-feed"),
        pytest.param({"sourceImage": f"{BUILDER}:image/web"}, "sourceImage", id="image-without-version"),
        pytest.param(
            {"sourceImage": "arn:aws:imagebuilder:us-east-1:123456789012:image/web/1.0.0/1"},
            "sourceImage",
            id="image-abroad",
        ),
        pytest.param({"distributionConfigurationArn": "web"}, "distributionConfigurationArn", id="configuration"),
        pytest.param(
            {
                "distributionConfigurationArn": "arn:aws:imagebuilder:us-east-1:123456789012:distribution-configuration/web"
            },
            "distributionConfigurationArn",
            id="configuration-abroad",
        ),
        pytest.param({"executionRole": "arn:aws:iam::1:role/x"}, "executionRole", id="role"),
        pytest.param({"logGroupName": "/mine/web"}, "logGroupName", id="log-group"),
        pytest.param({"logGroupName": "/aws/imagebuilder/"}, "logGroupName", id="log-group-without-name"),
        pytest.param({"logGroupName": "/aws/imagebuilder//"}, "logGroupName", id="log-group-of-slashes"),
        pytest.param({"tags": {"what?": "x"}}, "tags.what?", id="tag-key"),
    ],
)
def test_fails_in_check(checked: Any, change: dict[str, Any], path: str) -> None:
    assert [found for found, _ in checked(LIFECYCLE, VALID | change)] == [path]


def test_the_arn_of_the_guide_s_update_example_is_refused_with_the_reason(checked: Any) -> None:
    arn = f"{BUILDER}:distribution-configuration/update-distribution-configuration.json"
    [(path, reason)] = checked(LIFECYCLE, VALID | {"distributionConfigurationArn": arn})
    assert path == "distributionConfigurationArn"
    assert reason.endswith("; an ARN ends with the name of the resource, remove .json")


def test_every_problem_is_reported_at_once(checked: Any) -> None:
    wrong = {"sourceImage": "web", "distributionConfigurationArn": "web", "executionRole": "?", "logGroupName": "web"}
    assert [path for path, _ in checked(LIFECYCLE, VALID | wrong)] == list(wrong)


def test_preflight_finds_nothing_wrong_with_what_can_be_distributed(
    run: Any, inputs: DistributeImageInputs, looked_up: Any
) -> None:
    assert looked_up(LIFECYCLE, run, inputs) == {}


def test_preflight_fails_for_settings_that_do_not_suit_the_ami(
    run: Any, new_inputs: Any, builder: Any, byol_ami: str, looked_up: Any
) -> None:
    public = builder.to(ABROAD)
    public["amiDistributionConfiguration"]["launchPermission"] = {"userGroups": ["all"]}
    inputs = new_inputs(builder.to(REGION), public)
    reason = looked_up(LIFECYCLE, run, inputs)["distributionConfigurationArn"]
    assert reason.startswith(f"amiDistributionConfiguration.launchPermission.userGroups for {ABROAD}: 'all' makes the")
    assert f"{byol_ami} contains your own Windows license" in reason
    linux = builder.aws.observer("ec2").register_image(Name="linux")["ImageId"]
    launching = builder.to(REGION, fastLaunchConfigurations=[{"enabled": True}])
    builder.reconfigure(inputs.distribution_configuration_arn, launching)
    reason = looked_up(LIFECYCLE, run, replace(inputs, source_image=linux))["distributionConfigurationArn"]
    assert reason.startswith(f"fastLaunchConfigurations for {REGION}: fast launch is for Windows AMIs")


def test_preflight_reports_everything_that_does_not_exist(
    run: Any, inputs: DistributeImageInputs, looked_up: Any
) -> None:
    missing = replace(
        inputs,
        source_image="ami-00000000",
        distribution_configuration_arn=f"{BUILDER}:distribution-configuration/none",
        execution_role="none",
    )
    assert looked_up(LIFECYCLE, run, missing) == {
        "distributionConfigurationArn": f"{BUILDER}:distribution-configuration/none does not exist",
        "sourceImage": f"there is no AMI ami-00000000 in {REGION}",
        "executionRole": "role 'none' does not exist in account 123456789012",
    }


def test_preflight_leaves_what_another_resource_creates(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, looked_up: Any
) -> None:
    missing = replace(
        inputs,
        source_image="ami-00000000",
        distribution_configuration_arn=f"{BUILDER}:distribution-configuration/none",
        execution_role="none",
    )
    supplied = ("sourceImage", "distributionConfigurationArn", "executionRole")
    assert looked_up(LIFECYCLE, new_run(supplied=supplied), missing) == {}
    unknown: Any = {"source_image": UNKNOWN, "distribution_configuration_arn": UNKNOWN, "execution_role": UNKNOWN}
    assert looked_up(LIFECYCLE, new_run(supplied=supplied), replace(inputs, **unknown)) == {}


def test_preflight_reports_a_role_that_image_builder_cannot_assume(
    run: Any, inputs: DistributeImageInputs, looked_up: Any, role: str
) -> None:
    found = looked_up(LIFECYCLE, run, replace(inputs, execution_role=role))
    assert found == {
        "executionRole": "the trust policy of role 'vmimport' does not let Image Builder assume it; allow sts:AssumeRole "
        'to "Principal": {"Service": "imagebuilder.amazonaws.com"}'
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, f"there is no parameter /images/web in {REGION}"),
        ("web", "expected a parameter that contains the id of an AMI, /images/web contains 'web'"),
        ("ami-00000000", f"there is no AMI ami-00000000 in {REGION}"),
    ],
)
def test_preflight_reports_a_parameter_without_an_ami(
    run: Any, inputs: DistributeImageInputs, looked_up: Any, aws: AwsSandbox, value: str | None, reason: str
) -> None:
    if value:
        aws.observer("ssm").put_parameter(Name="/images/web", Value=value, Type="String")
    found = looked_up(LIFECYCLE, run, replace(inputs, source_image="ssm:/images/web"))
    assert found == {"sourceImage": reason}


def test_preflight_reports_an_image_that_does_not_exist(
    run: Any, inputs: DistributeImageInputs, looked_up: Any
) -> None:
    image = f"{BUILDER}:image/none/x.x.x"
    found = looked_up(LIFECYCLE, run, replace(inputs, source_image=image))
    assert found == {"sourceImage": f"there is no AVAILABLE Image Builder image {image}"}


def test_a_distributed_image_is_a_source(run: Any, inputs: DistributeImageInputs, looked_up: Any) -> None:
    first = LIFECYCLE.create(run, inputs)
    again = replace(LIFECYCLE.inputs_of(first.state), source_image=first.id)
    assert looked_up(LIFECYCLE, run, again) == {}


def test_preflight_shows_the_statement_that_a_key_lacks_for_another_account(
    run: Any, new_inputs: Any, builder: Any, looked_up: Any, byol_ami: str, other: Account, aws: AwsSandbox
) -> None:
    ec2, key = aws.observer("ec2"), aws.observer("kms").create_key()["KeyMetadata"]["Arn"]
    copied = ec2.copy_image(
        Name="encrypted", SourceImageId=byol_ami, SourceRegion=REGION, Encrypted=True, KmsKeyId=key
    )["ImageId"]
    aws.clock.advance(aws.settings.copy_image_seconds)
    inputs = new_inputs(builder.to(REGION), builder.to(ABROAD, other.account_id), source_image=copied)
    reason = looked_up(LIFECYCLE, run, inputs)["sourceImage"]
    statement = json.loads(reason.partition("add to the key policy: ")[2])
    assert other.account_id in json.dumps(statement["Principal"])


def test_a_denied_look_up_is_a_warning(
    run: Any, inputs: DistributeImageInputs, looked_up: Any, aws: AwsSandbox
) -> None:
    aws.faults.deny("GetDistributionConfiguration")
    assert looked_up(LIFECYCLE, run, inputs) == {}
    assert any("AccessDeniedException" in warning for warning in run.warnings)
