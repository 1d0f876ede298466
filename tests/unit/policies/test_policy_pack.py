"""The rules as policies of pulumi-policy, without an engine."""

from typing import Any

import pytest
from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from pulumi_vmimport.policies import policy_pack, stack_facts
from pulumi_vmimport.policies.rule_catalog import RULES

POLICIES = {policy.name: policy for policy in policy_pack.policies()}


def resource(
    type: str, name: str, props: dict[str, Any], *, protect: bool = False, region: str | None = None, **sources: Any
) -> PolicyResource:
    """A resource as pulumi-policy passes it to a policy."""
    options = PolicyResourceOptions(protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    provider = region and PolicyProviderResource("pulumi:providers:aws", unknown_checking_proxy({"region": region}), "", "")  # fmt: skip
    return PolicyResource(
        type, unknown_checking_proxy(props), f"urn:{name}", name, options, provider or None, None, [],
        {property: [source] for property, source in sources.items()},
    )  # fmt: skip


def reported(policy: str, *resources: PolicyResource, **config: Any) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []

    def report(message: str, urn: str | None = None) -> None:
        found.append((message, urn))

    POLICIES[policy].validate(StackValidationArgs(list(resources), config), report)
    return found


def web(**props: Any) -> PolicyResource:
    return resource(stack_facts.IMPORT_IMAGE, "web", {"licenseType": "BYOL", "retainOnDelete": True, **props})


def everyone(image: PolicyResource, image_id: str = UNKNOWN_STRING_VALUE) -> PolicyResource:
    props = {"imageId": image_id, "group": "all"}
    return resource(stack_facts.AMI_LAUNCH_PERMISSION, "shared", props, imageId=image)


def test_a_finding_is_reported_for_its_resource_although_values_are_unknown() -> None:
    image = web(tags={"a": UNKNOWN_STRING_VALUE}, diskContainers=[UNKNOWN_STRING_VALUE])
    ((message, urn),) = reported("public-byol-image", image, everyone(image))
    assert urn == "urn:shared"
    assert message.startswith("AmiLaunchPermission shared shares ImportImage web, imported with license_type BYOL")


@pytest.mark.parametrize("license_type", [UNKNOWN_STRING_VALUE, None, "AWS"])
def test_an_unknown_value_is_neither_a_finding_nor_an_error(license_type: str | None) -> None:
    image = web(licenseType=license_type)
    assert reported("public-byol-image", image, everyone(image)) == []


def test_an_unknown_value_is_not_taken_for_an_absent_one() -> None:
    image = web(retainOnDelete=UNKNOWN_STRING_VALUE)
    assert reported("shared-image-retention", image, everyone(image)) == []
    image = web(retainOnDelete=None)
    assert len(reported("shared-image-retention", image, everyone(image))) == 1


def test_a_protected_resource_and_the_region_of_a_provider_are_read() -> None:
    image = resource(stack_facts.IMPORT_IMAGE, "web", {}, protect=True)
    shared = {"imageId": UNKNOWN_STRING_VALUE, "accountId": "210987654321"}
    permission = resource(stack_facts.AMI_LAUNCH_PERMISSION, "shared", shared, imageId=image)
    assert reported("shared-image-retention", image, permission) == []
    disk = {"userBucket": {"s3Bucket": "images", "s3Key": "a"}}
    snapshot = resource(stack_facts.IMPORT_SNAPSHOT, "data", {"region": "eu-west-1", "diskContainer": disk})
    bucket = resource(stack_facts.BUCKET, "images", {"bucket": "images"}, region="us-west-2")
    assert [urn for _, urn in reported("bucket-in-another-region", bucket, snapshot)] == ["urn:data"]


def test_a_setting_comes_from_the_configuration_of_the_pack() -> None:
    image = web(diskContainers=[{"userBucket": {"s3Bucket": "images", "s3Key": "a"}}])
    bucket = resource(stack_facts.BUCKET, "images", {"bucket": "images"})
    assert reported("import-bucket-protection", image, bucket) == []
    assert len(reported("import-bucket-protection", image, bucket, encryption="aws:kms")) == 1


def test_every_policy_has_the_texts_and_the_level_of_its_rule() -> None:
    assert list(POLICIES) == [rule.id for rule in RULES]
    for rule in RULES:
        policy = POLICIES[rule.id]
        assert (policy.description, policy.remediation_steps) == (rule.title, rule.remediation)
        assert policy.severity is not None
        assert policy.severity.value == rule.severity
        assert str(policy.url).endswith(f"docs/policies.md#{rule.id}")
    mandatory = {name for name, policy in POLICIES.items() if policy.enforcement_level is EnforcementLevel.MANDATORY}
    assert mandatory == {"public-byol-image", "import-bucket-protection"}
