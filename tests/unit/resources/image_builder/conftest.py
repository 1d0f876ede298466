"""A distribution to two Regions, with the roles of two accounts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.import_disk_image import (
    DiskImageOsVersion,
    DiskImagePlatform,
    ImportDiskImageInputs,
)
from pulumi_vmimport_sandbox.aws.server.accounts import Account
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ABROAD, ROLE, ISO = "eu-west-1", "us-west-2", "distribution", "isos/windows-11.ISO"
BUILDER = {"Effect": "Allow", "Principal": {"Service": "imagebuilder.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOWED = {"Effect": "Allow", "Action": ["ec2:*", "ssm:PutParameter", "sts:AssumeRole"], "Resource": "*"}


def make_role(iam: Any, name: str, trust: Mapping[str, Any]) -> None:
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [part]}) for part in (trust, ALLOWED)]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=documents[0])
    iam.put_role_policy(RoleName=name, PolicyName="distribution", PolicyDocument=documents[1])


@dataclass(frozen=True)
class Builder:
    """Image Builder outside of any run, for setup and assertions."""

    aws: AwsSandbox
    calls: Any

    def configure(self, *distributions: Mapping[str, Any], name: str = "web") -> str:
        created = self.calls.create_distribution_configuration(name=name, distributions=list(distributions))
        return str(created["distributionConfigurationArn"])

    def reconfigure(self, arn: str, *distributions: Mapping[str, Any]) -> None:
        self.calls.update_distribution_configuration(
            distributionConfigurationArn=arn, distributions=list(distributions)
        )

    def images(self) -> list[dict[str, Any]]:
        return list(self.calls.list_image_build_versions()["imageSummaryList"])

    def image(self, arn: str) -> dict[str, Any]:
        return dict(self.calls.get_image(imageBuildVersionArn=arn)["image"])

    def amis(self) -> list[str]:
        """The distributed AMIs of all accounts."""
        return [line for line in self.aws.remaining_resources() if " image ami-" in line and "(web-" in line]

    @staticmethod
    def to(region: str, *accounts: str, **settings: Any) -> dict[str, Any]:
        targets = {"targetAccountIds": list(accounts)} if accounts else {}
        ami = {"name": "web-{{ imagebuilder:buildDate }}", **targets}
        return {"region": region, "amiDistributionConfiguration": ami, **settings}


@pytest.fixture
def builder(aws: AwsSandbox) -> Builder:
    make_role(aws.observer("iam"), ROLE, BUILDER)
    aws.clock.advance(3600)
    return Builder(aws, aws.observer("imagebuilder"))


@pytest.fixture
def other(aws: AwsSandbox) -> Account:
    """An account with the roles that Image Builder requires."""
    account = aws.second_account()
    own = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
    iam = account.observer("iam")
    make_role(iam, "EC2ImageBuilderDistributionCrossAccountRole", own)
    make_role(iam, "Ec2ImageBuilderCrossAccountLifecycleAccess", BUILDER)
    return account


@pytest.fixture
def new_inputs(builder: Builder, byol_ami: str) -> Callable[..., DistributeImageInputs]:
    """Makes inputs for a configuration; by default of two Regions."""

    def make(*distributions: Mapping[str, Any], **change: Any) -> DistributeImageInputs:
        configuration = builder.configure(*(distributions or (builder.to(REGION), builder.to(ABROAD))))
        given = {
            "region": REGION,
            "source_image": byol_ami,
            "distribution_configuration_arn": configuration,
            "execution_role": ROLE,
            "tags": {"team": "blue"},
        }
        return DistributeImageInputs(**given | change)

    return make


@pytest.fixture
def inputs(new_inputs: Callable[..., DistributeImageInputs]) -> DistributeImageInputs:
    return new_inputs()


@pytest.fixture
def iso_inputs(aws: AwsSandbox, builder: Builder, bucket: str) -> ImportDiskImageInputs:
    """The import of an ISO file in S3 that nothing is wrong with."""
    aws.observer("s3").put_object(Bucket=bucket, Key=ISO, Body=b"CD001")
    created = builder.calls.create_infrastructure_configuration(name="builder", instanceProfileName="builder")
    return ImportDiskImageInputs(
        region=REGION,
        name="windows-11",
        semantic_version="1.0.0",
        platform=DiskImagePlatform.WINDOWS,
        os_version=DiskImageOsVersion.WINDOWS_11,
        uri=f"s3://{bucket}/{ISO}",
        infrastructure_configuration_arn=created["infrastructureConfigurationArn"],
        execution_role=ROLE,
    )
