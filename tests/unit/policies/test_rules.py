"""Each rule: stacks on which it reports a resource, alone, and stacks on which no rule reports anything."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.policies.sample_stacks import (
    KEY_ARN,
    OTHER_ACCOUNT,
    access_block,
    bucket,
    configuration,
    copy,
    distribution,
    healthy,
    image,
    key,
    key_policy,
    of_bucket,
    permission,
    policy_text,
    resource,
    role,
    role_policy,
    stack,
    trust,
    workspace_image,
)

from pulumi_vmimport.lifecycle.unknown import UNKNOWN
from pulumi_vmimport.policies import stack_facts
from pulumi_vmimport.policies.rule import Finding
from pulumi_vmimport.policies.rule_catalog import RULES
from pulumi_vmimport.policies.stack_facts import StackFacts, StackResource

BYOL, SERVER = image(licenseType="BYOL"), image(sysprep="none", platform="Windows")
IN_LOWER_CASE = image(licenseType="byol", sysprep="none", platform="linux")
HERE, THERE = bucket(), bucket(region="us-west-2")
EVERYONE = {"Principal": "*"}
OTHERS = {"launchPermission": {"userIds": [OTHER_ACCOUNT]}}
VMIE = {"Service": "vmie.amazonaws.com"}
SHARING = ("kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:ReEncrypt*")


def findings(facts: StackFacts, **settings: Any) -> Iterator[tuple[str, Finding]]:
    for rule in RULES:
        for finding in rule.findings(facts, settings):
            yield rule.id, finding


def reported(facts: StackFacts, **settings: Any) -> list[tuple[str, str]]:
    return [(id, finding.resource.name) for id, finding in findings(facts, **settings)]


def encrypted(key_id: Any, *keys: StackResource, **properties: Any) -> StackResource:
    own = {**image(encrypted=True, **properties).properties, "kmsKeyId": key_id}
    return resource(stack_facts.IMPORT_IMAGE, "web", own, kmsKeyId=list(keys))


def shared_with(key_resource: StackResource, *more: StackResource, key_id: Any = UNKNOWN) -> StackFacts:
    """An AMI that a key encrypts, shared with another account."""
    web = encrypted(key_id, key_resource)
    return stack(key_resource, web, permission(web), *more)


def grant(of: StackResource, operations: Any, grantee: Any = f"arn:aws:iam::{OTHER_ACCOUNT}:root") -> StackResource:
    own = {"keyId": UNKNOWN, "granteePrincipal": grantee, "operations": operations}
    return resource(stack_facts.GRANT, "granted", own, keyId=of)


def uploaded_to(owner: StackResource) -> StackResource:
    return resource(stack_facts.DISK_IMAGE_UPLOAD, "upload", {"bucket": owner.get("bucket")})


def attached(policy: str, to: StackResource) -> StackFacts:
    managed = resource(stack_facts.POLICY, "s3", {"arn": UNKNOWN, "policy": policy})
    own = {"role": to.get("name"), "policyArn": UNKNOWN}
    return stack(to, managed, resource(stack_facts.ROLE_POLICY_ATTACHMENT, "attached", own, policyArn=managed))


def copied_abroad(source: StackResource) -> StackFacts:
    abroad = copy(source)
    return stack(source, abroad, permission(abroad, group="all"))


def distributed(source: StackResource, **ami: Any) -> StackFacts:
    everywhere = configuration(**ami)
    return stack(source, everywhere, distribution(source, everywhere))


def for_workspaces(source: StackResource) -> StackFacts:
    abroad = copy(source)
    return stack(source, abroad, workspace_image(abroad))


def new_image(**properties: Any) -> StackResource:
    """An import that does not say whether its AMI is kept."""
    return image(retainOnDelete=None, **properties)


ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-123example"
NEW_KEY = key()
UNDECIDED = new_image()
SHARED_FROM_ABROAD = copy(UNDECIDED)
EVERYWHERE = configuration(**OTHERS)

FAILING = {
    "byol-image-is-public": ("public-byol-image", "shared", stack(BYOL, permission(BYOL, group="all"))),
    "byol-image-in-lower-case-is-public": (
        "public-byol-image", "shared", stack(IN_LOWER_CASE, permission(IN_LOWER_CASE, group="all")),
    ),
    "copy-of-a-byol-image-is-public": ("public-byol-image", "shared", copied_abroad(BYOL)),
    "byol-image-is-distributed-to-everyone": (
        "public-byol-image", "distributed", distributed(BYOL, launchPermission={"userGroups": ["all"]}),
    ),
    "shared-by-the-id-of-its-ami": (
        "public-byol-image",
        "shared",
        stack(
            image(licenseType="BYOL", imageId="ami-1"),
            resource(stack_facts.AMI_LAUNCH_PERMISSION, "shared", {"imageId": "ami-1", "group": "all"}),
        ),
    ),
    "clone-is-shared": ("clone-without-sysprep", "shared", stack(SERVER, permission(SERVER))),
    "clone-is-copied": ("clone-without-sysprep", "abroad", stack(SERVER, copy(SERVER))),
    "clone-is-distributed": ("clone-without-sysprep", "distributed", distributed(SERVER)),
    "bucket-is-elsewhere": ("bucket-in-another-region", "web", stack(THERE, image())),
    "bucket-of-a-url-is-elsewhere": (
        "bucket-in-another-region", "web", stack(THERE, image(diskContainers=[{"url": "s3://images-1/web.ova"}])),
    ),
    "bucket-without-a-name-yet-is-elsewhere": (
        "bucket-in-another-region",
        "web",
        stack(
            new := bucket(bucket=UNKNOWN, region="us-west-2"),
            resource(
                stack_facts.IMPORT_IMAGE, "web", image(from_bucket=UNKNOWN).properties, diskContainers=new
            ),
        ),
    ),
    "bucket-of-an-unknown-url-is-elsewhere": (
        "bucket-in-another-region",
        "web",
        stack(
            THERE,
            resource(
                stack_facts.IMPORT_IMAGE, "web", image(diskContainers=[{"url": UNKNOWN}]).properties, diskContainers=THERE
            ),
        ),
    ),
    "provider-of-the-bucket-is-elsewhere": (
        "bucket-in-another-region",
        "data",
        stack(
            resource(stack_facts.BUCKET, "images", {"bucket": "images-1"}, region="us-west-2"),
            resource(
                stack_facts.IMPORT_SNAPSHOT,
                "data",
                {"region": "eu-west-1", "diskContainer": {"userBucket": {"s3Bucket": "images-1", "s3Key": "a"}}},
            ),
        ),
    ),
    "bucket-has-a-public-acl": ("import-bucket-protection", "images", stack(bucket(acl="public-read"), image())),
    "acl-of-the-bucket-is-public": (
        "import-bucket-protection",
        "images",
        stack(HERE, image(), of_bucket(stack_facts.BUCKET_ACL, HERE, acl="public-read-write")),
    ),
    "public-access-is-not-blocked": (
        "import-bucket-protection", "images", stack(HERE, image(), access_block(HERE, blockPublicAcls=False)),
    ),
    "a-flag-is-left-out": (
        "import-bucket-protection", "images", stack(HERE, image(), access_block(HERE, restrictPublicBuckets=None)),
    ),
    "bucket-policy-is-for-everyone": (
        "import-bucket-protection",
        "images",
        stack(
            HERE,
            uploaded_to(HERE),
            of_bucket(stack_facts.BUCKET_POLICY, HERE, policy=policy_text("s3:GetObject", "*", **EVERYONE)),
        ),
    ),
    "trust-without-a-condition": ("service-role-external-id", "vmimport", stack(role(trust(None)))),
    "one-statement-of-two-without-a-condition": (
        "service-role-external-id",
        "vmimport",
        stack(role(trust({"StringEquals": {"sts:Externalid": "vmimport"}}, None))),
    ),
    "the-only-denial-is-for-the-external-id": (
        "service-role-external-id",
        "vmimport",
        stack(role(trust(None, denied={"StringEquals": {"sts:Externalid": "vmimport"}}))),
    ),
    "any-external-id": (
        "service-role-external-id", "vmimport", stack(role(trust({"StringLike": {"sts:ExternalId": "*"}}))),
    ),
    "inline-policy-for-every-bucket": (
        "s3-wildcard-resource",
        "vmimport-policy",
        stack(role(), role_policy(policy_text(["s3:GetObject", "s3:ListBucket"], "*"))),
    ),
    "every-object-by-arn": (
        "s3-wildcard-resource", "vmimport-policy", stack(role(), role_policy(policy_text("s3:*", "arn:aws:s3:::*/*"))),
    ),
    "policy-of-the-existing-default-role": (
        "s3-wildcard-resource", "vmimport-policy", stack(role_policy(policy_text("*", "*"), of="vmimport")),
    ),
    "policy-within-the-role": (
        "s3-wildcard-resource",
        "vmimport",
        stack(role(inlinePolicies=[{"name": "s3", "policy": policy_text("s3:Get*", ["*"])}])),
    ),
    "managed-policy": ("s3-wildcard-resource", "s3", attached(policy_text("s3:PutObject", "*"), role())),
    "aws-managed-key": (
        "encrypted-image-key-access",
        "shared",
        stack(managed := encrypted("alias/aws/ebs"), permission(managed)),
    ),
    "new-key-without-a-policy": ("encrypted-image-key-access", "shared", shared_with(NEW_KEY)),
    "key-policy-lacks-an-action": (
        "encrypted-image-key-access", "shared", shared_with(key(key_policy(*SHARING[1:]))),
    ),
    "key-policy-is-for-another-account": (
        "encrypted-image-key-access", "shared", shared_with(key(key_policy(*SHARING, account="111122223333"))),
    ),
    "grant-lacks-an-operation": (
        "encrypted-image-key-access", "shared", shared_with(NEW_KEY, grant(NEW_KEY, ["Decrypt", "DescribeKey"])),
    ),
    "key-of-a-distribution": (
        "encrypted-image-key-access",
        "distributed",
        stack(
            web := image(),
            NEW_KEY,
            by_key := configuration(NEW_KEY, kmsKeyId=UNKNOWN, targetAccountIds=[OTHER_ACCOUNT]),
            distribution(web, by_key),
        ),
    ),
    "existing-key": (
        "encrypted-image-key-access",
        "shared",
        shared_with(key(key_policy(*SHARING, Condition={"Bool": {"aws:SecureTransport": "false"}}), arn=KEY_ARN),
                    key_id=KEY_ARN),
    ),
    "shared-image-without-a-decision": ("shared-image-retention", "web", stack(UNDECIDED, permission(UNDECIDED))),
    "an-image-without-a-decision-is-reported-once": (
        "shared-image-retention",
        "web",
        stack(UNDECIDED, permission(UNDECIDED), permission(UNDECIDED, organizationArn=ORGANIZATION)),
    ),
    "distribution-without-a-decision": (
        "shared-image-retention",
        "distributed",
        stack(image(), EVERYWHERE, distribution(image(), EVERYWHERE, retainOnDelete=None)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("id", "name", "facts"), FAILING.values(), ids=FAILING)
def test_a_rule_reports_the_resource_and_no_other_rule_does(id: str, name: str, facts: StackFacts) -> None:
    assert reported(facts) == [(id, name)]


def test_every_rule_has_a_stack_on_which_it_alone_fails() -> None:
    assert {id for id, _, _ in FAILING.values()} == {rule.id for rule in RULES}
    assert len(RULES) == 8


SECOND = bucket("others")
QUIET = {
    "healthy": healthy(),
    "empty": stack(),
    "public-image-with-a-license-of-aws": stack(web := image(licenseType="AWS"), permission(web, group="all")),
    "public-image-with-an-unknown-license": stack(web := image(licenseType=UNKNOWN), permission(web, group="all")),
    "linux-image-in-lower-case-is-shared": stack(IN_LOWER_CASE, permission(IN_LOWER_CASE)),
    "byol-image-with-an-unknown-group": stack(BYOL, permission(BYOL, group=UNKNOWN)),
    "byol-image-of-another-stack": stack(BYOL, permission(bucket(), group="all")),
    "public-image-of-one-of-two": stack(
        BYOL,
        other := resource(stack_facts.IMPORT_IMAGE, "other", image().properties),
        resource(
            stack_facts.AMI_LAUNCH_PERMISSION, "shared", {"imageId": UNKNOWN, "group": "all"}, imageId=[BYOL, other]
        ),
    ),
    "distribution-to-an-unknown-audience": distributed(BYOL, launchPermission=UNKNOWN),
    "distribution-of-an-unknown-configuration": stack(
        BYOL, distribution(BYOL, bucket(), distributionConfigurationArn=UNKNOWN)
    ),
    "clone-is-neither-shared-nor-copied": stack(SERVER),
    "sysprep-is-not-said": stack(web := image(sysprep=None), permission(web), copy(web)),
    "sysprep-is-not-known": stack(web := image(sysprep=UNKNOWN), permission(web), copy(web)),
    "linux-has-no-sysprep": stack(web := image(sysprep="none", platform="Linux"), copy(web)),
    "client-edition-is-not-a-server": stack(
        web := image(sysprep="none", operatingSystem="Windows 10 Enterprise"), copy(web)
    ),
    "image-for-workspaces": stack(web := image(sysprep="none", imageProfile="byol-workspaces"), permission(web)),
    "copy-for-workspaces": for_workspaces(SERVER),
    "region-of-the-bucket-is-not-known": stack(bucket(region=UNKNOWN), image()),
    "region-of-the-bucket-is-not-shown": stack(bucket(region=None), image()),
    "region-of-the-import-is-not-known": stack(THERE, image(region=UNKNOWN)),
    "bucket-elsewhere-is-not-the-one-imported-from": stack(bucket("others", region="us-west-2"), image()),
    "image-at-a-url": stack(THERE, image(diskContainers=[{"url": "https://example.com/images-1/web.ova"}])),
    "image-in-a-snapshot": stack(THERE, image(diskContainers=[{"snapshotId": "snap-1"}])),
    "image-somewhere-unknown": stack(THERE, image(diskContainers=UNKNOWN)),
    "image-in-a-snapshot-beside-one-in-an-unknown-bucket": stack(
        THERE,
        resource(
            stack_facts.IMPORT_IMAGE,
            "web",
            image(diskContainers=[{"snapshotId": "snap-1"}]).properties,
            diskContainers=THERE,
        ),
    ),
    "public-bucket-without-images": stack(bucket("site", acl="public-read"), image()),
    "settings-of-another-bucket": stack(HERE, SECOND, image(), access_block(SECOND, blockPublicAcls=False)),
    "flags-are-not-known": stack(HERE, image(), access_block(HERE, blockPublicAcls=UNKNOWN)),
    "bucket-policy-is-not-known": stack(HERE, image(), of_bucket(stack_facts.BUCKET_POLICY, HERE, policy=UNKNOWN)),
    "bucket-policy-is-for-the-organization": stack(
        HERE,
        image(),
        of_bucket(
            stack_facts.BUCKET_POLICY,
            HERE,
            policy=policy_text(
                "s3:GetObject", "*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, **EVERYONE
            ),
        ),
    ),
    "bucket-policy-denies-everyone": stack(
        HERE,
        image(),
        of_bucket(stack_facts.BUCKET_POLICY, HERE, policy=policy_text("s3:*", "*", Effect="Deny", **EVERYONE)),
    ),
    "trust-is-not-known": stack(role(UNKNOWN)),
    "trust-is-not-json": stack(role("{")),
    "trust-is-known-in-part": stack(
        role({"Statement": [{"Effect": "Allow", "Principal": VMIE, "Condition": UNKNOWN}]})
    ),
    "trust-of-another-service": stack(role(trust(None, service="ec2.amazonaws.com"))),
    "trust-for-one-account": stack(role(trust({"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}))),
    "another-external-id-is-denied": stack(
        role(trust(None, denied={"StringNotEquals": {"sts:Externalid": "vmimport"}}))
    ),
    "actions-on-no-bucket": stack(role(), role_policy(policy_text(["s3:ListAllMyBuckets", "ec2:*"], "*"))),
    "every-bucket-of-the-account": stack(
        role(),
        role_policy(
            policy_text("s3:GetObject", "*", Condition={"StringEquals": {"s3:ResourceAccount": OTHER_ACCOUNT}})
        ),
    ),
    "every-object-of-a-bucket": stack(role(), role_policy(policy_text("s3:*", "arn:aws:s3:::images-1/*"))),
    "policy-of-a-role-of-another-service": stack(
        role(trust(None, service="ec2.amazonaws.com")), role_policy(policy_text("s3:*", "*"))
    ),
    "policy-of-a-role-of-another-stack": stack(role_policy(policy_text("s3:*", "*"), of="reader")),
    "policy-is-not-known": stack(role(), role_policy(UNKNOWN)),
    "managed-policy-of-another-role": attached(
        policy_text("s3:*", "*"), role(trust(None, service="ec2.amazonaws.com"))
    ),
    "key-policy-allows": shared_with(key(key_policy(*SHARING))),
    "key-policy-depends-on-an-unknown-key": shared_with(
        key(key_policy(*SHARING, Condition={"StringEquals": {"aws:PrincipalTag/team": "web"}}))
    ),
    "key-policy-is-not-known": shared_with(key(UNKNOWN)),
    "key-policy-of-its-own": shared_with(
        NEW_KEY,
        resource(stack_facts.KEY_POLICY, "p", {"keyId": UNKNOWN, "policy": key_policy(*SHARING)}, keyId=NEW_KEY),
    ),
    "two-key-policies": shared_with(
        NEW_KEY,
        *(
            resource(stack_facts.KEY_POLICY, name, {"keyId": UNKNOWN, "policy": text}, keyId=NEW_KEY)
            for name, text in {"first": key_policy("kms:Decrypt"), "second": key_policy(*SHARING)}.items()
        ),
    ),
    "key-policy-names-its-key-which-is-not-known": shared_with(
        key(policy_text("kms:*", KEY_ARN, Principal={"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}))
    ),
    "key-policy-of-an-unknown-key": shared_with(
        NEW_KEY, resource(stack_facts.KEY_POLICY, "p", {"keyId": UNKNOWN, "policy": UNKNOWN})
    ),
    "grant": shared_with(
        NEW_KEY, grant(NEW_KEY, ["DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom", "ReEncryptTo"])
    ),
    "grant-to-an-unknown-principal": shared_with(NEW_KEY, grant(NEW_KEY, ["Decrypt"], UNKNOWN)),
    "key-of-another-stack": stack(web := encrypted(KEY_ARN), permission(web)),
    "key-is-the-default": stack(web := image(encrypted=True), permission(web)),
    "recipient-of-an-aws-managed-key-is-not-known": stack(
        web := encrypted("alias/aws/ebs"), permission(web, accountId=UNKNOWN)
    ),
    "recipient-is-not-known": stack(NEW_KEY, web := encrypted(UNKNOWN, NEW_KEY), permission(web, accountId=UNKNOWN)),
    "undecided-image-is-not-shared": stack(UNDECIDED),
    "undecided-image-is-shared-as-a-copy": stack(UNDECIDED, SHARED_FROM_ABROAD, permission(SHARED_FROM_ABROAD)),
    "decision-is-not-known": stack(web := image(retainOnDelete=UNKNOWN), permission(web)),
    "decided-to-delete": stack(web := image(retainOnDelete=False), permission(web)),
    "protected": stack(
        web := resource(stack_facts.IMPORT_IMAGE, "web", UNDECIDED.properties, protect=True), permission(web)
    ),
    "distributed-within-the-account": stack(
        web := image(), own := configuration(name="web"), distribution(web, own, retainOnDelete=None)
    ),
}


@pytest.mark.parametrize("facts", QUIET.values(), ids=QUIET)
def test_no_rule_reports_anything(facts: StackFacts) -> None:
    assert reported(facts) == []


def _hidden(facts: StackFacts) -> Iterator[StackFacts]:
    """The stack, each time with another property of one resource unknown."""
    for index, found in enumerate(facts.resources):
        for name in found.properties:
            unknown = StackResource(
                found.type, found.urn, found.name, {**found.properties, name: UNKNOWN},
                found.dependencies, found.provider_region, found.is_protected,
            )  # fmt: skip
            yield stack(*facts.resources[:index], unknown, *facts.resources[index + 1 :])


def test_an_unknown_value_adds_no_finding() -> None:
    for name, (_, _, facts) in FAILING.items():
        before = set(reported(facts))
        assert [added for hidden in _hidden(facts) if (added := set(reported(hidden)) - before)] == [], name
    for name, facts in QUIET.items():
        assert [found for hidden in _hidden(facts) if (found := reported(hidden))] == [], name


@pytest.mark.parametrize("imported", ["ami-1", UNKNOWN])
def test_a_known_id_is_not_that_of_an_import_with_another_or_unknown_id(imported: Any) -> None:
    own = image(licenseType="BYOL", imageId=imported)
    shared = {"imageId": "ami-2", "group": "all"}
    assert reported(stack(own, resource(stack_facts.AMI_LAUNCH_PERMISSION, "shared", shared, imageId=own))) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(None, ["images"], id="no configuration"),
        pytest.param([{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}], ["images"], id="SSE-S3"),
        pytest.param([{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}], [], id="SSE-KMS"),
        pytest.param([{"applyServerSideEncryptionByDefault": {"sseAlgorithm": UNKNOWN}}], [], id="unknown algorithm"),
        pytest.param(UNKNOWN, [], id="unknown rules"),
    ],
)
def test_a_setting_requires_kms_for_the_buckets_of_images(rules: Any, expected: list[str]) -> None:
    settings = [] if rules is None else [of_bucket(stack_facts.BUCKET_ENCRYPTION, HERE, rules=rules)]
    facts = stack(HERE, image(), *settings)
    assert reported(facts) == []
    assert [name for _, name in reported(facts, encryption="aws:kms")] == expected


def test_a_message_names_the_resources_and_the_statement_to_add() -> None:
    (_, finding), = findings(FAILING["new-key-without-a-policy"][2])  # fmt: skip
    assert finding.message.startswith(
        "AmiLaunchPermission shared shares ImportImage web: Key images-key does not allow kms:DescribeKey, "
        f"kms:CreateGrant, kms:Decrypt, kms:ReEncrypt* to account {OTHER_ACCOUNT}; add to its key policy: "
    )
    statement = json.loads(finding.message.partition("key policy: ")[2])
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{OTHER_ACCOUNT}:root"]}


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_the_statement_for_a_new_key_has_the_partition_of_the_region(region: str, partition: str) -> None:
    new_key = key(key_policy("kms:*", account="111122223333"))
    web = encrypted(UNKNOWN, new_key, region=region)
    [(_, finding)] = findings(stack(new_key, web, permission(web, accountId=OTHER_ACCOUNT)))
    assert f"arn:{partition}:iam::{OTHER_ACCOUNT}:root" in finding.message
