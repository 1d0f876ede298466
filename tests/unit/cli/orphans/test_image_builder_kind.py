"""Image Builder images and distribution configurations: who owns them, and their removal."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

COPIES, REGION, ABROAD = "DistributeImage::copies", "eu-west-1", "us-west-2"


@pytest.fixture
def builder(aws: AwsSandbox) -> Any:
    """Image Builder with a role."""
    trust = {"Effect": "Allow", "Principal": {"Service": "imagebuilder.amazonaws.com"}, "Action": "sts:AssumeRole"}
    documents = [
        json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        for statement in (trust, {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    ]
    iam = aws.observer("iam")
    iam.create_role(RoleName="distribution", AssumeRolePolicyDocument=documents[0])
    iam.put_role_policy(RoleName="distribution", PolicyName="p", PolicyDocument=documents[1])
    aws.clock.advance(3600)
    return aws.observer("imagebuilder")


@pytest.fixture
def distribute(builder: Any, begin_import: Any, end_imports: Any, own_tags: Any) -> Callable[..., str]:
    """Starts a distribution with the tags of a resource; returns the ARN of the image."""
    ami, _ = end_imports(begin_import(tags=[]))
    to = {"region": REGION, "amiDistributionConfiguration": {"name": "web-{{ imagebuilder:buildDate }}"}}
    both = [to, {**to, "region": ABROAD}]
    arn = builder.create_distribution_configuration(name="web", distributions=both)["distributionConfigurationArn"]

    def start(tags: Any = None) -> str:
        listed = own_tags(COPIES) if tags is None else tags
        answer = builder.distribute_image(
            sourceImage=ami,
            distributionConfigurationArn=arn,
            executionRole="distribution",
            tags={tag["Key"]: tag["Value"] for tag in listed} or {"team": "web"},
        )
        return str(answer["imageBuildVersionArn"])

    return start


def copies(aws: AwsSandbox) -> list[str]:
    return [line for line in aws.remaining_resources() if "(web-" in line or " image/web/" in line]


def test_an_image_is_owned_pending_or_an_orphan_as_the_export_says(
    owners: Any, distribute: Any, export: Any, in_state: Any
) -> None:
    image = distribute()
    distribute(tags=[])
    assert owners(export=export(in_state(image, COPIES))) == {image: "owned"}
    assert owners(export=export(creating=[in_state(resource=COPIES)])) == {image: "pending"}
    assert owners(export=export()) == {image: "orphan"}


def test_an_orphan_is_cancelled_and_then_removed_with_its_amis(
    run: Any, distribute: Any, export: Any, aws: AwsSandbox
) -> None:
    image = distribute()
    aws.clock.advance(aws.settings.distribution_pending_seconds)
    first = run("--remove", "--yes", export=export())
    assert (first.exit_code, "being cancelled" in first.output) == (1, True)
    aws.clock.advance(aws.settings.cancel_image_seconds)
    second = run("--remove", "--yes", export=export())
    assert (second.exit_code, f"Image Builder image {image}" in second.output) == (0, True)
    aws.clock.advance(aws.settings.lifecycle_execution_seconds)
    assert copies(aws) == []


def test_a_configuration_of_a_killed_run_is_listed_and_removed(
    owners: Any, run: Any, aws: AwsSandbox, export: Any
) -> None:
    component, child = "vmimport:index:ImageDistribution", "aws:imagebuilder/distributionConfiguration"
    parent = f"urn:pulumi:dev::shop::{component}::copies"
    urn = f"urn:pulumi:dev::shop::{component}${child}:DistributionConfiguration::copies"
    builder, to = aws.observer("imagebuilder"), {"region": REGION, "amiDistributionConfiguration": {}}
    tags = Identity(parent).owner_tags
    arn = builder.create_distribution_configuration(name="copies", distributions=[to], tags=tags)[
        "distributionConfigurationArn"
    ]
    builder.create_distribution_configuration(name="of-others", distributions=[to])
    created = {"urn": urn, "parent": parent, "custom": True, "inputs": {"name": "copies"}}
    assert owners(export=export({**created, "id": arn})) == {arn: "owned"}
    assert owners(export=export(creating=[created])) == {arn: "pending"}
    assert owners(export=export()) == {arn: "orphan"}
    result = run("--remove", "--yes", export=export())
    assert (result.exit_code, f"deleted: distribution configuration {arn}" in result.output) == (0, True)
    left = builder.list_distribution_configurations()["distributionConfigurationSummaryList"]
    assert [configuration["name"] for configuration in left] == ["of-others"]


def test_an_image_of_an_import_task_is_removed_by_its_id_and_its_ami_is_kept(
    run: Any, builder: Any, begin_import: Any, end_imports: Any, own_tags: Any, export: Any, aws: AwsSandbox
) -> None:
    task_id = begin_import(tags=[])
    ami, _ = end_imports(task_id)
    tags = {tag["Key"]: tag["Value"] for tag in own_tags("ImportVmImage::web")}
    request = {"name": "base", "semanticVersion": "1.0.0", "platform": "Windows", "vmImportTaskId": task_id}
    arn = builder.import_vm_image(**request, tags=tags)["imageArn"]
    result = run("--remove", "--yes", arn, export=export())
    assert (result.exit_code, f"deleted: Image Builder image {arn}" in result.output) == (0, True)
    assert builder.list_image_build_versions()["imageSummaryList"] == []
    assert [image["ImageId"] for image in aws.observer("ec2").describe_images(Owners=["self"])["Images"]] == [ami]
