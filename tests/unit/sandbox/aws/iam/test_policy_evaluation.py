from typing import Any

import pytest

from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, allowed, verdict

READ = PolicyRequest(
    "s3:GetObject", "arn:aws:s3:::b/folder/key", {"aws:SecureTransport": "true", "aws:SourceAccount": "1"}
)
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DENY = ALLOW | {"Effect": "Deny"}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ELEMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "exact": ({}, "allow"),
    "denied": ({"Effect": "Deny"}, "deny"),
    "action in another case": ({"Action": "S3:getobject"}, "allow"),
    "action wildcard": ({"Action": ["ec2:*", "s3:Get*"]}, "allow"),
    "every action": ({"Action": "*"}, "allow"),
    "another action": ({"Action": "s3:PutObject"}, "none"),
    "one character more": ({"Action": "s3:GetObject?"}, "none"),
    "not this action": ({"Action": [], "NotAction": "s3:Get*"}, "none"),
    "not another action": ({"Action": [], "NotAction": "s3:Put*"}, "allow"),
    "resource wildcard": ({"Resource": ["arn:aws:s3:::b/*"]}, "allow"),
    "resource question mark": ({"Resource": "arn:aws:s3:::?/folder/key"}, "allow"),
    "resource in another case": ({"Resource": "arn:aws:s3:::B/*"}, "none"),
    "brackets are no wildcard": ({"Resource": "arn:aws:s3:::[b]/folder/key"}, "none"),
    "bucket alone": ({"Resource": "arn:aws:s3:::b"}, "none"),
    "not this resource": ({"Resource": [], "NotResource": "arn:aws:s3:::b/*"}, "none"),
}


@pytest.mark.parametrize(("change", "expected"), ELEMENTS.values(), ids=ELEMENTS)
def test_actions_and_resources_are_matched(change: dict[str, Any], expected: str) -> None:
    assert verdict(_document(ALLOW | change), READ) == expected


CONDITIONS: dict[str, tuple[dict[str, Any], bool]] = {
    "none": ({}, True),
    "equal": ({"StringEquals": {"aws:SourceAccount": "1"}}, True),
    "key in another case": ({"StringEquals": {"AWS:sourceaccount": "1"}}, True),
    "one of": ({"StringEquals": {"aws:SourceAccount": ["2", "1"]}}, True),
    "unequal": ({"StringEquals": {"aws:SourceAccount": "2"}}, False),
    "missing": ({"StringEquals": {"aws:Other": "1"}}, False),
    "missing, if exists": ({"StringEqualsIfExists": {"aws:Other": "1"}}, True),
    "there, if exists": ({"StringEqualsIfExists": {"aws:SourceAccount": "2"}}, False),
    "not equal": ({"StringNotEquals": {"aws:SourceAccount": "1"}}, False),
    "missing is not equal": ({"StringNotEquals": {"aws:Other": "1"}}, True),
    "like": ({"StringLike": {"aws:SourceAccount": "?"}}, True),
    "not like": ({"StringNotLike": {"aws:SourceAccount": "2*"}}, True),
    "bool": ({"Bool": {"aws:SecureTransport": True}}, True),
    "bool as text": ({"Bool": {"aws:SecureTransport": "false"}}, False),
    "number": ({"NumericLessThan": {"aws:SourceAccount": "1.2"}}, True),
    "null of a missing key": ({"Null": {"aws:Other": "true"}}, True),
    "null of a key": ({"Null": {"aws:SourceAccount": "true"}}, False),
    "two operators": ({"StringEquals": {"aws:SourceAccount": "1"}, "Bool": {"aws:SecureTransport": "false"}}, False),
    "two keys": ({"StringEquals": {"aws:SourceAccount": "1", "aws:Other": "1"}}, False),
}


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS.values(), ids=CONDITIONS)
def test_conditions_are_evaluated(condition: dict[str, Any], holds: bool) -> None:
    assert verdict(_document(ALLOW | {"Condition": condition}), READ) == ("allow" if holds else "none")
    assert verdict(_document(DENY | {"Condition": condition}), READ) == ("deny" if holds else "none")


def test_an_unknown_operator_counts_against_the_caller() -> None:
    unknown = {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}}
    assert verdict(_document(ALLOW | unknown), READ) == "none"
    assert verdict(_document(DENY | unknown), READ) == "deny"


PRINCIPALS: dict[str, tuple[Any, str]] = {
    "everybody": ("*", "allow"),
    "everybody of AWS": ({"AWS": "*"}, "allow"),
    "this one": ({"AWS": ["other", "arn:aws:iam::1:role/r"]}, "allow"),
    "another": ({"AWS": "other"}, "none"),
    "a service": ({"Service": "arn:aws:iam::1:role/r"}, "none"),
}


@pytest.mark.parametrize(("principal", "expected"), PRINCIPALS.values(), ids=PRINCIPALS)
def test_principals_are_matched(principal: Any, expected: str) -> None:
    request = PolicyRequest(READ.action, READ.resource, principal=("AWS", "arn:aws:iam::1:role/r"))
    assert verdict(_document(ALLOW | {"Principal": principal}), request) == expected


def test_a_document_may_have_a_single_statement_and_be_a_string() -> None:
    assert verdict('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', READ) == "allow"


def test_a_deny_statement_overrides_other_policies() -> None:
    assert allowed([_document(ALLOW)], READ)
    assert not allowed([_document(ALLOW), _document(DENY)], READ)
    assert not allowed([_document(ALLOW, DENY)], READ)
    assert not allowed([], READ)
