from typing import Any

import pytest

from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, delegates_to_account, effect, statements

OBJECT = "arn:aws:s3:::images/web.ova"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", **elements}


@pytest.mark.parametrize(
    ("value", "expected"), [("a", ["a"]), (["a", "b"], ["a", "b"]), (("a",), ["a"]), ([], []), ({}, [{}])]
)
def test_one_value_is_a_list_of_one(value: Any, expected: list[Any]) -> None:
    assert as_list(value) == expected


def test_a_document_has_any_number_of_statements() -> None:
    assert statements({}) == []
    assert statements({"Statement": {"Effect": "Allow"}}) == [{"Effect": "Allow"}]
    assert statements({"Statement": [{}, {}]}) == [{}, {}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param([statement()], True, id="exact"),
        pytest.param([statement(Action="S3:getobject")], True, id="action-in-any-case"),
        pytest.param([statement(Action=["s3:PutObject", "s3:Get*"])], True, id="one-of-several-actions"),
        pytest.param([statement(Action="s3:PutObject")], False, id="another-action"),
        pytest.param([statement(Resource="arn:aws:s3:::images/*")], True, id="resource-pattern"),
        pytest.param([statement(Resource="arn:aws:s3:::IMAGES/*")], False, id="resource-in-another-case"),
        pytest.param([statement(Resource=["arn:aws:s3:::other/*", OBJECT])], True, id="one-of-several-resources"),
        pytest.param([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True, id="not-action"),
        pytest.param([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], False, id="excluded-by-not-action"),
        pytest.param(
            [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}], True, id="not-resource"
        ),
        pytest.param(
            [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::images/*"}],
            False,
            id="excluded-by-not-resource",
        ),
        pytest.param([statement(), statement("Deny")], False, id="denied"),
        pytest.param([statement("Deny")], False, id="only-denied"),
        pytest.param(
            [statement(), statement("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})],
            True,
            id="conditional-denial",
        ),
        pytest.param([statement(), statement("Deny", Action="s3:PutObject")], True, id="denial-of-another-action"),
    ],
)
def test_documents_allow_what_a_statement_allows_and_none_denies(given: list[dict[str, Any]], expected: bool) -> None:
    request = Request("s3:GetObject", OBJECT)
    assert (effect([{"Statement": given}], request) is Effect.ALLOW) is expected
    assert (effect([{"Statement": one} for one in given], request) is Effect.ALLOW) is expected


def test_brackets_in_a_pattern_are_no_wildcard() -> None:
    document = {"Statement": statement(Resource="arn:aws:s3:::images/[w]eb.ova")}
    assert effect([document], Request("s3:GetObject", OBJECT)) is Effect.NONE
    assert effect([document], Request("s3:GetObject", "arn:aws:s3:::images/[w]eb.ova")) is Effect.ALLOW


KNOWN = {"aws:securetransport": "true", "aws:principalarn": "arn:aws:iam::1:role/vmimport"}


@pytest.mark.parametrize(
    ("condition", "denies", "allows"),
    [
        pytest.param({}, True, True, id="none"),
        pytest.param({"Bool": {"aws:SecureTransport": "false"}}, False, False, id="without-tls"),
        pytest.param({"Bool": {"aws:SecureTransport": True}}, True, True, id="boolean"),
        pytest.param({"StringNotLike": {"aws:PrincipalArn": ["*:role/ci", "*:user/*"]}}, True, True, id="all-but"),
        pytest.param({"ArnNotLike": {"aws:PrincipalArn": "*:role/vmimp?rt"}}, False, False, id="all-but-this-role"),
        pytest.param({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/vmimport"}}, True, True, id="this-role"),
        pytest.param({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, False, True, id="unknown-key"),
        pytest.param({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False, True, id="unknown-operator"),
        pytest.param({"StringLike": {"aws:PrincipalArn": "*/${aws:username}"}}, False, True, id="variable"),
        pytest.param(
            {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"s3:prefix": "x"}},
            False,
            False,
            id="false-wins",
        ),
        pytest.param({"BoolIfExists": {"aws:SecureTransport": "true"}}, True, True, id="if-exists"),
    ],
)
def test_an_unknown_condition_counts_in_favor_of_the_request(
    condition: dict[str, Any], denies: bool, allows: bool
) -> None:
    request = Request("s3:GetObject", OBJECT, KNOWN)
    denial = {"Statement": [statement(), statement("Deny", Condition=condition)]}
    assert (effect([denial], request) is Effect.DENY) is denies
    assert (effect([{"Statement": statement(Condition=condition)}], request) is Effect.ALLOW) is allows


ROLE, ACCOUNT = "arn:aws:iam::123456789012:role/vmimport", "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize(
    ("principal", "allowed", "denied"),
    [
        pytest.param("*", True, True, id="anyone"),
        pytest.param({"AWS": "*"}, True, True, id="any-account"),
        pytest.param({"AWS": ["arn:aws:iam::123456789012:role/x", ROLE]}, True, True, id="the-role"),
        pytest.param({"AWS": ACCOUNT}, False, True, id="its-account"),
        pytest.param({"AWS": "123456789012"}, False, True, id="the-number-of-its-account"),
        pytest.param({"AWS": "arn:aws:iam::210987654321:root"}, False, False, id="another-account"),
        pytest.param({"Service": "vmie.amazonaws.com"}, False, False, id="a-service"),
    ],
)
def test_the_policy_of_a_resource_names_principals(principal: Any, allowed: bool, denied: bool) -> None:
    request = Request("s3:GetObject", OBJECT, role_arn=ROLE)
    assert (effect([{"Statement": statement(Principal=principal)}], request) is Effect.ALLOW) is allowed
    assert (effect([{"Statement": statement("Deny", Principal=principal)}], request) is Effect.DENY) is denied
    delegates = delegates_to_account({"Statement": statement(Principal=principal)}, request)
    assert delegates is (denied and not allowed)
