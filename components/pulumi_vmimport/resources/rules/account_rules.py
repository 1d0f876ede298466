"""Whether the account can use the Regions that inputs name, and make AMIs public there.

Source: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html
"""

from collections.abc import Iterable

from pulumi_vmimport.aws.ec2 import account_settings
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value


def unusable_regions(run: Run, regions: Iterable[str]) -> dict[str, str]:
    """The Regions that the account cannot use, with the reasons.

    AWS rejects the credentials there as invalid, so a check must not call these Regions. The Region of the run is not
    looked up: its calls succeed.
    """
    others = dict.fromkeys(region for region in regions if region != run.aws.region)
    found: dict[str, str] = {}
    if others:
        with warn_on_aws_error(run, f"whether {', '.join(others)} is enabled"):
            statuses = account_settings.region_statuses(run.aws)
            account = run.aws.account_id
            for region in others:
                if region not in statuses:
                    found[region] = f"expected a Region of AWS partition {run.aws.partition}, got {shown_value(region)}"
                elif statuses[region] == account_settings.NOT_OPTED_IN:
                    found[region] = (
                        f"Region {region} is not enabled in account {account}; enable it with `aws account "
                        f"enable-region --region-name {region}`, or remove it"
                    )
    return found


def public_image_problem(run: Run, region: str) -> str | None:
    """Why EC2 does not make an AMI of the account public in a Region; None if it does, or if that cannot be read."""
    aws = run.aws.in_region(region)
    with warn_on_aws_error(run, f"block public access for AMIs in {region}"):
        manager = account_settings.blocks_public_images(aws)
        if manager is not None:
            remedy = (
                f"turn it off with `aws ec2 disable-image-block-public-access --region {region}`"
                if manager == "account"
                else f"ask the administrator of the {manager} that turns it on"
            )
            return f"block public access for AMIs is on in {region}, so EC2 does not make the AMI public; {remedy}"
    return None
