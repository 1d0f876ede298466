import pytest

from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchTemplate
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunchInputs
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION = "eu-west-1"


@pytest.fixture
def inputs(byol_ami: str) -> FastLaunchInputs:
    """Fast launch of a Windows AMI with EC2's own settings."""
    return FastLaunchInputs(region=REGION, image_id=byol_ami)


@pytest.fixture
def template(aws: AwsSandbox) -> FastLaunchTemplate:
    """A launch template with one version."""
    made = aws.observer("ec2").create_launch_template(
        LaunchTemplateName="desks", LaunchTemplateData={"InstanceType": "t3.large"}
    )
    return FastLaunchTemplate(launch_template_id=made["LaunchTemplate"]["LaunchTemplateId"], version="1")
