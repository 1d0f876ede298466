"""Tags of EC2 resources: tasks, AMIs, snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html, API_DeleteTags.html.
"""

from collections.abc import Iterable, Mapping

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.tag_lists import tag_list

NOT_FOUND = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidID", "InvalidSnapshot.NotFound"})
"""The codes of CreateTags for an AMI or snapshot that does not exist, or that EC2 does not show yet.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""


def tag(aws: AwsConnection, resources: Iterable[str], tags: Mapping[str, str]) -> None:
    """Add tags to resources."""
    if ids := list(resources):
        aws.client("ec2").create_tags(Resources=ids, Tags=tag_list(tags))


def tag_existing(aws: AwsConnection, resources: Iterable[str], tags: Mapping[str, str]) -> bool:
    """Add tags to resources; False if EC2 does not know one of them."""
    try:
        tag(aws, resources, tags)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return False
        raise
    return True


def untag(aws: AwsConnection, resources: Iterable[str], keys: Iterable[str]) -> None:
    """Remove tags from resources."""
    ids, names = list(resources), sorted(keys)
    if ids and names:
        aws.client("ec2").delete_tags(Resources=ids, Tags=[{"Key": key} for key in names])
