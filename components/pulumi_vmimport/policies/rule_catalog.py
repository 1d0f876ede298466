"""The rules of the policy pack, in the order of docs/policies.md."""

from typing import Final

from pulumi_vmimport.policies.rule import Rule
from pulumi_vmimport.policies.rules import (
    bucket_region,
    clone_without_sysprep,
    encrypted_sharing,
    image_retention,
    import_bucket_protection,
    public_byol_image,
    s3_resources,
    service_role_trust,
)

RULES: Final[tuple[Rule, ...]] = (
    public_byol_image.RULE,
    clone_without_sysprep.RULE,
    bucket_region.RULE,
    import_bucket_protection.RULE,
    service_role_trust.RULE,
    s3_resources.RULE,
    encrypted_sharing.RULE,
    image_retention.RULE,
)
