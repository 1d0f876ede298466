"""The stand-in for aws over the sandbox's AWS: what the engine's test does not come across."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_vmimport_sandbox import AwsSandbox, SandboxClock
from pulumi_vmimport_sandbox.standins import aws_bucket, aws_bucket_settings, aws_functions, aws_iam
from pulumi_vmimport_sandbox.standins.aws_client import Aws
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected
from pulumi_vmimport_sandbox.standins.values import UNKNOWN

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "vmie.amazonaws.com"}, '
    '"Action": "sts:AssumeRole"}]}'
)

READS = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[AwsSandbox]:
    with AwsSandbox(clock=SandboxClock.stepped(), region="eu-west-1") as running:
        yield running


@pytest.fixture
def aws(sandbox: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    return Aws({"region": "eu-west-1", "accessKey": sandbox.access_key, "secretKey": sandbox.secret_key})


def test_roles_are_assumed_one_after_the_other(aws: Aws, sandbox: AwsSandbox) -> None:
    account = sandbox.second_account()
    roles = [{"roleArn": "arn:aws:iam::123456789012:role/hub", "externalId": "x1"}, {"role_arn": account.role_arn}]
    keys = {"region": "eu-west-1", "accessKey": sandbox.access_key, "secretKey": sandbox.secret_key}
    chained = Aws({**keys, "assumeRoles": json.dumps(roles)})
    assert aws_functions.caller_identity(chained, {})["accountId"] == account.account_id
    assert len(sandbox.calls.of("AssumeRole")) == 2


@pytest.mark.parametrize(
    ("setting", "value"), [("allowedAccountIds", '["999999999999"]'), ("forbiddenAccountIds", '["123456789012"]')]
)
def test_fails_in_an_account_that_the_settings_exclude(aws: Aws, sandbox: AwsSandbox, setting: str, value: str) -> None:
    keys = {"region": "eu-west-1", "accessKey": sandbox.access_key, "secretKey": sandbox.secret_key}
    with pytest.raises(Rejected, match="AWS account ID not allowed: 123456789012"):
        Aws({**keys, setting: value})


def test_fails_in_one_line_for_an_unknown_profile(aws: Aws) -> None:
    with pytest.raises(Rejected, match="wbe"):
        aws_functions.caller_identity(Aws({"region": "eu-west-1", "profile": "wbe"}), {})


@pytest.fixture
def bucket(aws: Aws) -> Iterator[str]:
    kind, inputs = aws_bucket.Bucket(), {"bucket": "some-images", "forceDestroy": True}
    yield kind.create(aws, inputs)
    kind.delete(aws, "some-images", inputs)


def test_a_bucket_is_created_in_its_region(aws: Aws, sandbox: AwsSandbox) -> None:
    kind, inputs = aws_bucket.Bucket(), {"bucket": "far-images", "region": "us-east-1"}
    kind.create(aws, inputs)
    assert sandbox.client("s3").get_bucket_location(Bucket="far-images")["LocationConstraint"] is None
    assert kind.read(aws, "far-images", inputs)["bucketRegionalDomainName"] == "far-images.s3.us-east-1.amazonaws.com"
    kind.delete(aws, "far-images", inputs)
    with pytest.raises(NotFound, match="HeadBucket: 404"):
        kind.read(aws, "far-images", inputs)


def test_only_force_destroy_deletes_every_version(aws: Aws, sandbox: AwsSandbox) -> None:
    kind, s3 = aws_bucket.Bucket(), sandbox.client("s3")
    kind.create(aws, {"bucket": "full-images"})
    s3.put_bucket_versioning(Bucket="full-images", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="full-images", Key="a", Body=body)
    s3.delete_object(Bucket="full-images", Key="a")
    with pytest.raises(Rejected, match="DeleteBucket: BucketNotEmpty: "):
        kind.delete(aws, "full-images", {})
    kind.delete(aws, "full-images", {"forceDestroy": True})
    assert not any("full-images" in line for line in sandbox.remaining_resources())


def test_an_object_with_a_delete_marker_is_deleted_when_versioning_is_suspended(
    aws: Aws, sandbox: AwsSandbox, bucket: str
) -> None:
    s3, versioning = sandbox.client("s3"), aws_bucket_settings.Versioning()
    inputs = {"bucket": bucket, "versioningConfiguration": {"status": "Enabled"}}
    versioning.create(aws, inputs)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="a")
    versioning.delete(aws, bucket, inputs)
    aws_bucket.BucketObject().delete(aws, f"{bucket}/a", {})
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)


def test_removing_the_last_tag_deletes_all_tags(aws: Aws, bucket: str) -> None:
    kind = aws_bucket.Bucket()
    kind.update(aws, bucket, {}, {"bucket": bucket, "tags": {"a": "b"}})
    assert kind.read(aws, bucket, {})["tags"] == {"a": "b"}
    kind.update(aws, bucket, {}, {"bucket": bucket})
    assert kind.read(aws, bucket, {})["tags"] == {}


def test_an_object_is_changed_in_place(aws: Aws, sandbox: AwsSandbox, bucket: str) -> None:
    kind = aws_bucket.BucketObject()
    id = kind.create(aws, {"bucket": bucket, "key": "a/b.json", "content": "{}", "metadata": {"made": "here"}})
    assert id == f"{bucket}/a/b.json"
    kind.update(aws, id, {}, {"bucket": bucket, "key": "a/b.json", "contentBase64": "W10="})
    assert sandbox.client("s3").get_object(Bucket=bucket, Key="a/b.json")["Body"].read() == b"[]"
    kind.delete(aws, id, {})
    with pytest.raises(NotFound, match="HeadObject: 404"):
        kind.read(aws, id, {})


def test_fails_for_a_source_that_does_not_exist(aws: Aws, bucket: str) -> None:
    source = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "path": "/nowhere/a.ova"}
    with pytest.raises(Rejected, match=r"cannot read the source of a: .*No such file.*/nowhere/a\.ova"):
        aws_bucket.BucketObject().create(aws, {"bucket": bucket, "key": "a", "source": source})


def test_versioning_is_suspended_when_its_resource_is_deleted(aws: Aws, sandbox: AwsSandbox, bucket: str) -> None:
    kind, inputs = aws_bucket_settings.Versioning(), {"versioningConfiguration": {"status": "Enabled"}}
    kind.create(aws, {"bucket": bucket, **inputs})
    kind.delete(aws, bucket, inputs)
    assert sandbox.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def test_an_acl_shows_manual_grants_and_remains_when_its_resource_is_deleted(aws: Aws, sandbox: AwsSandbox) -> None:
    s3 = sandbox.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="open", CreateBucketConfiguration=where, ObjectOwnership="BucketOwnerPreferred")
    kind, owner = aws_bucket_settings.Acl(), {"id": aws_functions.canonical_user_id(aws, {})["id"]}
    assert s3.get_bucket_acl(Bucket="open")["Owner"]["ID"] == owner["id"]
    grants = [{"permission": "WRITE", "grantee": {"type": "CanonicalUser", "id": "a" * 64}}]
    inputs = {"bucket": "open", "accessControlPolicy": {"owner": owner, "grants": grants}}
    assert kind.create(aws, inputs) == "open"
    read = kind.read(aws, "open", {})["accessControlPolicy"]
    assert (read["owner"]["id"], read["grants"]) == (owner["id"], grants)
    s3.put_bucket_acl(Bucket="open", ACL="private")
    kind.delete(aws, "open", inputs)
    [grant] = kind.read(aws, "open", inputs)["accessControlPolicy"]["grants"]
    assert grant["permission"] == "FULL_CONTROL"
    s3.delete_bucket(Bucket="open")


@pytest.mark.parametrize(("factor", "waits"), [("1", [40]), ("600", [40 / 600]), ("0", [])])
def test_a_lifecycle_configuration_takes_as_long_as_with_the_real_provider_on_the_sandboxs_clock(
    aws: Aws, bucket: str, monkeypatch: pytest.MonkeyPatch, factor: str, waits: list[float]
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setenv("VMIMPORT_SANDBOX_CLOCK_FACTOR", factor)
    kind = aws_bucket_settings.LifecycleConfiguration()
    inputs = {"bucket": bucket, "rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}]}
    kind.create(aws, inputs)
    kind.configure(aws, bucket, inputs)
    kind.update(aws, bucket, inputs, inputs)
    assert waited == waits * 2


def test_a_role_is_updated_in_place_and_returned_by_its_function(aws: Aws) -> None:
    kind, inputs = aws_iam.Role(), {"name": "vmimport", "assumeRolePolicy": TRUST, "tags": {"a": "1", "b": "2"}}
    kind.create(aws, inputs)
    changed = {**inputs, "description": "imports", "maxSessionDuration": 7200, "tags": {"b": "3"}}
    kind.update(aws, "vmimport", inputs, changed)
    found = aws_functions.role(aws, {"name": "vmimport"})
    assert (found["description"], found["maxSessionDuration"], found["tags"]) == ("imports", 7200, {"b": "3"})
    assert found["arn"].endswith(":role/vmimport")
    kind.delete(aws, "vmimport", inputs)
    with pytest.raises(Rejected, match=r"reading IAM Role \(vmimport\): GetRole: NoSuchEntity"):
        aws_functions.role(aws, {"name": "vmimport"})


def test_a_role_with_policies_is_deleted_only_with_force_detach_policies(aws: Aws) -> None:
    role, policy = aws_iam.Role(), aws_iam.RolePolicy()
    allowed = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    role.create(aws, {"name": "kept", "assumeRolePolicy": TRUST})
    policy.create(aws, {"role": "kept", "name": "reads", "policy": allowed})
    with pytest.raises(Rejected, match="DeleteRole: DeleteConflict: "):
        role.delete(aws, "kept", {})
    role.delete(aws, "kept", {"forceDetachPolicies": True})
    with pytest.raises(NotFound):
        policy.read(aws, "kept:reads", {})


def test_the_policies_of_a_role_are_simulated(aws: Aws, sandbox: AwsSandbox) -> None:
    iam, objects = sandbox.client("iam"), "arn:aws:s3:::images/*"
    arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    statements = [{"Effect": "Allow", "Action": "s3:*", "Resource": objects}]
    statements += [{"Effect": "Deny", "Action": "s3:PutObject", "Resource": objects}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy)
    args = {"policySourceArn": arn, "actionNames": ["s3:GetObject", "s3:PutObject"]}
    args["resourceArns"] = ["arn:aws:s3:::images/a", "arn:aws:s3:::images"]
    found = aws_functions.policy_simulation(aws, args)
    assert found["allAllowed"] is False
    decisions = {(each["actionName"], each["resourceArn"]): each["decision"] for each in found["results"]}
    assert decisions == {
        ("s3:GetObject", "arn:aws:s3:::images/a"): "allowed",
        ("s3:PutObject", "arn:aws:s3:::images/a"): "explicitDeny",
        ("s3:GetObject", "arn:aws:s3:::images"): "implicitDeny",
        ("s3:PutObject", "arn:aws:s3:::images"): "implicitDeny",
    }
    with pytest.raises(Rejected, match="contexts"):
        aws_functions.policy_simulation(aws, {**args, "contexts": [{}]})
    with pytest.raises(NotFound, match="NoSuchEntity"):
        aws_functions.policy_simulation(aws, {**args, "policySourceArn": f"{arn}s"})
    iam.delete_role_policy(RoleName="reader", PolicyName="p")
    iam.delete_role(RoleName="reader")


def test_a_role_shows_its_policies_which_a_refresh_makes_part_of_it(aws: Aws) -> None:
    """The real provider deletes the policies in the state with the role; see deleteRole in its source."""
    role, policy, inputs = aws_iam.Role(), aws_iam.RolePolicy(), {"name": "reader", "assumeRolePolicy": TRUST}
    role.create(aws, inputs)
    assert [role.read(aws, "reader", {})[name] for name in ("inlinePolicies", "managedPolicyArns")] == [[], []]
    policy.create(aws, {"name": "read", "role": "reader", "policy": READS})
    managed = aws.call("iam", "CreatePolicy", PolicyName="m", PolicyDocument=READS)
    arn = managed["Policy"]["Arn"]
    aws.call("iam", "AttachRolePolicy", RoleName="reader", PolicyArn=arn)
    live = role.read(aws, "reader", {})
    assert [found["name"] for found in live["inlinePolicies"]] == ["read"]
    assert live["managedPolicyArns"] == [arn]
    role.delete(aws, "reader", {**inputs, **live})
    with pytest.raises(NotFound):
        role.read(aws, "reader", {})
    aws.call("iam", "DeletePolicy", PolicyArn=arn)


@pytest.mark.parametrize(
    ("change", "path", "reported"),
    [
        ({"maxSessionDuration": 1800}, "maxSessionDuration", "in the range (3600 - 43200), got 1800"),
        ({"name": "a role"}, "name", "expected 1 to 64 of"),
        ({"description": "x" * 1001}, "description", "in the range (0 - 1000), got 1001"),
        ({"assumeRolePolicy": "{"}, "assumeRolePolicy", "contains an invalid JSON policy"),
        ({"permissionsBoundary": "boundary"}, "permissionsBoundary", "(boundary) is an invalid ARN"),
    ],
)
def test_fails_in_preview_for_a_role_that_the_real_provider_rejects(
    change: dict[str, Any], path: str, reported: str
) -> None:
    found = dict(aws_iam.Role().problems({}, {"name": "reader", "assumeRolePolicy": TRUST, **change}))
    assert list(found) == [path]
    assert reported in found[path]
    assert dict(aws_iam.Role().problems({}, dict.fromkeys(change, UNKNOWN))) == {}


def test_a_role_has_its_path_duration_and_boundary(aws: Aws) -> None:
    kind, boundary = aws_iam.Role(), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    inputs = {"name": "deep", "assumeRolePolicy": TRUST, "path": "/vm/import/", "maxSessionDuration": 7200}
    kind.create(aws, {**inputs, "permissionsBoundary": boundary})
    live = kind.read(aws, "deep", {})
    assert [live[name] for name in ("path", "maxSessionDuration", "permissionsBoundary")] == [
        "/vm/import/", 7200, boundary,
    ]  # fmt: skip
    assert live["arn"].endswith(":role/vm/import/deep")
    kind.update(aws, "deep", {**inputs, "permissionsBoundary": boundary}, {**inputs, "maxSessionDuration": 3600})
    live = kind.read(aws, "deep", {})
    assert (live["maxSessionDuration"], live["permissionsBoundary"]) == (3600, None)
    kind.delete(aws, "deep", inputs)
    with pytest.raises(Rejected, match="The specified value for path is invalid"):
        kind.create(aws, {**inputs, "path": "vm"})


def test_fails_for_an_argument_that_a_function_would_ignore(aws: Aws) -> None:
    with pytest.raises(Rejected, match="does not support endpoint; expected name, region"):
        aws_functions.region(aws, {"endpoint": "ec2.eu-west-1.amazonaws.com"})


def test_functions_return_the_account_and_its_buckets(aws: Aws, bucket: str) -> None:
    assert aws_functions.bucket(aws, {"bucket": bucket})["arn"] == f"arn:aws:s3:::{bucket}"
    with pytest.raises(Rejected, match=r"reading S3 Bucket \(no-images\): HeadBucket: 404"):
        aws_functions.bucket(aws, {"bucket": "no-images"})
    assert aws_functions.canonical_user_id(aws, {})["id"]
    assert aws_functions.region(aws, {})["endpoint"] == "ec2.eu-west-1.amazonaws.com"
    assert aws_functions.caller_identity(aws, {})["accountId"] == "123456789012"
