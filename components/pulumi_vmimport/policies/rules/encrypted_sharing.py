"""The recipients of an encrypted AMI can use its key."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_vmimport.aws.iam.key_sharing import SHARING_ACTIONS, Grant, KeyAccess, sharing_statements
from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.iam.policy_statements import Effect, statements
from pulumi_vmimport.lifecycle.unknown import is_known, is_set
from pulumi_vmimport.policies.image_uses import Audience, image_uses
from pulumi_vmimport.policies.policy_documents import document
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import GRANT, KEY, KEY_POLICY, StackFacts, StackResource, members

_AWS_MANAGED = "alias/aws/ebs"
# Stands for the ARN of a key that preview cannot know; only its partition and Region are read.
_NEW_KEY = "arn:{partition}:kms:{region}:000000000000:key/new"
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    del settings
    for use in image_uses(stack):
        reasons = [reason for audience in use.audiences for reason in _reasons(stack, audience)]
        if reasons:
            yield Finding(use.resource, f"{use.resource.label} {use.kind} {use.image.label}: {'; '.join(reasons)}")


def _reasons(stack: StackFacts, audience: Audience) -> Iterator[str]:
    key_id, recipients = audience.kms_key_id, audience.recipients
    if not recipients or key_id is None:
        return
    if is_set(key_id) and str(key_id).endswith(_AWS_MANAGED):
        labels = ", ".join(recipient.label for recipient in recipients)
        yield f"{labels} cannot use the AWS managed key {_AWS_MANAGED}; encrypt the AMI with a customer managed key"
        return
    key = stack.supplier_of_value(audience.key_holder, (KEY,), audience.key_property, key_id)
    access = _access(stack, key, audience.region) if key is not None else None
    if key is None or access is None:
        return
    refused = [r for r in recipients if any(e is not Effect.ALLOW for e in access.effects(r).values())]
    if refused:
        labels = ", ".join(recipient.label for recipient in refused)
        statement = ", ".join(json.dumps(s) for s in sharing_statements(refused, access.key_arn.split(":")[1]))
        yield (
            f"{key.label} does not allow {', '.join(SHARING_ACTIONS)} to {labels}; add to its key policy: {statement}"
        )


def _access(stack: StackFacts, key: StackResource, region: Any) -> KeyAccess | None:
    """The policy and the grants of a key; None if the stack does not show them."""
    separate = [policy for policy in stack.of_type(KEY_POLICY) if _may_be_of_key(stack, policy, key)]
    policies = [policy.get("policy") for policy in separate] or [key.get("policy")]
    known = [_grant(grant) for grant in stack.of_type(GRANT) if _may_be_of_key(stack, grant, key)]
    if not is_known(*policies) or len(policies) > 1 or None in known:
        return None
    # Without a policy, KMS creates one that is for the key's own account alone.
    policy = {"Statement": []} if policies[0] is None else document(policies[0])
    arn = key.get("arn")
    if policy is None or not (is_set(arn) or (is_set(region) and _is_about_any_key(policy))):
        return None
    key_arn = str(arn) if is_set(arn) else _new_key(str(region))
    return KeyAccess(key_arn, policy, tuple(grant for grant in known if grant is not None))


def _new_key(region: str) -> str:
    partition = _PARTITIONS.get(region.rsplit("-", 2)[0], "aws")
    return _NEW_KEY.format(partition=partition, region=region)


def _is_about_any_key(policy: Mapping[str, Any]) -> bool:
    """Whether the policy has the same meaning whatever the ARN of its key is."""
    return all(as_list(statement.get("Resource")) == ["*"] for statement in statements(policy))


def _may_be_of_key(stack: StackFacts, resource: StackResource, key: StackResource) -> bool:
    owner = stack.supplier(resource, (KEY,), "keyId")
    return owner is key or (owner is None and not is_set(resource.get("keyId")))


def _grant(resource: StackResource) -> Grant | None:
    """A grant; None if its principal or its operations are not known."""
    grantee, operations = resource.get("granteePrincipal"), resource.get("operations")
    if not is_set(grantee) or not is_set(operations):
        return None
    return Grant(str(grantee), frozenset(map(str, members(operations))))


RULE = Rule(
    id="encrypted-image-key-access",
    title="The recipients of an encrypted AMI can use its KMS key.",
    severity=Severity.HIGH,
    enforcement=Enforcement.ADVISORY,
    remediation="Encrypt the AMI with a customer managed key, and add the recipients to its key policy.",
    doc=(
        "EC2 shares an encrypted AMI with an account that cannot use its key; the launch then fails in that account. "
        "The rule reports an `AmiLaunchPermission` or a `DistributeImage` whose AMI is encrypted with the AWS managed "
        "key alias/aws/ebs, or with an `aws.kms.Key` of the stack whose policy and grants do not give the recipients "
        "kms:DescribeKey, kms:CreateGrant, kms:Decrypt and kms:ReEncrypt*. It reports nothing for a key that the stack "
        "does not create (preview of the resource reads that key's policy) and for an AMI whose key no property names."
    ),
    sources=(
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html",
    ),
    findings=_findings,
)
