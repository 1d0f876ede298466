"""EBS encryption by default and its key, settings of the account in each Region.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html,
API_GetEbsDefaultKmsKeyId.html.
"""

from pulumi_vmimport.aws.connection import AwsConnection

_MANAGED_BY_AWS = "alias/aws/ebs"


def is_default(aws: AwsConnection, *, fresh: bool = True) -> bool:
    """Whether EBS encrypts every new volume and snapshot. Without `fresh` the answer may be some seconds old."""
    return aws.reads.get("EBS encryption by default", lambda: _is_default(aws), fresh=fresh)


def customer_managed_default_key(aws: AwsConnection, *, fresh: bool = True) -> str | None:
    """The key with which EBS encrypts by default; None if it is the AWS managed key, which needs no permissions.

    Without `fresh` the answer may be some seconds old.
    """
    key = aws.reads.get("default KMS key for EBS", lambda: _default_key(aws), fresh=fresh)
    return None if key.endswith(_MANAGED_BY_AWS) else key


def _default_key(aws: AwsConnection) -> str:
    return aws.client("ec2").get_ebs_default_kms_key_id()["KmsKeyId"]


def _is_default(aws: AwsConnection) -> bool:
    return aws.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
