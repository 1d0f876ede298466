"""What keeps a service role from the images and keys of an import, and EC2's rejections of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, UserBucket
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Problem
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.rules.service_role_access import RequiredAccess
from pulumi_vmimport.resources.rules.service_role_rules import RoleRejections, role_problems
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportImageLifecycle()
BUCKET, KEY = "images-of-web", "disks/web.raw"
URI, ROLE_ARN = f"s3://{BUCKET}/{KEY}", "arn:aws:iam::123456789012:role/vmimport"
IMPORT = RequiredAccess(import_objects=((BUCKET, KEY),))
READ, EC2 = iam_documents.role_policy(import_buckets=[BUCKET])["Statement"]


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def write(aws: AwsSandbox, role: str) -> Callable[..., None]:
    """Replaces the policy of the role."""

    def write(*statements: Any) -> None:
        policy = document(*statements)
        aws.observer("iam").put_role_policy(RoleName=role, PolicyName="vmimport", PolicyDocument=policy)

    return write


@pytest.fixture
def encrypt(aws: AwsSandbox, image_inputs: ImportImageInputs) -> Callable[..., str]:
    """Encrypts the image with a new KMS key and returns the key's ARN."""

    def encrypt(*statements: Any) -> str:
        made = aws.observer("kms").create_key(**({"Policy": document(*statements)} if statements else {}))
        key, s3 = str(made["KeyMetadata"]["Arn"]), aws.observer("s3")
        body = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        return key

    return encrypt


def reasons(run: Any, access: RequiredAccess = IMPORT, **options: Any) -> list[str]:
    found = list(role_problems(run, "vmimport", access, **options))
    assert {problem.path for problem in found} <= {"roleName"}
    return [problem.reason for problem in found]


@pytest.mark.usefixtures("image_inputs")
def test_permission_for_the_folder_of_the_image_suffices(run: Any, write: Callable[..., None]) -> None:
    write(
        EC2,
        allow(["s3:GetBucketLocation", "s3:ListBucket"], f"arn:aws:s3:::{BUCKET}"),
        allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/disks/*"),
    )
    assert reasons(run) == []
    (reason,) = reasons(run, RequiredAccess(import_objects=((BUCKET, "other/web.raw"),)))
    assert f"lacks s3:GetObject on arn:aws:s3:::{BUCKET}/other/web.raw; add to its policies: {{" in reason
    assert run.warnings == []


@pytest.mark.usefixtures("image_inputs")
def test_a_bucket_policy_that_allows_the_role_suffices(run: Any, aws: AwsSandbox, write: Callable[..., None]) -> None:
    write(EC2)
    assert len(reasons(run)) == 1
    policy = document({**READ, "Principal": {"AWS": ROLE_ARN}})
    aws.observer("s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)
    assert reasons(run) == []


@pytest.mark.usefixtures("image_inputs")
def test_a_deny_is_not_reported_as_a_missing_permission(run: Any, write: Callable[..., None]) -> None:
    write(READ, EC2, allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/disks/*", Effect="Deny"))
    (reason,) = reasons(run)
    assert f"a Deny statement in the policies of role 'vmimport' denies s3:GetObject on arn:aws:s3:::{BUCKET}" in reason
    assert "lacks" not in reason
    assert "add to" not in reason


@pytest.mark.usefixtures("image_inputs")
def test_a_bucket_policy_that_denies_the_role_is_named(run: Any, aws: AwsSandbox) -> None:
    others = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}}
    denial = allow("s3:*", "*", Effect="Deny", Principal="*", Condition=others)
    aws.observer("s3").put_bucket_policy(Bucket=BUCKET, Policy=document(denial))
    (reason,) = reasons(run)
    assert f"the policy of bucket '{BUCKET}' denies role 'vmimport' s3:GetBucketLocation" in reason
    assert "exempt the role" in reason


@pytest.mark.usefixtures("image_inputs")
@pytest.mark.parametrize(
    ("condition", "named"),
    [
        pytest.param({"StringNotEquals": {"aws:sourceVpce": "vpce-1"}}, "aws:SourceVpce", id="endpoint"),
        pytest.param({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "aws:SourceIp", id="addresses"),
        pytest.param({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, None, id="organization"),
        pytest.param(
            {
                "StringNotEquals": {"aws:SourceVpce": "vpce-1"},
                "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/vmimport"},
            },
            None,
            id="exempted",
        ),
    ],
)
def test_a_bucket_policy_for_one_network_is_a_warning(
    run: Any, aws: AwsSandbox, condition: dict[str, Any], named: str | None
) -> None:
    denial = allow("s3:ListBucket", "*", Effect="Deny", Principal={"AWS": ROLE_ARN}, Condition=condition)
    aws.observer("s3").put_bucket_policy(Bucket=BUCKET, Policy=document(denial))
    assert reasons(run) == []
    assert [named in warning for warning in run.warnings if named] == ([True] if named else [])
    assert len(run.warnings) == (1 if named else 0)


@pytest.mark.usefixtures("image_inputs")
def test_the_permissions_boundary_counts(run: Any, aws: AwsSandbox) -> None:
    iam = aws.observer("iam")
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="vmimport", PermissionsBoundary=arn)
    (reason,) = reasons(run)
    assert (
        f"the permissions boundary {arn} of role 'vmimport' does not allow ec2:ModifySnapshotAttribute on *" in reason
    )


def test_a_role_without_decrypt_is_found_in_preview_and_fails_at_once(
    run: Any, image_inputs: ImportImageInputs, encrypt: Callable[..., str], looked_up: Any
) -> None:
    key = encrypt()
    reason = looked_up(lifecycle, run, image_inputs)["roleName"]
    assert f"role 'vmimport' lacks kms:Decrypt on KMS key {key}, which encrypts {URI}" in reason
    with pytest.raises(CleanFailureError, match=rf"service role vmimport .*kms:Decrypt on KMS key {key}.*no task") as e:
        lifecycle.create(run, image_inputs)
    assert "InvalidParameter" in str(e.value)
    assert run.waits == 0


@pytest.mark.parametrize("access", [IMPORT, RequiredAccess(import_buckets=(BUCKET,))], ids=["object", "bucket"])
def test_the_default_key_of_the_bucket_counts_before_the_image_exists(
    run: Any, aws: AwsSandbox, bucket: str, role: str, access: RequiredAccess
) -> None:
    assert reasons(run, access) == []
    key = aws.observer("kms").create_key()["KeyMetadata"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["KeyId"]}}
    setting: Any = {"Rules": [rule]}
    aws.observer("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=setting)
    (reason,) = reasons(run, access)
    assert f"role '{role}' lacks kms:Decrypt on KMS key {key['Arn']}, which encrypts s3://{bucket}/" in reason


@pytest.mark.usefixtures("image_inputs")
@pytest.mark.parametrize("principal", [{"AWS": ROLE_ARN}, "*"], ids=["role", "anyone"])
def test_a_key_policy_may_allow_the_role_by_itself(run: Any, encrypt: Callable[..., str], principal: Any) -> None:
    encrypt(allow("kms:Decrypt", Principal=principal))
    assert reasons(run) == []


@pytest.mark.usefixtures("image_inputs")
def test_a_key_policy_that_does_not_delegate_must_allow_the_role(
    run: Any, write: Callable[..., None], encrypt: Callable[..., str]
) -> None:
    write(READ, EC2, allow("kms:*"))
    key = encrypt(allow("kms:*", Principal={"AWS": "arn:aws:iam::123456789012:role/admin"}))
    (reason,) = reasons(run)
    assert f"the policy of KMS key {key}, which encrypts {URI}, does not allow kms:Decrypt to role 'vmimport'" in reason
    assert json.dumps(iam_documents.sse_kms_key_statement(ROLE_ARN)) in reason


@pytest.mark.usefixtures("image_inputs")
def test_a_key_policy_that_denies_the_role_is_named(
    run: Any, write: Callable[..., None], encrypt: Callable[..., str]
) -> None:
    write(READ, EC2, allow("kms:*"))
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    key = encrypt(allow("kms:*", Principal=root), allow("kms:Decrypt", Principal=root, Effect="Deny"))
    (reason,) = reasons(run)
    assert f"the policy of KMS key {key}, which encrypts {URI}, denies kms:Decrypt to role 'vmimport'" in reason


@pytest.mark.usefixtures("image_inputs")
def test_a_policy_that_cannot_be_read_is_a_warning(run: Any, aws: AwsSandbox, encrypt: Callable[..., str]) -> None:
    key = encrypt()
    aws.faults.deny("GetKeyPolicy")
    aws.faults.deny("GetBucketPolicy")
    (reason,) = reasons(run, fresh=True)  # the policies of the role are known
    assert "lacks kms:Decrypt" in reason
    assert [warning.split(" not checked")[0] for warning in run.warnings] == [
        f"policy of bucket {BUCKET}", f"policy of key {key}"
    ]  # fmt: skip


@pytest.mark.parametrize("by_default", [True, False], ids=["by-default", "requested"])
def test_the_default_key_of_ebs_counts_unless_aws_manages_it(
    run: Any, image_inputs: ImportImageInputs, aws: AwsSandbox, looked_up: Any, by_default: bool
) -> None:
    ec2 = aws.observer("ec2")
    key = aws.observer("kms").create_key()["KeyMetadata"]["Arn"]
    inputs = replace(image_inputs, encrypted=None if by_default else True)
    if by_default:
        ec2.enable_ebs_encryption_by_default()
    assert looked_up(lifecycle, run, inputs) == {}
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert f"lacks kms:CreateGrant on {key}" in looked_up(lifecycle, run, inputs)["roleName"]


def test_a_missing_bucket_or_object_yields_no_finding_about_the_role(
    run: Any, image_inputs: ImportImageInputs, looked_up: Any
) -> None:
    containers = tuple(ImageDiskContainer(user_bucket=UserBucket(*at)) for at in (("nowhere", "k"), (BUCKET, "gone")))
    found = looked_up(lifecycle, run, replace(image_inputs, disk_containers=containers))
    assert list(found) == ["diskContainers[0].userBucket", "diskContainers[1].userBucket"]


@pytest.fixture
def caching_run(new_run: Callable[..., Any], connection: AwsConnection) -> Any:
    """A run of a process that keeps answers, as that of the host does."""
    run = new_run()
    run.aws = AwsConnection(connection._settings, cache_seconds=3600)
    return run


@pytest.mark.usefixtures("image_inputs")
def test_a_hundred_imports_read_the_role_once(caching_run: Any, aws: AwsSandbox) -> None:
    for _ in range(100):
        assert reasons(caching_run) == []
    for operation in ("GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "GetBucketPolicy"):
        assert len(aws.calls.of(operation)) == 1, operation


@pytest.mark.usefixtures("image_inputs")
def test_a_permission_that_the_same_run_grants_is_seen(
    caching_run: Any, aws: AwsSandbox, write: Callable[..., None]
) -> None:
    write(EC2)
    assert len(reasons(caching_run)) == 1
    write(EC2, READ)
    assert reasons(caching_run) == []


def test_a_rejected_role_is_read_again(
    caching_run: Any, image_inputs: ImportImageInputs, write: Callable[..., None]
) -> None:
    assert list(lifecycle.preflight(caching_run, image_inputs)) == []
    write(EC2)
    with pytest.raises(
        CleanFailureError, match=rf"service role vmimport .*lacks .*s3:GetObject on arn:aws:s3:::{BUCKET}"
    ):
        lifecycle.create(caching_run, image_inputs)
    assert caching_run.waits == 0


def rejection() -> ClientError:
    words = "The service role vmimport provided does not exist or does not have sufficient permissions"
    return ClientError({"Error": {"Code": "InvalidParameter", "Message": words}}, "ImportImage")


def test_a_sufficient_role_is_retried_for_five_minutes(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("pulumi_vmimport.resources.rules.service_role_rules.time.monotonic", lambda: now[0])
    rejections = RoleRejections(run, lambda: iter(()))
    assert rejections.are_temporary(rejection())
    now[0] = 299.0
    assert rejections.are_temporary(rejection())
    assert set(run.texts) == {"waiting for IAM to propagate role vmimport"}
    now[0] = 300.0
    with pytest.raises(
        CleanFailureError, match=r"InvalidParameter: The service role vmimport .*service control policies"
    ):
        rejections.are_temporary(rejection())


def test_a_role_of_the_same_stack_is_read_again_before_it_counts_as_insufficient(new_run: Callable[..., Any]) -> None:
    answers = iter([[Problem("roleName", "lacks")], [], [Problem("roleName", "lacks")]])
    rejections = RoleRejections(new_run(supplied=("roleName",)), lambda: iter(next(answers)))
    assert all(rejections.are_temporary(rejection()) for _ in range(5))
    insufficient = RoleRejections(new_run(supplied=("roleName",)), lambda: iter([Problem("roleName", "lacks")]))
    assert all(insufficient.are_temporary(rejection()) for _ in range(2))
    with pytest.raises(CleanFailureError, match="lacks; no task was started"):
        insufficient.are_temporary(rejection())


def test_another_error_is_no_rejection(run: Any) -> None:
    rejections = RoleRejections(run, lambda: iter([Problem("roleName", "lacks")]))
    assert not rejections.are_temporary(ClientError({"Error": {"Code": "InvalidParameter"}}, "ImportImage"))
