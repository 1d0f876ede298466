"""The disk images of a stack are private and encrypted."""

from collections.abc import Iterator

from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.iam.policy_statements import statements
from pulumi_vmimport.lifecycle.unknown import is_known, is_set
from pulumi_vmimport.policies.imports import import_buckets
from pulumi_vmimport.policies.policy_documents import document, principals
from pulumi_vmimport.policies.rule import Enforcement, Finding, Rule, Settings, Severity
from pulumi_vmimport.policies.stack_facts import (
    BUCKET,
    BUCKET_ACL,
    BUCKET_ENCRYPTION,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS_BLOCK,
    StackFacts,
    StackResource,
    members,
    value_at,
)

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PUBLIC_ACLS = frozenset({"authenticated-read", "public-read", "public-read-write"})
_KMS_ALGORITHMS = frozenset({"aws:kms", "aws:kms:dsse"})


def _findings(stack: StackFacts, settings: Settings) -> Iterator[Finding]:
    for bucket in import_buckets(stack):
        reasons = [*_public(stack, bucket)]
        if settings.get("encryption") == "aws:kms":
            reasons += _without_kms(stack, bucket)
        if reasons:
            yield Finding(
                bucket, f"{bucket.label} holds the disk images of an import, and {'; '.join(reasons)}; use ImportBucket"
            )


def _public(stack: StackFacts, bucket: StackResource) -> Iterator[str]:
    for holder in [bucket, *_of_bucket(stack, bucket, BUCKET_ACL)]:
        if (acl := holder.get("acl")) in _PUBLIC_ACLS:
            yield f"{holder.label} has the ACL {acl}"
    for block in _of_bucket(stack, bucket, BUCKET_PUBLIC_ACCESS_BLOCK):
        # An absent flag is false.
        if off := [name for name in _BLOCKS if is_known(value := block.get(name)) and value is not True]:
            yield f"{block.label} does not set {', '.join(off)} to true"
    for policy in _of_bucket(stack, bucket, BUCKET_POLICY):
        for statement in statements(document(policy.get("policy")) or {}):
            if (
                statement["Effect"] == "Allow"
                and not statement.get("Condition")
                and "*" in principals(statement, "AWS")
            ):
                yield f"{policy.label} allows {', '.join(map(str, as_list(statement.get('Action'))))} to everyone"


def _without_kms(stack: StackFacts, bucket: StackResource) -> Iterator[str]:
    configurations = _of_bucket(stack, bucket, BUCKET_ENCRYPTION)
    for configuration in configurations:
        rules = configuration.get("rules")
        algorithms = [value_at(r, "applyServerSideEncryptionByDefault", "sseAlgorithm") for r in members(rules)]
        if is_known(rules, *algorithms) and not _KMS_ALGORITHMS & {a for a in algorithms if is_set(a)}:
            yield f"{configuration.label} does not encrypt with AWS KMS"
    if not configurations:
        yield "its default encryption is SSE-S3, not AWS KMS"


def _of_bucket(stack: StackFacts, bucket: StackResource, type: str) -> list[StackResource]:
    """The resources of a type that configure a bucket."""
    return [found for found in stack.of_type(type) if stack.supplier(found, (BUCKET,), "bucket") is bucket]


RULE = Rule(
    id="import-bucket-protection",
    title="The bucket of disk images is private and encrypted.",
    severity=Severity.CRITICAL,
    enforcement=Enforcement.MANDATORY,
    remediation="Use `ImportBucket`, or remove the public ACL, policy statement or access block setting.",
    doc=(
        "A disk image contains everything that the machine contains, such as password hashes and keys. The rule reads "
        "the buckets that the stack creates and from which it imports, or to which it uploads. It reports a public "
        "ACL, a statement for everyone without a condition in the bucket policy, and a `BucketPublicAccessBlock` that "
        "does not block everything. A bucket without these resources is private and encrypted: S3 blocks public access "
        "to new buckets since April 2023 and encrypts every new object since January 2023. With the setting "
        "`encryption` aws:kms, the rule also reports a bucket whose default encryption is not AWS KMS."
    ),
    sources=(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html",
    ),
    findings=_findings,
    settings={
        "encryption": {
            "type": "string",
            "enum": ["any", "aws:kms"],
            "default": "any",
            "description": "The default encryption that a bucket must have: any, or aws:kms for a KMS key.",
        }
    },
)
