from typing import Any

import pytest

from pulumi_vmimport.aws.iam.policy_statements import allows, as_list, statements

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
    assert allows([{"Statement": given}], "s3:GetObject", OBJECT) is expected
    assert allows([{"Statement": one} for one in given], "s3:GetObject", OBJECT) is expected
