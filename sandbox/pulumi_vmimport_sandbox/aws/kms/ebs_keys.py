"""Default keys of EBS: the AWS managed key `aws/ebs` or a customer managed key."""

from typing import Any

from moto.ec2.models.elastic_block_store import EBSBackend
from moto.kms.models import kms_backends

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key

_MANAGED = "alias/aws/ebs"
_create = EBSBackend._create_default_encryption_key  # noqa: SLF001 - as in moto's volumes


def default_key(ec2: Any) -> str:
    """The ARN of the default key of an account in a Region."""
    return str(ec2.default_kms_key_id or create_default_key(ec2))


def create_default_key(ec2: Any) -> str:
    """Create the AWS managed key of an account in a Region, if it does not exist; moto's is a customer managed key."""
    arn = str(_create(ec2))
    kms_backends[ec2.account_id][ec2.region_name].describe_key(arn).key_manager = "AWS"
    return arn


def is_managed_by_aws(account_region: AccountRegion, kms_key: str | None) -> bool:
    """Whether a key is AWS managed. None is the default key."""
    managed = find_kms_key(account_region, _MANAGED)
    return kms_key is None or (managed is not None and kms_key == managed.arn)
