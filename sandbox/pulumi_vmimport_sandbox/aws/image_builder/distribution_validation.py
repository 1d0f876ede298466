"""Validation of the distributions of a configuration beyond the service model."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import boto3

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import invalid_value

_BUILD_DATE = re.compile(r"\{\{\s*imagebuilder:buildDate\s*\}\}")


def check_distributions(distributions: Sequence[Mapping[str, Any]]) -> None:
    """Validate the distributions of a request.

    Raises:
        ServiceError: A distribution is rejected.
    """
    regions: set[str] = set()
    for number, distribution in enumerate(distributions):
        path, region = f"distributions[{number}]", distribution["region"]
        if region not in known_regions():
            raise invalid_value(f"{path}.region", f"The Region {region} does not exist.")  # assumed
        if region in regions:
            text = f"The Region {region} is specified more than once."  # assumed
            raise invalid_value(f"{path}.region", text)
        regions.add(region)
        if distribution.keys() == {"region"}:  # hashicorp/terraform-provider-aws#17390
            text = "One or more outputs should be provided for each region in a distribution configuration."
            raise invalid_value(path, text)
        _check_name(distribution, path)
        _check_fast_launch(distribution, path)


@cache
def known_regions() -> frozenset[str]:
    """The Regions of EC2 in all partitions."""
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return frozenset(name for p in partitions for name in session.get_available_regions("ec2", partition_name=p))


def _check_name(distribution: Mapping[str, Any], path: str) -> None:
    name = (distribution.get("amiDistributionConfiguration") or {}).get("name")
    if name is not None and not _BUILD_DATE.search(name):  # hashicorp/terraform-provider-aws#36610
        text = "The EC2 AMI name must contain '{{ imagebuilder:buildDate }}' to ensure that the name will be unique."
        raise invalid_value(f"{path}.amiDistributionConfiguration.name", text)


def _check_fast_launch(distribution: Mapping[str, Any], path: str) -> None:
    for number, fast_launch in enumerate(distribution.get("fastLaunchConfigurations") or []):
        template = fast_launch.get("launchTemplate")
        if template is not None and ("launchTemplateId" in template) == ("launchTemplateName" in template):
            where = f"{path}.fastLaunchConfigurations[{number}].launchTemplate"
            text = f"{where} must have either launchTemplateId or launchTemplateName."  # assumed
            raise ServiceError("InvalidParameterCombinationException", text)
