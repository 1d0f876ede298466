"""Keys in moto's KMS: a typed view of moto's untyped models."""

from dataclasses import dataclass

from moto.kms.models import kms_backends

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion


@dataclass(frozen=True)
class KmsKey:
    """A key in KMS."""

    arn: str
    policy: str
    is_usable: bool


def find_kms_key(account_region: AccountRegion, name: str) -> KmsKey | None:
    """A key by its id, ARN or alias; None if it does not exist in the Region."""
    try:
        key = kms_backends[account_region.account][account_region.region].describe_key(name)
    except (KeyError, AttributeError):  # moto fails with the latter for an alias that does not exist
        return None
    return KmsKey(key.arn, key.policy, key.key_state == "Enabled")
