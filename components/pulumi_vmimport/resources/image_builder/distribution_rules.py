"""The checks of what DistributeImage distributes, and with which configuration."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.iam.key_sharing import Recipient
from pulumi_vmimport.aws.image_builder import builder_images, distribution_configurations
from pulumi_vmimport.aws.image_builder.distribution_configurations import DistributionConfiguration
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.image_builder.account_checks import RegionSettings, region_checks
from pulumi_vmimport.resources.image_builder.copy_keys import copy_key_problems
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.image_suitability import unsuitable_settings
from pulumi_vmimport.resources.image_builder.request_rules import (
    log_group_problems,
    role_name_problems,
    tag_key_problems,
)
from pulumi_vmimport.resources.image_builder.value_rules import pattern_problems
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.encrypted_sharing import image_sharing_problems
from pulumi_vmimport.resources.rules.sysprep_rules import clone_problem
from pulumi_vmimport.shown_value import shown_value

AMI_ID = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")
_CONFIGURATION = "distributionConfigurationArn"
_PARAMETER = "ssm:"
_PARAMETER_NAME = re.compile(r"ssm:[a-zA-Z0-9_.\-/:]+")  # or an ARN, each also with a version or a label
# Source of the patterns: the service model and the page of DistributeImage.
_IMAGE_ARN = re.compile(
    r"arn:aws[^:]*:imagebuilder:([^:]+):(?:\d{12}|aws(?:-[a-z-]+)?):image/[a-z0-9-_]+/"
    r"(?:(?:\d+|x)\.(?:\d+|x)\.(?:\d+|x)|\d+\.\d+\.\d+/\d+)"
)
_CONFIGURATION_ARN = re.compile(
    r"arn:aws[^:]*:imagebuilder:([^:]+):(?:\d{12}|aws):distribution-configuration/[a-z0-9-_]+"
)
_LONGEST_SOURCE = 1024


def input_problems(inputs: DistributeImageInputs) -> Iterator[Problem]:
    """The problems of the inputs alone, without those of all resources."""
    region = inputs.region if is_known(inputs.region) else None
    if is_known(inputs.source_image) and (reason := _source_problem(inputs.source_image, region)):
        yield Problem("sourceImage", reason)
    if is_known(inputs.distribution_configuration_arn):
        yield from _configuration_problems(inputs.distribution_configuration_arn, region)
    yield from role_name_problems(inputs.execution_role)
    yield from log_group_problems(inputs.log_group_name)
    yield from tag_key_problems(inputs.tags)


def _configuration_problems(arn: str, region: str | None) -> Iterator[Problem]:
    expected = "arn:aws:imagebuilder:REGION:ACCOUNT:distribution-configuration/NAME"
    yield from pattern_problems(_CONFIGURATION, arn, _CONFIGURATION_ARN, expected)
    match = _CONFIGURATION_ARN.fullmatch(arn)
    if match and region and match[1] != region:
        yield Problem(_CONFIGURATION, f"expected an ARN in Region {region}, got {arn}")


def _source_problem(source: str, region: str | None) -> str | None:
    if AMI_ID.fullmatch(source):
        return None
    if _PARAMETER_NAME.fullmatch(source) and len(source) <= _LONGEST_SOURCE:
        return None
    match = _IMAGE_ARN.fullmatch(source)
    if match is None:
        expected = "ami- and 8 or 17 hex digits, ssm: and a parameter, or the ARN of an Image Builder image"
        return f"expected {expected}, got {shown_value(source)}"
    return f"expected an ARN in Region {region}, got {source}" if region and match[1] != region else None


def configuration_of(run: Run, inputs: DistributeImageInputs) -> Iterator[Problem | DistributionConfiguration]:
    """The distribution configuration, or the problem that it does not exist."""
    if not is_known(inputs.distribution_configuration_arn):
        return
    arn = inputs.distribution_configuration_arn
    with warn_on_aws_error(run, f"distribution configuration {arn}"):
        found = distribution_configurations.find(run.aws, arn)
        if found is not None:
            yield found
        elif not run.supplied_by_resource(_CONFIGURATION):
            yield Problem(_CONFIGURATION, f"{arn} does not exist")


def usable_distributions(
    run: Run, configuration: DistributionConfiguration
) -> Generator[Problem, None, list[Mapping[str, Any]]]:
    """The settings of the Regions that the account can use, after the problems of the others and of public AMIs."""
    checked = [RegionSettings(_CONFIGURATION, _CONFIGURATION, of) for of in configuration.distributions]
    unusable = yield from region_checks(run, checked)
    return [of for of in configuration.distributions if of["region"] not in unusable]


def source_problems(
    run: Run,
    inputs: DistributeImageInputs,
    configuration: DistributionConfiguration | None,
    usable: Sequence[Mapping[str, Any]],
) -> Iterator[Problem]:
    """The problems of the source in AWS: an AMI of the Region, which the receiving accounts can decrypt.

    Args:
        run: receives a warning where something cannot be read.
        inputs: the inputs.
        configuration: the distribution configuration, if it exists.
        usable: its settings of the Regions that the account can use.
    """
    source = inputs.source_image
    if not is_known(source):
        return
    with warn_on_aws_error(run, f"source {source}"):
        image_id, problem = ami_of_source(run, source)
        if problem is not None and not run.supplied_by_resource("sourceImage"):
            yield Problem("sourceImage", problem)
        image = images.find(run.aws, image_id) if image_id else None
        if image is not None and (reason := clone_problem(image, "is distributed")):
            run.warn(reason)
        if image_id and image is None and not run.supplied_by_resource("sourceImage"):
            yield Problem("sourceImage", f"there is no AMI {image_id} in {run.aws.region}")
        if image is None or configuration is None:
            return
        for of in configuration.distributions:
            for at, unsuitable in unsuitable_settings(of, image):
                yield Problem(_CONFIGURATION, f"{at} for {of['region']}: {unsuitable}")
        if image.owner_id == run.aws.account_id:
            recipients = [Recipient(account) for account in configuration.other_accounts]
            yield from image_sharing_problems(run, "sourceImage", image, recipients)
            yield from copy_key_problems(run, [(_CONFIGURATION, of) for of in usable], image)


def ami_of_source(run: Run, source: str) -> tuple[str | None, str | None]:
    """The AMI of a source, and its problem if there is one. The AMI of an image is that of Image Builder."""
    if AMI_ID.fullmatch(source):
        return source, None
    if not source.startswith(_PARAMETER):
        image = builder_images.find(run.aws, source)
        if image is None:
            return None, f"there is no AVAILABLE Image Builder image {source}"
        own = image.own_amis.get(run.aws.region or "", [])
        return (own[0], None) if own else (None, f"{image.arn} has no AMI in {run.aws.region}")
    name = source.removeprefix(_PARAMETER)
    try:
        value = str(run.aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error_code(error) != "ParameterNotFound":
            raise
        return None, f"there is no parameter {name} in {run.aws.region}"
    if not AMI_ID.fullmatch(value):
        return None, f"expected a parameter that contains the id of an AMI, {name} contains {shown_value(value)}"
    return value, None
