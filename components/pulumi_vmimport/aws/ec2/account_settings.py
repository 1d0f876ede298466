"""What the account allows: the Regions that are enabled, and public AMIs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html,
API_GetImageBlockPublicAccessState.html
"""

from collections.abc import Mapping

from pulumi_vmimport.aws.connection import AwsConnection

NOT_OPTED_IN = "not-opted-in"
_UNBLOCKED = "unblocked"


def region_statuses(aws: AwsConnection) -> Mapping[str, str]:
    """The opt-in status of every Region of the partition. The answer may be some seconds old."""

    def read() -> Mapping[str, str]:
        answer = aws.client("ec2").describe_regions(AllRegions=True)
        return {region["RegionName"]: region.get("OptInStatus", "") for region in answer["Regions"]}

    return aws.reads.get(("regions",), read)


def blocks_public_images(aws: AwsConnection) -> str | None:
    """Who manages EC2's block public access for AMIs in the connection's Region: `account` or `declarative-policy`.

    None if it is off: AMIs can be made public.
    """
    answer = aws.client("ec2").get_image_block_public_access_state()
    if answer["ImageBlockPublicAccessState"] == _UNBLOCKED:
        return None
    return answer.get("ManagedBy", "account")
