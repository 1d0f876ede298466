from typing import Any

import pytest

from pulumi_vmimport.aws.iam.key_sharing import (
    SHARING_ACTIONS,
    Grant,
    KeyAccess,
    Recipient,
    sharing_statements,
)
from pulumi_vmimport.aws.iam.policy_statements import Effect

OTHER, THIRD = "210987654321", "333333333333"
ROOT, ROLE = f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/images"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/a"
ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-a1b2c3d4e5"
UNIT = "arn:aws:organizations::123456789012:ou/o-a1b2c3d4e5/ou-ab12-22222222"
ACCOUNT = Recipient(account_id=OTHER)
OPERATIONS = frozenset({"DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom", "ReEncryptTo"})


def allow(principal: Any, effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    actions = ["kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:ReEncrypt*"]
    return {"Effect": effect, "Principal": principal, "Action": actions, "Resource": "*", **elements}


def deny(principal: Any, **elements: Any) -> dict[str, Any]:
    return allow(principal, "Deny", **elements)


def effects(recipient: Recipient, *statements: dict[str, Any], grants: tuple[Grant, ...] = ()) -> set[Effect]:
    return set(KeyAccess(KEY, {"Statement": list(statements)}, grants).effects(recipient).values())


@pytest.mark.parametrize(
    ("statement", "is_allowed"),
    [
        pytest.param(allow({"AWS": ROOT}), True, id="root"),
        pytest.param(allow({"AWS": OTHER}), True, id="account-id"),
        pytest.param(allow({"AWS": [THIRD, ROOT]}), True, id="one-of-several"),
        pytest.param(allow({"AWS": ROLE}), True, id="a-role-of-the-account"),
        pytest.param(allow("*"), True, id="everyone"),
        pytest.param(allow({"AWS": "*"}), True, id="everyone-as-aws"),
        pytest.param(allow({"AWS": ROOT}, Action="kms:*"), True, id="all-actions"),
        pytest.param(allow({"AWS": ROOT}, Resource=KEY), True, id="key-by-arn"),
        pytest.param(allow({"AWS": THIRD}), False, id="another-account"),
        pytest.param(allow({"AWS": f"arn:aws:iam::{THIRD}:role/images"}), False, id="role-of-another-account"),
        pytest.param(allow({"Service": "ec2.amazonaws.com"}), False, id="a-service"),
        pytest.param(allow("*", Condition={"StringEquals": {"kms:CallerAccount": OTHER}}), True, id="caller-account"),
        pytest.param(allow("*", Condition={"StringEquals": {"kms:CallerAccount": THIRD}}), False, id="other-caller"),
        pytest.param(
            allow("*", Condition={"StringEquals": {"aws:PrincipalAccount": [THIRD, OTHER]}}), True, id="account-key"
        ),
        pytest.param(
            allow({"AWS": ROOT}, Condition={"StringEquals": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}}),
            True,
            id="via-ec2",
        ),
        pytest.param(
            allow({"AWS": ROOT}, Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            False,
            id="via-s3",
        ),
        pytest.param(
            allow({"AWS": ROOT}, Condition={"Bool": {"kms:GrantIsForAWSResource": True}}), True, id="aws-resource"
        ),
        pytest.param(
            allow("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), True, id="unknown-key"
        ),
        pytest.param(
            {"Effect": "Allow", "NotPrincipal": {"AWS": THIRD}, "Action": "kms:*", "Resource": "*"},
            True,
            id="everyone-but-another",
        ),
        pytest.param(
            {"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
            False,
            id="everyone-but-it",
        ),
    ],
)
def test_a_key_policy_allows_an_account_however_it_is_worded(statement: dict[str, Any], is_allowed: bool) -> None:
    assert effects(ACCOUNT, statement) == {Effect.ALLOW if is_allowed else Effect.NONE}


@pytest.mark.parametrize(
    ("partition", "region", "service"),
    [
        ("aws-cn", "cn-north-1", "ec2.cn-north-1.amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "ec2.us-gov-west-1.amazonaws.com"),
    ],
)
def test_a_statement_for_ec2_counts_in_every_partition(partition: str, region: str, service: str) -> None:
    statement = allow(
        {"AWS": f"arn:{partition}:iam::{OTHER}:root"}, Condition={"StringEquals": {"kms:ViaService": service}}
    )
    access = KeyAccess(f"arn:{partition}:kms:{region}:123456789012:key/a", {"Statement": [statement]})
    assert set(access.effects(ACCOUNT).values()) == {Effect.ALLOW}


@pytest.mark.parametrize(
    ("statement", "is_denied"),
    [
        pytest.param(deny({"AWS": ROOT}), True, id="root"),
        pytest.param(deny("*"), True, id="everyone"),
        pytest.param(deny({"AWS": ROLE}), False, id="one-role"),
        pytest.param(deny({"AWS": THIRD}), False, id="another-account"),
        pytest.param(
            deny("*", Condition={"StringNotEquals": {"kms:CallerAccount": "123456789012"}}), True, id="all-but-owner"
        ),
        pytest.param(deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}}), False, id="without-tls"),
        pytest.param(
            deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), False, id="unknown-key"
        ),
        pytest.param(
            {"Effect": "Deny", "NotPrincipal": {"AWS": THIRD}, "Action": "kms:*", "Resource": "*"},
            True,
            id="all-but-another",
        ),
        pytest.param(
            {"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE]}, "Action": "kms:*", "Resource": "*"},
            False,
            id="all-but-a-role-of-it",
        ),
    ],
)
def test_a_denial_counts_if_it_leaves_nobody_in_the_account(statement: dict[str, Any], is_denied: bool) -> None:
    granted = (Grant(ROOT, OPERATIONS),)
    expected = {Effect.DENY if is_denied else Effect.ALLOW}
    assert effects(ACCOUNT, allow({"AWS": ROOT}), statement) == expected
    assert effects(ACCOUNT, statement, grants=granted) == expected


ANOTHER_ROLE = f"arn:aws:iam::{THIRD}:role/images"


@pytest.mark.parametrize(
    ("condition", "is_allowed", "is_denied"),
    [
        pytest.param({"ArnLike": {"aws:PrincipalArn": ANOTHER_ROLE}}, False, False, id="role-of-another-account"),
        pytest.param(
            {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{THIRD}:*"}}, False, False, id="another-account"
        ),
        pytest.param(
            {"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::3*:r*", ANOTHER_ROLE]}}, False, False, id="like"
        ),
        pytest.param({"StringEquals": {"aws:PrincipalArn": ANOTHER_ROLE}}, False, False, id="equals"),
        pytest.param({"StringEqualsIgnoreCase": {"aws:PrincipalArn": ROLE.upper()}}, True, False, id="in-any-case"),
        pytest.param({"StringEquals": {"aws:PrincipalArn": f"{ROOT}*"}}, True, False, id="asterisk-is-a-character"),
        pytest.param({"StringLike": {"aws:PrincipalArn": [ROLE, ANOTHER_ROLE]}}, True, False, id="a-role-of-it"),
        pytest.param(
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/images"}}, True, False, id="a-role-anywhere"
        ),
        pytest.param({"ArnLike": {"aws:PrincipalArn": f"arn:aws:???::{OTHER}:*"}}, True, True, id="all-of-it"),
        pytest.param({"ArnNotLike": {"aws:PrincipalArn": ANOTHER_ROLE}}, True, True, id="all-but-another-account"),
        pytest.param({"StringNotLike": {"aws:PrincipalArn": f"*::{OTHER}:*"}}, False, False, id="all-but-it"),
        pytest.param({"ArnNotLike": {"aws:PrincipalArn": ROLE}}, True, False, id="all-but-a-role-of-it"),
        pytest.param({"Bool": {"aws:PrincipalIsAWSService": "true"}}, False, False, id="services"),
    ],
)
def test_a_condition_on_the_arn_is_compared_with_the_principals_of_the_account(
    condition: dict[str, Any], is_allowed: bool, is_denied: bool
) -> None:
    allowed, denied = allow("*", Condition=condition), deny("*", Condition=condition)
    assert effects(ACCOUNT, allowed) == {Effect.ALLOW if is_allowed else Effect.NONE}
    assert effects(ACCOUNT, allow("*"), denied) == {Effect.DENY if is_denied else Effect.ALLOW}
    assert undecided(ACCOUNT, allowed, denied) == set()


def undecided(recipient: Recipient, *statements: dict[str, Any], grants: tuple[Grant, ...] = ()) -> set[str]:
    return KeyAccess(KEY, {"Statement": list(statements)}, grants).undecided_conditions(recipient)


MINE = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
NOT_MINE = {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def test_the_organization_of_an_account_is_undecided_unless_another_statement_decides() -> None:
    assert undecided(ACCOUNT, allow("*", Condition=MINE)) == {"aws:PrincipalOrgID"}
    assert undecided(ACCOUNT, allow("*", Condition=MINE), allow({"AWS": ROOT})) == set()
    assert undecided(ACCOUNT, allow("*", Condition=MINE), grants=(Grant(ROOT, OPERATIONS),)) == set()
    assert undecided(ACCOUNT, allow("*"), deny("*", Condition=NOT_MINE)) == {"aws:PrincipalOrgID"}
    assert undecided(ACCOUNT, deny({"AWS": ROOT}), allow("*", Condition=MINE)) == set()
    assert undecided(ACCOUNT, allow({"AWS": THIRD}, Condition=MINE)) == set()
    other_account = {"StringEquals": {"kms:CallerAccount": THIRD, "aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert undecided(ACCOUNT, allow("*", Condition=other_account)) == set()


PATHS = "aws:PrincipalOrgPaths"


@pytest.mark.parametrize(
    ("arn", "condition", "is_allowed", "keys"),
    [
        pytest.param(ORGANIZATION, {"StringLike": "o-a1b2c3d4e5/*"}, True, set(), id="organization"),
        pytest.param(ORGANIZATION, {"StringLike": "o-zzzzzzzzzz/*"}, False, set(), id="another-organization"),
        pytest.param(ORGANIZATION, {"StringLike": "o-a1b2c3d4e5/*/ou-ab12-22222222/*"}, True, {PATHS}, id="part-of-it"),
        pytest.param(UNIT, {"StringLike": "o-a1b2c3d4e5/*"}, True, set(), id="organization-of-the-unit"),
        pytest.param(UNIT, {"StringLike": "o-a1b2c3d4e5/*/ou-ab12-22222222/*"}, True, set(), id="unit"),
        pytest.param(UNIT, {"StringLike": "o-zzzzzzzzzz/*/ou-ab12-22222222/*"}, False, set(), id="unit-elsewhere"),
        pytest.param(UNIT, {"StringLike": "o-a1b2c3d4e5/*/ou-ab12-33333333/*"}, True, {PATHS}, id="may-contain-it"),
    ],
)
def test_the_path_in_an_organization_is_compared_with_the_recipient(
    arn: str, condition: dict[str, str], is_allowed: bool, keys: set[str]
) -> None:
    recipient = Recipient(organization_arn=arn)
    [(operator, path)] = condition.items()
    for quantifier in ("ForAnyValue:", "ForAllValues:", ""):
        statement = allow("*", Condition={f"{quantifier}{operator}": {PATHS: path}})
        assert effects(recipient, statement) == {Effect.ALLOW if is_allowed else Effect.NONE}
        assert undecided(recipient, statement) == keys


def test_one_account_or_principal_of_an_organization_is_undecided() -> None:
    organization = Recipient(organization_arn=ORGANIZATION)
    for key, value in (("kms:CallerAccount", OTHER), ("aws:PrincipalArn", ROLE)):
        assert undecided(organization, allow("*", Condition={"StringLike": {key: value}})) == {key}


def test_a_partial_statement_leaves_the_other_actions_missing() -> None:
    policy = {"Statement": [allow({"AWS": ROOT}, Action=["kms:Decrypt", "kms:DescribeKey"])]}
    found = KeyAccess(KEY, policy).effects(ACCOUNT)
    assert [action for action in SHARING_ACTIONS if found[action] is Effect.NONE] == [
        "kms:CreateGrant",
        "kms:ReEncrypt*",
    ]


def test_a_grant_replaces_a_statement_for_its_operations_only() -> None:
    assert effects(ACCOUNT, grants=(Grant(ROLE, OPERATIONS),)) == {Effect.ALLOW}
    assert effects(ACCOUNT, grants=(Grant(f"arn:aws:iam::{THIRD}:root", OPERATIONS),)) == {Effect.NONE}
    found = KeyAccess(KEY, {}, (Grant(ROLE, frozenset({"Decrypt"})),)).effects(ACCOUNT)
    assert [action for action in SHARING_ACTIONS if found[action] is Effect.ALLOW] == ["kms:Decrypt"]


@pytest.mark.parametrize("arn", [ORGANIZATION, UNIT])
def test_an_organization_needs_a_statement_for_everyone_with_its_id(arn: str) -> None:
    organization = Recipient(organization_arn=arn)
    mine = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    another = {"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}}
    assert effects(organization, allow("*", Condition=mine)) == {Effect.ALLOW}
    assert effects(organization, allow("*", Condition=another)) == {Effect.NONE}
    assert effects(organization, allow({"AWS": ROOT})) == {Effect.NONE}
    assert effects(organization, allow("*"), deny({"AWS": ROOT})) == {Effect.ALLOW}


@pytest.mark.parametrize(
    "recipient",
    [
        ACCOUNT,
        Recipient(organization_arn=ORGANIZATION),
        Recipient(organization_arn=UNIT),
    ],
    ids=lambda recipient: recipient.label,
)
def test_the_statement_for_a_recipient_is_what_it_lacks(recipient: Recipient) -> None:
    assert effects(recipient) == {Effect.NONE}
    [statement] = sharing_statements([recipient], "aws")
    assert effects(recipient, statement) == {Effect.ALLOW}


def test_accounts_share_a_statement_and_each_organization_has_its_own() -> None:
    third, unit = Recipient(account_id=THIRD), Recipient(organization_arn=UNIT)
    accounts, units = sharing_statements([ACCOUNT, unit, third], "aws-cn")
    assert accounts["Principal"] == {"AWS": [f"arn:aws-cn:iam::{OTHER}:root", f"arn:aws-cn:iam::{THIRD}:root"]}
    assert units["Condition"] == {
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*/ou-ab12-22222222/*"}
    }
