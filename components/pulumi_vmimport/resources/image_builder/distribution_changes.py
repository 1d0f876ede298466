"""Warnings about what a distribution configuration does not do.

Image Builder applies a change to later runs only: AMIs that it has distributed stay as and where they are.
Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html
"""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport.lifecycle.contract import Run, is_known, is_set
from pulumi_vmimport.lifecycle.input_changes import has_unknown
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.resources.image_builder.distribution_inputs import Distribution, DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.region_rules import LAUNCH_TEMPLATES_OF_GUIDE
from pulumi_vmimport.resources.rules.account_rules import unusable_regions
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error

_BUILD_PARAMETER = re.compile(r"\{\{[^{}]*\}\}")
_MOST_LISTED = 10


def warn_of_effects(run: Run, inputs: DistributionSettingsInputs) -> None:
    """Warn about settings with less effect than a program may expect, or beyond the limits of the guide."""
    distributions = [of for of in inputs.distributions if is_known(of)] if is_known(inputs.distributions) else []
    for of in distributions:
        templates = of.launch_template_configurations
        if is_set(templates) and len(templates) > LAUNCH_TEMPLATES_OF_GUIDE:
            run.warn(
                f"launchTemplateConfigurations of {of.region} has {len(templates)} items; the Image Builder guide "
                f"allows {LAUNCH_TEMPLATES_OF_GUIDE} for each Region, the API 100"
            )
    if any(map(_has_key, distributions)):
        run.warn(
            "kmsKeyId encrypts the copies in other Regions and accounts, not the source AMI; to encrypt that, set "
            "encrypted and kms_key_id of ImportImage"
        )


def warn_of_change(run: Run, existing: Mapping[str, Any], inputs: DistributionSettingsInputs) -> None:
    """Warn about what a change of the existing configuration leaves as it is."""
    new = write_bag(inputs.distributions)
    if has_unknown(new):
        return
    old = existing.get("distributions", [])
    if _by_region(old) != _by_region(new):
        run.warn("the change applies to later distributions; AMIs that are distributed already do not change")
    targets = {of["region"]: _targets(of) for of in new}
    for of in old:
        region = of["region"]
        if region not in targets:
            run.warn(f"{region} is removed from the configuration and keeps {_images_of(run, of)}")
        elif removed := sorted(_targets(of) - targets[region]):
            run.warn(
                f"{', '.join(removed)} will receive no more AMIs in {region}; those that were distributed stay "
                "until they are deregistered in that account"
            )


def _has_key(of: Distribution) -> bool:
    ami = of.ami_distribution_configuration
    return is_set(ami) and is_set(ami.kms_key_id)


def _by_region(distributions: list[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    return {of["region"]: of for of in distributions}


def _targets(of: Mapping[str, Any]) -> set[str]:
    return set(of.get("amiDistributionConfiguration", {}).get("targetAccountIds", []))


def _images_of(run: Run, of: Mapping[str, Any]) -> str:
    """The AMIs of the account in a Region whose names are those of the configuration."""
    name, region = of.get("amiDistributionConfiguration", {}).get("name"), of["region"]
    found: list[str] = []
    with warn_on_aws_error(run, f"AMIs in {region}"):
        if name and not unusable_regions(run, [region]):
            chosen: Any = [{"Name": "name", "Values": [_BUILD_PARAMETER.sub("*", name)]}]
            answer = run.aws.in_region(region).client("ec2").describe_images(Owners=["self"], Filters=chosen)
            found = sorted(image["ImageId"] for image in answer["Images"])
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    listed = f" {', '.join(found[:_MOST_LISTED])}{more}" if found else ""
    return f"the AMIs{listed} that it has; deregister them if they are not needed"
