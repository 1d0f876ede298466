"""An AMI, roles in two accounts, and a distribution configuration."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

HERE, THERE = "eu-west-1", "us-west-2"
ROLE, OTHER_ROLE, DELETING_ROLE = (
    "distribution",
    "EC2ImageBuilderDistributionCrossAccountRole",
    "Ec2ImageBuilderCrossAccountLifecycleAccess",
)
BUILDER = {"Effect": "Allow", "Principal": {"Service": "imagebuilder.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALL = {
    "Effect": "Allow",
    "Action": [
        *("ec2:CopyImage", "ec2:CreateTags", "ec2:ModifyImageAttribute", "ec2:DeregisterImage", "ec2:DeleteSnapshot"),
        *("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "ssm:PutParameter", "sts:AssumeRole"),
        *("ec2:EnableFastLaunch", "ec2:EnableImage", "ec2:DisableImage", "ec2:DisableImageDeprecation"),
    ],
    "Resource": "*",
}


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(iam: Any, name: str, trust: dict[str, Any], permissions: dict[str, Any]) -> None:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(permissions))


class Distribution:
    """Distributions of an AMI, with the calls that most tests start from."""

    def __init__(self, account: "Account", samples: "type[Samples]") -> None:
        self.account, self.aws = account, account.aws
        self.builder = self.aws.client("imagebuilder")
        self.other = self.aws.second_account()
        make_role(account.iam, ROLE, BUILDER, ALL)
        self.aws.clock.advance(self.aws.settings.iam_propagation_seconds)
        account.put("desktop.ova", samples.ova())
        self.ami = str(account.imported("desktop.ova", LicenseType="BYOL")["ImageId"])
        self._made = 0

    def trust_own_account(self) -> None:
        """Create the roles of the other account."""
        iam = self.other.client("iam")
        own = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
        make_role(iam, OTHER_ROLE, own, ALL)
        make_role(iam, DELETING_ROLE, BUILDER, ALL)

    def configure(self, *distributions: dict[str, Any]) -> str:
        self._made += 1
        created = self.builder.create_distribution_configuration(
            name=f"web{self._made}", distributions=list(distributions)
        )
        return str(created["distributionConfigurationArn"])

    def request(self, *distributions: dict[str, Any], **change: Any) -> dict[str, Any]:
        configuration = self.configure(*(distributions or (self.to(HERE), self.to(THERE))))
        return {
            "sourceImage": self.ami,
            "distributionConfigurationArn": configuration,
            "executionRole": ROLE,
            **change,
        }

    def start(self, *distributions: dict[str, Any], **change: Any) -> str:
        answer = self.builder.distribute_image(**self.request(*distributions, **change))
        return str(answer["imageBuildVersionArn"])

    def ended(self, *distributions: dict[str, Any], **change: Any) -> dict[str, Any]:
        """Distribute to the end and return the image."""
        arn = self.start(*distributions, **change)
        self.finish()
        return self.image(arn)

    def finish(self) -> None:
        settings = self.aws.settings
        self.aws.clock.advance(settings.distribution_pending_seconds + settings.copy_image_seconds)

    def image(self, arn: str) -> dict[str, Any]:
        return dict(self.builder.get_image(imageBuildVersionArn=arn)["image"])

    @staticmethod
    def to(region: str, *accounts: str, settings: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        targets = {"targetAccountIds": list(accounts)} if accounts else {}
        ami = {"name": "web-{{ imagebuilder:buildDate }}", **targets, **(settings or {})}
        return {"region": region, "amiDistributionConfiguration": ami, **more}

    def found(self, ami: dict[str, Any]) -> dict[str, Any]:
        """The AMI as EC2 describes it to its owner."""
        owner = self.aws if ami["accountId"] == self.aws.account_id else self.other
        ec2 = owner.client("ec2", ami["region"])
        return dict(ec2.describe_images(ImageIds=[ami["image"]])["Images"][0])

    def refused(self, call: Any, **parameters: Any) -> tuple[str, str]:
        return self.account.refused(call, **parameters)


@pytest.fixture
def distribution(ready: "Account", samples: "type[Samples]") -> Distribution:
    return Distribution(ready, samples)
