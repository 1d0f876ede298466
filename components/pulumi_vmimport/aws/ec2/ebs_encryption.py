"""EBS encryption by default, a setting of the account in each Region.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html
"""

from pulumi_vmimport.aws.connection import AwsConnection


def is_default(aws: AwsConnection, *, fresh: bool = True) -> bool:
    """Whether EBS encrypts every new volume and snapshot. Without `fresh` the answer may be some seconds old."""
    return aws.reads.get("EBS encryption by default", lambda: _is_default(aws), fresh=fresh)


def _is_default(aws: AwsConnection) -> bool:
    return aws.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
