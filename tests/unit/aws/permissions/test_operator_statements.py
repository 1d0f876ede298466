"""The statements of OperatorPolicy: as narrow as AWS allows."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.permissions.needed_actions import NeededActions
from pulumi_vmimport.aws.permissions.operator_statements import (
    PolicyScope,
    counted_characters,
    guide_policy,
    operator_policy,
)

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SCOPE = PolicyScope(
    partition="aws",
    account_id="123456789012",
    regions=("eu-west-1",),
    buckets=("images-of-web/ova/",),
    role_names=("vmimport",),
)
# The policy of https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
GUIDE = """
{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetObject","s3:PutObject"],
 "Resource":["arn:aws:s3:::mys3bucket","arn:aws:s3:::mys3bucket/*"]},
{"Effect":"Allow","Action":["ec2:CancelConversionTask","ec2:CancelExportTask","ec2:CreateImage",
"ec2:CreateInstanceExportTask","ec2:CreateTags","ec2:DescribeConversionTasks","ec2:DescribeExportTasks",
"ec2:DescribeExportImageTasks","ec2:DescribeImages","ec2:DescribeInstanceStatus","ec2:DescribeInstances",
"ec2:DescribeSnapshots","ec2:DescribeTags","ec2:ExportImage","ec2:ImportInstance","ec2:ImportVolume",
"ec2:StartInstances","ec2:StopInstances","ec2:TerminateInstances","ec2:ImportImage","ec2:ImportSnapshot",
"ec2:DescribeImportImageTasks","ec2:DescribeImportSnapshotTasks","ec2:CancelImportTask"],"Resource":"*"}]}
"""


def limits(*actions: str, implied: tuple[str, ...] = (), scope: PolicyScope = SCOPE) -> dict[str, Any]:
    """The Resource and Condition of each action of a policy."""
    document = operator_policy([NeededActions(frozenset(actions), frozenset(implied))], scope)
    found: dict[str, Any] = {}
    for statement in document["Statement"]:
        of = statement["Action"]
        for action in [of] if isinstance(of, str) else of:
            assert action not in found
            found[action] = (statement["Resource"], statement.get("Condition"))
    return found


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:ListBucket", "arn:aws:s3:::images-of-web"),
        ("s3:PutObject", "arn:aws:s3:::images-of-web/ova/*"),
        ("iam:GetRole", "arn:aws:iam::123456789012:role/vmimport"),
        ("iam:GetPolicy", ["arn:aws:iam::123456789012:policy/*", "arn:aws:iam::aws:policy/*"]),
        ("kms:DescribeKey", "arn:aws:kms:eu-west-1:123456789012:key/*"),
        ("ec2:DeregisterImage", "arn:aws:ec2:eu-west-1::image/*"),
        ("ebs:PutSnapshotBlock", "arn:aws:ec2:eu-west-1::snapshot/*"),
        ("workspaces:DeleteWorkspaceImage", "arn:aws:workspaces:eu-west-1:*:workspaceimage/*"),
        ("organizations:DescribeAccount", "arn:aws:organizations::*:account/o-*/*"),
    ],
)
def test_an_action_is_limited_to_its_resources(action: str, resource: Any) -> None:
    assert limits(action) == {action: (resource, None)}


def test_an_action_that_aws_cannot_limit_is_limited_to_regions_unless_its_service_is_global() -> None:
    scope = replace(SCOPE, regions=("eu-west-1", "us-east-1"))
    here = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}
    found = limits("ec2:DescribeImages", "workspaces:DescribeTags", "organizations:DescribeOrganization", scope=scope)
    assert found == {
        "ec2:DescribeImages": ("*", here),
        "workspaces:DescribeTags": ("*", here),
        "organizations:DescribeOrganization": ("*", None),
    }


def test_a_role_is_passed_only_to_the_service_that_assumes_it() -> None:
    found = limits("ec2:ImportImage", implied=("iam:PassRole",))["iam:PassRole"]
    condition = {"StringEquals": {"iam:PassedToService": ["vmie.amazonaws.com"]}}
    assert found == ("arn:aws:iam::123456789012:role/vmimport", condition)


def test_tags_and_cancellation_are_limited_to_what_the_other_actions_create() -> None:
    found = limits("ec2:ImportSnapshot", "ec2:CreateTags", "ec2:CancelImportTask")
    expected = ["arn:aws:ec2:eu-west-1:123456789012:import-snapshot-task/*", "arn:aws:ec2:eu-west-1::snapshot/*"]
    assert found["ec2:CreateTags"][0] == expected
    assert found["ec2:CancelImportTask"][0] == expected[0]


def test_a_key_is_used_only_if_it_is_named_and_only_through_s3() -> None:
    assert "kms:Decrypt" not in limits("s3:PutObject", implied=("kms:Decrypt",))
    scope = replace(SCOPE, kms_key_arns=(KEY,))
    through_s3 = {"StringEquals": {"kms:ViaService": ["s3.eu-west-1.amazonaws.com"]}}
    assert limits("s3:PutObject", implied=("kms:Decrypt",), scope=scope)["kms:Decrypt"] == (KEY, through_s3)


@pytest.mark.parametrize(
    ("partition", "region", "via"),
    [
        ("aws-cn", "cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"),
    ],
)
def test_arns_have_the_partition(partition: str, region: str, via: str) -> None:
    key = f"arn:{partition}:kms:{region}:123456789012:key/1234abcd"
    scope = replace(SCOPE, partition=partition, regions=(region,), kms_key_arns=(key,))
    found = limits("s3:PutObject", "ec2:DeleteSnapshot", implied=("kms:Decrypt",), scope=scope)
    assert found["s3:PutObject"][0] == f"arn:{partition}:s3:::images-of-web/ova/*"
    assert found["ec2:DeleteSnapshot"][0] == f"arn:{partition}:ec2:{region}::snapshot/*"
    assert found["kms:Decrypt"] == (key, {"StringEquals": {"kms:ViaService": [via]}})


def test_no_policy_has_to_allow_get_caller_identity() -> None:
    assert limits("sts:GetCallerIdentity") == {}


def test_an_action_that_the_table_lacks_is_limited_to_regions() -> None:
    assert limits("ec2:SomethingNew")["ec2:SomethingNew"][0] == "*"


def test_two_kinds_share_a_statement_where_their_limits_are_the_same() -> None:
    kinds = [NeededActions(frozenset({f"ec2:{name}"})) for name in ("DeregisterImage", "ModifyImageAttribute")]
    (statement,) = operator_policy(kinds, SCOPE)["Statement"]
    assert statement["Action"] == ["ec2:DeregisterImage", "ec2:ModifyImageAttribute"]


def test_the_preset_is_the_policy_of_the_guide() -> None:
    scope = replace(SCOPE, buckets=("mys3bucket",))
    assert guide_policy(scope) == json.loads(GUIDE)
    assert guide_policy(scope, creates_buckets=True)["Statement"][0]["Action"][-1] == "s3:CreateBucket"
    assert (
        guide_policy(replace(scope, partition="aws-cn"))["Statement"][0]["Resource"][0] == "arn:aws-cn:s3:::mys3bucket"
    )


def test_white_space_does_not_count() -> None:
    assert counted_characters({"Sid": "a b"}) == len('{"Sid":"ab"}')
