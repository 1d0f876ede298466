"""Roles, managed policies and buckets of components: listed, owned, pending and removed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

ROLE = "arn:aws:iam::123456789012:role/vmimport-desktop"
DOCUMENT = json.dumps(iam_documents.role_policy(import_buckets=["images"]))
NAME = "images-0123456789abcdef"
BUCKET = f"arn:aws:s3:::{NAME}"
POLICY = "arn:aws:iam::123456789012:policy/operators"
COMPONENTS = {
    ROLE: "vmimport:index:VmimportRole::importer",
    BUCKET: "vmimport:index:ImportBucket::images",
    POLICY: "vmimport:index:OperatorPolicy::operators",
}
CHILDREN = {
    ROLE: ("aws:iam/role:Role::importer", {"name": "vmimport-desktop"}),
    BUCKET: ("aws:s3/bucket:Bucket::images", {"bucket": NAME}),
    POLICY: ("aws:iam/policy:Policy::operators", {"name": "operators"}),
}


def urn(component: str, stack: str = "shop/dev") -> str:
    project, name = stack.split("/")
    return f"urn:pulumi:{name}::{project}::{component}"


@pytest.fixture
def leave(aws: AwsSandbox) -> Callable[..., None]:
    """Creates the role and the bucket as components of a stack do; without policies, as a killed run leaves them."""

    def make(stack: str = "shop/dev", *, policies: bool = False) -> None:
        iam, s3 = aws.observer("iam"), aws.observer("s3")
        role, bucket = ([{"Key": k, "Value": v} for k, v in tags_of(id, stack).items()] for id in (ROLE, BUCKET))
        trust = json.dumps(iam_documents.trust_policy())
        iam.create_role(RoleName="vmimport-desktop", AssumeRolePolicyDocument=trust, Tags=role)
        s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": bucket})
        if policies:
            policy = json.dumps(iam_documents.role_policy(import_buckets=[NAME]))
            iam.put_role_policy(RoleName="vmimport-desktop", PolicyName="vmimport", PolicyDocument=policy)
            statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": BUCKET}
            s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    return make


@pytest.fixture
def leave_policy(aws: AwsSandbox) -> Callable[..., Any]:
    """Creates the managed policy of an OperatorPolicy, attached to nothing, as a killed run leaves it."""

    def make() -> Any:
        iam = aws.observer("iam")
        tags = [{"Key": key, "Value": value} for key, value in tags_of(POLICY).items()]
        iam.create_policy(PolicyName="operators", PolicyDocument=DOCUMENT, Tags=tags)
        iam.create_policy(PolicyName="of-others", PolicyDocument=DOCUMENT)
        return iam

    return make


def tags_of(id: str, stack: str = "shop/dev") -> dict[str, str]:
    return Identity(urn(COMPONENTS[id], stack)).owner_tags


def child(id: str, **outputs: str) -> dict[str, Any]:
    """The role or bucket as it is in a state."""
    name, inputs = CHILDREN[id]
    component = COMPONENTS[id].rpartition("::")[0]
    resource = {"urn": urn(f"{component}${name}"), "parent": urn(COMPONENTS[id]), "custom": True, "inputs": inputs}
    return resource | ({"id": next(iter(inputs.values())), "outputs": {**inputs, **outputs}} if outputs else {})


def test_what_a_killed_run_left_is_an_orphan_and_is_removed(
    leave: Any, owners: Any, run: Any, export: Any, aws: AwsSandbox
) -> None:
    before = aws.remaining_resources()
    leave()
    assert owners(export=export()) == {ROLE: "orphan", BUCKET: "orphan"}
    result = run("--remove", "--yes", export=export())
    assert result.exit_code == 0
    assert (f"deleted: service role {ROLE}" in result.output, f"deleted: bucket {BUCKET}" in result.output) == (
        True,
        True,
    )
    assert aws.remaining_resources() == before


def test_an_interrupted_create_of_a_component_is_pending(leave: Any, owners: Any, export: Any) -> None:
    leave()
    assert owners(export=export(creating=[child(ROLE), child(BUCKET)])) == {ROLE: "pending", BUCKET: "pending"}


def test_a_role_and_a_bucket_in_the_state_are_owned(leave: Any, owners: Any, export: Any) -> None:
    leave(policies=True)
    in_stack = export(child(ROLE, arn=ROLE), child(BUCKET, arn=BUCKET))
    assert owners(export=in_stack) == {ROLE: "owned", BUCKET: "owned"}


def test_a_complete_role_or_bucket_that_the_state_does_not_contain_is_never_an_orphan(
    leave: Any, owners: Any, run: Any, export: Any, aws: AwsSandbox
) -> None:
    leave(policies=True)
    assert owners(export=export()) == {ROLE: "unknown", BUCKET: "unknown"}
    aws.observer("s3").put_object(Bucket=NAME, Key="web.ova", Body=b"an image")
    result = run("--remove", "--yes", ROLE, BUCKET, export=export())
    assert result.exit_code == 1
    assert f"not removed: bucket {BUCKET}: " in result.output
    assert "BucketNotEmpty" in result.output
    assert owners(export=export()) == {BUCKET: "unknown"}


def test_a_role_and_a_bucket_of_another_stack_are_of_that_stack(leave: Any, owners: Any, export: Any) -> None:
    leave("shop/prod")
    assert owners(export=export()) == {ROLE: "other stack", BUCKET: "other stack"}


def test_a_role_with_another_name_is_found_if_the_export_was_creating_it(
    owners: Any, export: Any, aws: AwsSandbox
) -> None:
    tags = [{"Key": key, "Value": value} for key, value in tags_of(ROLE).items()]
    iam, trust = aws.observer("iam"), json.dumps(iam_documents.trust_policy())
    iam.create_role(RoleName="importer", AssumeRolePolicyDocument=trust, Tags=tags)
    creating = {**child(ROLE), "inputs": {"name": "importer"}}
    assert owners(export=export()) == {}
    assert owners(export=export(creating=[creating])) == {"arn:aws:iam::123456789012:role/importer": "pending"}


def test_a_denied_listing_is_reported(leave: Any, run: Any, export: Any, aws: AwsSandbox) -> None:
    leave()
    aws.faults.deny("ListRoles")
    result = run(export=export())
    assert result.exit_code == 2
    assert "not listed: service roles in eu-west-1: " in result.output


def test_a_bucket_with_a_name_of_the_program_is_found_by_its_tags(owners: Any, export: Any, aws: AwsSandbox) -> None:
    s3 = aws.observer("s3")
    s3.create_bucket(Bucket="our-images", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    tags = [{"Key": key, "Value": value} for key, value in tags_of(BUCKET).items()]
    s3.put_bucket_tagging(Bucket="our-images", Tagging={"TagSet": tags})
    named = {**child(BUCKET), "inputs": {"bucket": "our-images"}}
    assert owners(export=export()) == {"arn:aws:s3:::our-images": "orphan"}
    assert owners(export=export(creating=[named])) == {"arn:aws:s3:::our-images": "pending"}


def test_a_managed_policy_is_owned_pending_or_an_orphan_as_the_export_says(
    leave_policy: Any, owners: Any, export: Any
) -> None:
    leave_policy()
    recorded = {**child(POLICY, arn=POLICY), "id": POLICY}
    assert owners(export=export(recorded)) == {POLICY: "owned"}
    assert owners(export=export(creating=[child(POLICY)])) == {POLICY: "pending"}
    assert owners(export=export()) == {POLICY: "orphan"}


def test_an_orphaned_policy_is_removed_with_its_versions(
    leave_policy: Any, owners: Any, run: Any, export: Any, aws: AwsSandbox
) -> None:
    leave_policy().create_policy_version(PolicyArn=POLICY, PolicyDocument=DOCUMENT, SetAsDefault=True)
    result = run("--remove", "--yes", export=export())
    assert (result.exit_code, f"deleted: managed policy {POLICY}" in result.output) == (0, True)
    assert len(aws.calls.of("DeletePolicyVersion")) == 1  # IAM deletes no policy with versions besides the default one
    assert owners(export=export()) == {}
    assert "iam policy of-others" in aws.remaining_resources()


def test_a_policy_that_a_role_uses_is_not_listed(leave_policy: Any, owners: Any, export: Any) -> None:
    leave_policy().attach_role_policy(RoleName="vmimport", PolicyArn=POLICY)
    assert owners(export=export()) == {}


def test_a_policy_that_iam_does_not_delete_is_reported(
    leave_policy: Any, run: Any, export: Any, aws: AwsSandbox
) -> None:
    leave_policy()
    aws.faults.error("DeletePolicy", "DeleteConflict", "Cannot delete a policy attached to entities.", status=409)
    result = run("--remove", "--yes", export=export())
    assert (result.exit_code, f"not removed: managed policy {POLICY}: " in result.output) == (1, True)
    assert "DeleteConflict" in result.output


@pytest.mark.parametrize(
    ("operation", "reported"),
    [("ListPolicies", "managed policies"), ("ListPolicyTags", f"tags of policy {POLICY}")],
)
def test_a_denied_listing_of_policies_is_reported(
    operation: str, reported: str, leave_policy: Any, run: Any, export: Any, aws: AwsSandbox
) -> None:
    leave_policy()
    aws.faults.deny(operation)
    result = run(export=export())
    assert (result.exit_code, f"not listed: {reported} in eu-west-1: " in result.output) == (2, True)
