"""Default keys of EBS: the AWS managed key `aws/ebs` or a customer managed key."""

from typing import Any

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key

_MANAGED = "alias/aws/ebs"


def default_key(ec2: Any) -> str:
    """The ARN of the default key of an account in a Region."""
    return str(ec2.default_kms_key_id or ec2._create_default_encryption_key())  # noqa: SLF001 - as in moto's volumes


def is_managed_by_aws(account_region: AccountRegion, kms_key: str | None) -> bool:
    """Whether a key is AWS managed. None is the default key."""
    managed = find_kms_key(account_region, _MANAGED)
    return kms_key is None or (managed is not None and kms_key == managed.arn)
