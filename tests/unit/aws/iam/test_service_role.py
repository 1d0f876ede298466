from typing import Any

import pytest

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.service_role import ServiceRole

READS, EC2 = iam_documents.role_policy(import_buckets=["images"])["Statement"]


def role(*statements: dict[str, Any], trust: Any = None) -> ServiceRole:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return ServiceRole("vmimport", "arn", {}, trust or iam_documents.trust_policy(), (policy,))


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_the_documents_of_this_library_lack_nothing() -> None:
    policy = iam_documents.role_policy(
        import_buckets=["images"], export_buckets=["images"], kms_key_arns=["*"], license_manager=True
    )
    made = role(*policy["Statement"])
    assert list(made.missing_permissions(import_buckets=["images"])) == []
    assert [clause for statement in policy["Statement"] for clause in made.missing_from_statement(statement)] == []


def test_fails_with_each_action_that_is_missing_where_it_belongs() -> None:
    assert list(role(EC2).missing_permissions(import_buckets=["images"])) == [
        "s3:GetBucketLocation on arn:aws:s3:::images",
        "s3:GetObject on arn:aws:s3:::images/*",
        "s3:ListBucket on arn:aws:s3:::images",
    ]


def test_fails_without_trust() -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    (clause,) = role(EC2, trust=trust).missing_permissions()
    assert clause == "its trust policy does not let vmie.amazonaws.com assume it with external id vmimport"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(allow("s3:*", "*"), id="wildcards"),
        pytest.param(allow("S3:Get*", "arn:aws:s3:::images*"), id="any-case"),
        pytest.param({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, id="not-action"),
        pytest.param({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::others/*"}, id="not-resource"),
    ],
)
def test_a_wider_statement_allows(statement: dict[str, Any]) -> None:
    assert list(role(statement).missing_from_statement(allow(["s3:GetObject"], ["arn:aws:s3:::images/*"]))) == []


@pytest.mark.parametrize(
    ("denial", "missing"),
    [
        pytest.param(allow("s3:*", "*", Effect="Deny"), 3, id="plain"),
        pytest.param(
            allow("s3:*", "*", Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}), 0, id="conditional"
        ),
    ],
)
def test_a_denial_counts_when_it_is_certain(denial: dict[str, Any], missing: int) -> None:
    assert len(list(role(READS, EC2, denial).missing_permissions(import_buckets=["images"]))) == missing


@pytest.mark.parametrize(("listed", "missing"), [("ec2:DescribeImages", 0), ("ec2:DescribeTags", 1)])
def test_a_role_may_list_the_describe_calls_one_by_one(listed: str, missing: int) -> None:
    actions = [a for a in iam_documents.EC2_ACTIONS if not a.endswith("*")]
    assert len(list(role(allow([*actions, listed], "*")).missing_permissions())) == missing
