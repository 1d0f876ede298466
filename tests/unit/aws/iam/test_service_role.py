import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam import iam_documents, service_role
from pulumi_vmimport.aws.iam.service_role import Refusal, ServiceRole

Stub = Callable[..., Stubber]
READS, EC2 = iam_documents.role_policy(import_buckets=["images"])["Statement"]


def role(*statements: dict[str, Any], trust: Any = None) -> ServiceRole:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return ServiceRole(
        "vmimport", "arn:aws:iam::123456789012:role/vmimport", {}, trust or iam_documents.trust_policy(), (policy,)
    )


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust_of(account_id: str) -> dict[str, Any]:
    (statement,) = iam_documents.trust_policy(account_id=account_id)["Statement"]
    return dict(statement)


def missing_from(made: ServiceRole, *statements: Any) -> list[str]:
    wanted = [permission for statement in statements for permission in iam_documents.required_permissions(statement)]
    return [f"{action} on {resource}" for action, resource in wanted if made.refusal(action, resource, {})]


def missing(made: ServiceRole, **wanted: Any) -> list[str]:
    return missing_from(made, *iam_documents.role_policy(**{"import_buckets": (), **wanted})["Statement"])


def test_a_role_with_the_policies_of_this_library_lacks_nothing() -> None:
    policy = iam_documents.role_policy(
        import_buckets=["images"], export_buckets=["images"], kms_key_arns=["*"], license_manager=True
    )
    made = role(*policy["Statement"])
    assert missing(made, import_buckets=["images"]) == []
    assert missing_from(made, *policy["Statement"]) == []


def test_each_missing_action_is_reported_with_its_resource() -> None:
    assert missing(role(EC2), import_buckets=["images"]) == [
        "s3:GetBucketLocation on arn:aws:s3:::images",
        "s3:GetObject on arn:aws:s3:::images/*",
        "s3:ListBucket on arn:aws:s3:::images",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(allow("s3:*", "*"), id="wildcards"),
        pytest.param(allow("S3:Get*", "arn:aws:s3:::images*"), id="any-case"),
        pytest.param({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, id="not-action"),
        pytest.param({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::others/*"}, id="not-resource"),
    ],
)
def test_a_broader_statement_allows_the_action(statement: dict[str, Any]) -> None:
    assert missing_from(role(statement), allow(["s3:GetObject"], ["arn:aws:s3:::images/*"])) == []


@pytest.mark.parametrize(
    ("denial", "refused"),
    [
        pytest.param(allow("s3:*", "*", Effect="Deny"), 3, id="plain"),
        pytest.param(
            allow("s3:*", "*", Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}), 0, id="conditional"
        ),
    ],
)
def test_a_denial_counts_unless_its_condition_may_not_hold(denial: dict[str, Any], refused: int) -> None:
    assert len(missing(role(READS, EC2, denial), import_buckets=["images"])) == refused


@pytest.mark.parametrize(("listed", "refused"), [("ec2:DescribeImages", 0), ("ec2:DescribeTags", 1)])
def test_a_role_without_a_wildcard_must_allow_describe_images(listed: str, refused: int) -> None:
    actions = [a for a in iam_documents.EC2_ACTIONS if not a.endswith("*")]
    assert len(missing(role(allow([*actions, listed], "*")))) == refused


def test_a_refusal_has_its_cause() -> None:
    permissive = {"Statement": [allow("*", "*")]}
    bounded = replace(role(allow("*", "*")), boundary={"Statement": [allow("s3:*", "*")]}, boundary_arn="arn:b")
    assert role().refusal("s3:GetObject", "x", {}) is Refusal.NOT_ALLOWED
    assert role(allow("*", "*"), allow("s3:*", "*", Effect="Deny")).refusal("s3:GetObject", "x", {}) is Refusal.DENIED
    assert bounded.refusal("ec2:CopySnapshot", "*", {}) is Refusal.BOUNDARY
    assert bounded.refusal("s3:GetObject", "x", {}) is None
    assert replace(bounded, boundary=permissive).refusal("ec2:CopySnapshot", "*", {}) is None


@pytest.mark.parametrize(
    ("statement", "is_trusting"),
    [
        pytest.param({}, True, id="as-in-the-guide"),
        pytest.param({"Condition": {}}, True, id="without-external-id"),
        pytest.param({"Condition": {"StringEquals": {"STS:ExternalId": ["vmimport", "x"]}}}, True, id="any-case"),
        pytest.param({"Condition": {"StringEquals": {"sts:Externalid": "other"}}}, False, id="another-external-id"),
        pytest.param({"Principal": {"Service": ["ec2.amazonaws.com", "vmie.amazonaws.com"]}}, True, id="two-services"),
        pytest.param({"Principal": {"Service": "ec2.amazonaws.com"}}, False, id="another-service"),
        pytest.param({"Principal": {"AWS": "*"}}, False, id="accounts"),
        pytest.param({"Effect": "Deny"}, False, id="denied"),
        pytest.param({"Action": "sts:TagSession"}, False, id="another-action"),
        pytest.param({"Action": ["STS:Assume*"]}, True, id="pattern"),
        pytest.param(trust_of("123456789012"), True, id="confined-to-the-account"),
        pytest.param(trust_of("210987654321"), False, id="confined-to-another-account"),
    ],
)
def test_trust_depends_on_service_and_external_id(statement: dict[str, Any], is_trusting: bool) -> None:
    (trusting,) = iam_documents.trust_policy()["Statement"]
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*"}, {**trusting, **statement}]}
    assert role(trust=trust).trusts_vm_import() is is_trusting


def test_every_kind_of_permission_is_checked() -> None:
    clauses = missing(
        role(), export_buckets=["exports"], kms_key_arns=["arn:key"], license_manager=True, partition="aws-cn"
    )
    assert "s3:PutObject on arn:aws-cn:s3:::exports/*" in clauses
    assert "s3:GetBucketAcl on arn:aws-cn:s3:::exports" in clauses
    assert "kms:CreateGrant on arn:key" in clauses
    assert "license-manager:GetLicenseConfiguration on *" in clauses
    assert "s3:PutObject on arn:aws-cn:s3:::exports" not in clauses
    assert len(clauses) == 5 + 4 + 6 + 3


def test_a_role_is_found_with_inline_and_attached_policies(aws: AwsConnection, stub: Stub) -> None:
    iam = stub("iam")
    trust, inline, attached = iam_documents.trust_policy(), {"Statement": [EC2]}, {"Statement": [READS]}
    described: dict[str, Any] = {
        "Path": "/",
        "RoleName": "vmimport",
        "RoleId": "AROA123456789EXAMPLE",
        "Arn": "arn:aws:iam::123456789012:role/vmimport",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC),
        "AssumeRolePolicyDocument": json.dumps(trust),
        "Tags": [{"Key": "team", "Value": "blue"}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary"},
    }
    policy_arn = "arn:aws:iam::123456789012:policy/read"
    iam.add_response("get_role", {"Role": described}, {"RoleName": "vmimport"})
    iam.add_response(
        "list_role_policies",
        {"PolicyNames": ["a"], "IsTruncated": True, "Marker": "more"},
        {"RoleName": "vmimport"},
    )
    answer = {"RoleName": "vmimport", "PolicyName": "a", "PolicyDocument": json.dumps(inline)}
    iam.add_response("get_role_policy", answer, {"RoleName": "vmimport", "PolicyName": "a"})
    iam.add_response("list_role_policies", {"PolicyNames": []}, {"RoleName": "vmimport", "Marker": "more"})
    iam.add_response(
        "list_attached_role_policies",
        {"AttachedPolicies": [{"PolicyName": "read", "PolicyArn": policy_arn}]},
        {"RoleName": "vmimport"},
    )
    iam.add_response("get_policy", {"Policy": {"DefaultVersionId": "v2"}}, {"PolicyArn": policy_arn})
    iam.add_response(
        "get_policy_version",
        {"PolicyVersion": {"Document": json.dumps(attached)}},
        {"PolicyArn": policy_arn, "VersionId": "v2"},
    )
    boundary, boundary_arn = {"Statement": [allow("s3:*", "*")]}, "arn:aws:iam::123456789012:policy/boundary"
    iam.add_response("get_policy", {"Policy": {"DefaultVersionId": "v1"}}, {"PolicyArn": boundary_arn})
    version = {"PolicyVersion": {"Document": json.dumps(boundary)}}
    iam.add_response("get_policy_version", version, {"PolicyArn": boundary_arn, "VersionId": "v1"})
    assert service_role.find(aws, "vmimport") == ServiceRole(
        "vmimport", str(described["Arn"]), {"team": "blue"}, trust, (inline, attached), boundary_arn, boundary
    )


def test_a_role_that_does_not_exist_is_none(aws: AwsConnection, stub: Stub) -> None:
    stub("iam").add_client_error("get_role", "NoSuchEntity")
    assert service_role.find(aws, "vmimport") is None


def test_fails_when_the_role_cannot_be_read(aws: AwsConnection, stub: Stub) -> None:
    stub("iam").add_client_error("get_role", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        service_role.find(aws, "vmimport")


@pytest.mark.parametrize(
    ("actions", "refused"),
    [
        pytest.param(["kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"], [], id="one-by-one"),
        pytest.param(["kms:ReEncryptFrom"], ["kms:GenerateDataKey* on arn:key"], id="no-data-key"),
        pytest.param(["kms:GenerateDataKey"], ["kms:ReEncrypt* on arn:key"], id="no-re-encryption"),
    ],
)
def test_a_role_without_kms_wildcards_must_allow_the_actions_behind_them(
    actions: list[str], refused: list[str]
) -> None:
    others = [action for action in iam_documents.KMS_ACTIONS if not action.endswith("*")]
    assert missing(role(EC2, allow([*others, *actions], "arn:key")), kms_key_arns=["arn:key"]) == refused


WORDS = "The service role vmimport provided does not exist or does not have sufficient permissions"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        pytest.param(("InvalidParameter", WORDS), "vmimport", id="provided"),
        pytest.param(("InvalidParameter", WORDS.replace(" provided", "").lower()), "vmimport", id="older-words"),
        pytest.param(("UnauthorizedOperation", WORDS), None, id="another-code"),
        pytest.param(("InvalidParameter", "Invalid S3 source location"), None, id="other-words"),
    ],
)
def test_a_rejected_role_is_named_by_the_error(error: tuple[str, str], name: str | None) -> None:
    code, message = error
    found = service_role.rejected_role(ClientError({"Error": {"Code": code, "Message": message}}, "ImportImage"))
    assert found == name


def test_only_an_answer_of_ec2_rejects_a_role() -> None:
    assert service_role.rejected_role(ValueError(WORDS)) is None
