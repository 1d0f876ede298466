"""Roles with managed policies, and adopted roles whose buckets and results are encrypted with KMS keys."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.iam_documents import document_hash
from pulumi_vmimport.lifecycle.contract import CleanFailureError
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.iam.role_readiness import RoleReadinessInputs
from pulumi_vmimport.resources.iam.role_readiness_lifecycle import RoleReadinessLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

LIFECYCLE = RoleReadinessLifecycle()
OWN, ROLE, BUCKET = "0123456789abcdef0123456789abcdef", "vmimport", "images-of-web"
TRUST = iam_documents.trust_policy()


def test_a_role_with_a_permissions_boundary_is_compared_by_its_own_policy(run: Any, aws: AwsSandbox) -> None:
    iam, policies = aws.observer("iam"), [iam_documents.role_policy(import_buckets=[name]) for name in ("a", "b")]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=document)["Policy"]["Arn"]
    tags = [{"Key": IDENTITY_TAG, "Value": OWN}]
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=boundary, Tags=tags)
    first, second = (
        RoleReadinessInputs(
            region="eu-west-1",
            role_name=ROLE,
            owner=OWN,
            trust_hash=document_hash(TRUST),
            policy_hash=document_hash(policy),
            propagation_seconds=0,
        )
        for policy in policies
    )
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=json.dumps(policies[0]))
    assert list(LIFECYCLE.preflight(run, first)) == []
    created = LIFECYCLE.create(run, first)
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=json.dumps(policies[1]))
    updated = LIFECYCLE.update(run, created.id, created.state, second)
    assert (updated.role_arn, updated.policy_hash) == (created.state.role_arn, second.policy_hash)


@pytest.mark.usefixtures("role")
def test_an_adopted_role_must_be_allowed_to_use_the_keys_of_bucket_and_result(run: Any, aws: AwsSandbox) -> None:
    s3 = aws.observer("s3")
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Resource": "*"}
    closed = json.dumps({"Version": "2012-10-17", "Statement": [{**root, "Action": ["kms:Describe*", "kms:Get*"]}]})
    kms = aws.observer("kms")
    of_bucket, of_result = (kms.create_key(Policy=closed)["KeyMetadata"]["Arn"] for _ in range(2))
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": of_bucket}}]
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})
    adopting = RoleReadinessInputs(region="eu-west-1", role_name=ROLE, owner=OWN, adopt=True)
    assert list(LIFECYCLE.preflight(run, adopting)) == []
    inputs = replace(adopting, import_buckets=(BUCKET,), kms_key_arns=(of_result,))
    reasons = "; ".join(problem.reason for problem in LIFECYCLE.preflight(run, inputs))
    assert f"KMS key {of_bucket}, which encrypts s3://{BUCKET}/, does not allow kms:Decrypt" in reasons
    assert f"KMS key {of_result}, which encrypts the result, does not allow kms:CreateGrant" in reasons
    with pytest.raises(CleanFailureError) as failed:
        LIFECYCLE.create(run, inputs)
    assert str(failed.value) == reasons
