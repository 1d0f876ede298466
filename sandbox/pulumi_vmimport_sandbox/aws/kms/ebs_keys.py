"""The keys that EBS encrypts with: AWS's own key of the account, `aws/ebs`, or one of the customer's."""

from typing import Any

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key

_MANAGED = "alias/aws/ebs"


def default_key(ec2: Any) -> str:
    """The ARN of the key of an account in a Region for whoever names none."""
    return str(ec2.default_kms_key_id or ec2._create_default_encryption_key())  # noqa: SLF001 - as moto's volumes do


def is_managed_by_aws(account_region: AccountRegion, kms_key: str | None) -> bool:
    """Whether a key, None for the one of whoever names none, is AWS's own."""
    managed = find_kms_key(account_region, _MANAGED)
    return kms_key is None or (managed is not None and kms_key == managed.arn)
