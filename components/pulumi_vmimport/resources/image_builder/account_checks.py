"""Whether the account can use the Regions of a distribution configuration, and make AMIs public there."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.image_builder.image_suitability import is_public
from pulumi_vmimport.resources.rules.account_rules import public_image_problem, unusable_regions


class RegionSettings(NamedTuple):
    """The settings of a Region, in the words of the API, and the paths of its problems."""

    region_path: str
    groups_path: str
    settings: Mapping[str, Any]

    @property
    def region(self) -> str | None:
        """The Region, as far as it is known."""
        found = self.settings.get("region")
        return str(found) if is_set(found) else None


def region_checks(run: Run, distributions: Sequence[RegionSettings]) -> Generator[Problem, None, set[str]]:
    """The problems of the Regions and of public AMIs in them; returns the Regions that no other check may call."""
    unusable = unusable_regions(run, [of.region for of in distributions if of.region is not None])
    for of in distributions:
        if reason := unusable.get(of.region or ""):
            yield Problem(of.region_path, reason)
        elif of.region is not None and is_public(of.settings) and _includes_own_account(run, of.settings):
            yield from _public_problems(run, of.groups_path, of.region)
    return set(unusable)


def _public_problems(run: Run, path: str, region: str) -> Iterator[Problem]:
    if reason := public_image_problem(run, region):
        yield Problem(path, reason)


def _includes_own_account(run: Run, settings: Mapping[str, Any]) -> bool:
    """Whether the account itself may have the AMI: the setting of another account cannot be read."""
    ami = settings.get("amiDistributionConfiguration")
    targets = ami.get("targetAccountIds") if is_set(ami) else None
    return not is_set(targets) or not is_known(*targets) or run.aws.account_id in targets
