"""Stacks as a policy pack sees them: one in order, and the resources that each rule reads."""

import json
from collections.abc import Mapping
from typing import Any

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.unknown import UNKNOWN
from pulumi_vmimport.policies import stack_facts
from pulumi_vmimport.policies.stack_facts import StackFacts, StackResource

OTHER_ACCOUNT = "210987654321"
KEY_ARN = f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:key/1"


def resource(
    type: str, name: str, properties: Mapping[str, Any], /, *, region: Any = None, protect: bool = False, **sources: Any
) -> StackResource:
    """A resource; each source is a property with the resources that supply it."""
    urn = f"urn:pulumi:dev::web::{type}::{name}"
    dependencies = {
        k: tuple(s.urn for s in (found if isinstance(found, list) else [found])) for k, found in sources.items()
    }
    return StackResource(type, urn, name, properties, dependencies, region, protect)


def stack(*resources: StackResource) -> StackFacts:
    return StackFacts(resources)


def bucket(name: str = "images", **properties: Any) -> StackResource:
    return resource(stack_facts.BUCKET, name, {"bucket": f"{name}-1", "region": "eu-west-1", **properties})


def of_bucket(type: str, owner: StackResource, **properties: Any) -> StackResource:
    return resource(type, f"{owner.name}-settings", {"bucket": owner.get("bucket"), **properties})


def access_block(owner: StackResource, **properties: Any) -> StackResource:
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return of_bucket(stack_facts.BUCKET_PUBLIC_ACCESS_BLOCK, owner, **{**dict.fromkeys(flags, True), **properties})


def image(*, from_bucket: Any = "images-1", **properties: Any) -> StackResource:
    """An import as preview shows it: its AMI does not exist yet."""
    disk = {"format": "VMDK", "userBucket": {"s3Bucket": from_bucket, "s3Key": "web.vmdk"}}
    own = {"diskContainers": [disk], "region": "eu-west-1", "retainOnDelete": True, "sysprep": "before-export"}
    return resource(stack_facts.IMPORT_IMAGE, "web", {**own, **properties})


def permission(of: StackResource, **properties: Any) -> StackResource:
    shared = properties or {"accountId": OTHER_ACCOUNT}
    return resource(stack_facts.AMI_LAUNCH_PERMISSION, "shared", {"imageId": UNKNOWN, **shared}, imageId=of)


def copy(of: StackResource, **properties: Any) -> StackResource:
    own = {"sourceAmiId": UNKNOWN, "sourceAmiRegion": "eu-west-1", "region": "us-west-2"}
    return resource(stack_facts.AMI_COPY, "abroad", {**own, **properties}, sourceAmiId=of)


def configuration(*keys: StackResource, **ami: Any) -> StackResource:
    distributions = [{"region": "eu-west-1", "amiDistributionConfiguration": ami}]
    own = {"distributions": distributions, "arn": UNKNOWN}
    return resource(stack_facts.DISTRIBUTION_CONFIGURATION, "everywhere", own, distributions=list(keys))


def distribution(of: StackResource, by: StackResource, **properties: Any) -> StackResource:
    own = {"sourceImage": UNKNOWN, "distributionConfigurationArn": UNKNOWN, "retainOnDelete": False}
    return resource(
        stack_facts.DISTRIBUTE_IMAGE,
        "distributed",
        {**own, **properties},
        sourceImage=of,
        distributionConfigurationArn=by,
    )


def workspace_image(of: StackResource) -> StackResource:
    return resource(stack_facts.IMPORT_WORKSPACE_IMAGE, "desktop", {"ec2ImageId": UNKNOWN}, ec2ImageId=of)


def role(trust: Any = None, **properties: Any) -> StackResource:
    document = json.dumps(iam_documents.trust_policy()) if trust is None else trust
    return resource(stack_facts.ROLE, "vmimport", {"name": "imports", "assumeRolePolicy": document, **properties})


def trust(
    *conditions: dict[str, Any] | None,
    denied: dict[str, Any] | None = None,
    service: str = iam_documents.SERVICE_PRINCIPAL,
) -> str:
    """A trust policy with an Allow statement for each condition, and a Deny statement."""
    own = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    statements = [own if c is None else {**own, "Condition": c} for c in conditions]
    denials = [{**own, "Effect": "Deny", "Condition": denied}] if denied else []
    return json.dumps({"Statement": [*statements, *denials]})


def policy_text(actions: Any, resources: Any, **statement: Any) -> str:
    own = {"Effect": "Allow", "Action": actions, "Resource": resources, **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [own]})


def role_policy(policy: Any, *, of: str = "imports") -> StackResource:
    return resource(stack_facts.ROLE_POLICY, "vmimport-policy", {"role": of, "policy": policy})


def key(policy: Any = None, **properties: Any) -> StackResource:
    return resource(stack_facts.KEY, "images-key", {"arn": UNKNOWN, "policy": policy, **properties})


def key_policy(*actions: str, account: str = OTHER_ACCOUNT, **statement: Any) -> str:
    return policy_text(list(actions), "*", Principal={"AWS": f"arn:aws:iam::{account}:root"}, **statement)


def healthy() -> StackFacts:
    """An encrypted AMI, shared as it should be, and everything that it is made of."""
    images = bucket()
    key_of_images = key(key_policy("kms:*"))
    web = resource(
        stack_facts.IMPORT_IMAGE,
        "web",
        {**image(licenseType="BYOL").properties, "kmsKeyId": UNKNOWN, "encrypted": True},
        kmsKeyId=key_of_images,
    )
    policy = json.dumps(iam_documents.role_policy(import_buckets=["images-1"]))
    everywhere = configuration(key_of_images, launchPermission={"userIds": [OTHER_ACCOUNT]}, kmsKeyId=UNKNOWN)
    abroad = copy(web)
    return stack(
        images, access_block(images), key_of_images, web, role(), role_policy(policy), permission(web), abroad,
        workspace_image(abroad), everywhere, distribution(web, everywhere),
    )  # fmt: skip
