"""The rules for a whole distribution configuration.

botocore checks no patterns and no upper limits; Image Builder reports one problem at a time.
Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateDistributionConfiguration.html
"""

import re
from collections.abc import Iterator

from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import Problem, is_known, is_set
from pulumi_vmimport.resources.image_builder.ami_rules import ami_problems
from pulumi_vmimport.resources.image_builder.distribution_inputs import Distribution, DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.region_rules import region_problems
from pulumi_vmimport.resources.image_builder.value_rules import ACCOUNT, ACCOUNT_ID, length_problems, pattern_problems
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.shown_value import shown_value

_NAME = re.compile(r"[-_A-Za-z0-9][-_A-Za-z0-9 ]{1,126}[-_A-Za-z0-9]")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_TEXT_LENGTH = 1024


def configuration_problems(inputs: DistributionSettingsInputs) -> Iterator[Problem]:
    """Every problem that the inputs alone show."""
    yield from aws_input_problems(inputs)
    if is_known(inputs.name):
        expected = "3 to 128 letters, digits, blanks and -_, without a blank at either end"
        yield from pattern_problems("name", inputs.name, _NAME, expected)
    yield from length_problems("description", inputs.description, _TEXT_LENGTH, "characters")
    if is_set(inputs.tags):
        yield from tag_problems(inputs.tags)
    yield from pattern_problems("accountId", inputs.account_id, ACCOUNT_ID, ACCOUNT)
    if is_known(inputs.distributions):
        yield from _distribution_problems(inputs)


def _distribution_problems(inputs: DistributionSettingsInputs) -> Iterator[Problem]:
    distributions = inputs.distributions
    first: dict[str, int] = {}
    for number, of in enumerate(distributions):
        if not is_known(of):
            continue
        path = f"distributions[{number}]"
        if is_known(of.region):
            yield from pattern_problems(f"{path}.region", of.region, _REGION, "a Region, such as eu-west-1")
            if first.setdefault(of.region, number) != number:
                reason = (
                    f"expected each Region once, got {shown_value(of.region)} as in distributions[{first[of.region]}]"
                )
                yield Problem(f"{path}.region", f"{reason}; merge the two")
        if _is_empty(of):
            yield Problem(
                path,
                "has no settings, and Image Builder requires one for each Region; set the name in "
                "ami_distribution_configuration",
            )
        ami = of.ami_distribution_configuration
        if is_set(ami):
            yield from ami_problems(f"{path}.amiDistributionConfiguration", ami, of.region, inputs)
        yield from region_problems(path, of, inputs)
    yield from _source_region_problems(inputs, first)


def _source_region_problems(inputs: DistributionSettingsInputs, regions: dict[str, int]) -> Iterator[Problem]:
    """Image Builder always distributes in the Region of the configuration, the source of the copies."""
    distributions = inputs.distributions
    if not distributions:
        yield Problem("distributions", "expected at least one Region, got none")
        return
    is_complete = is_known(*distributions, *(of.region for of in distributions if is_known(of)))
    if is_complete and is_set(inputs.region) and inputs.region not in regions:
        yield Problem(
            "distributions",
            f"expected settings for {shown_value(inputs.region)}, the Region of the configuration and source of the "
            f"copies, got {shown_value(list(regions))}; add them",
        )


def _is_empty(of: Distribution) -> bool:
    return all(value is None for name, value in vars(of).items() if name != "region")
