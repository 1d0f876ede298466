"""More than one account in a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox

STRANGER = "345678901234"


def test_each_account_has_its_own_resources(account: Account, aws: AwsSandbox) -> None:
    other = aws.second_account()
    account.iam.create_role(RoleName="mine", AssumeRolePolicyDocument="{}")
    other.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument="{}")
    volume = other.client("ec2").create_volume(Size=1, AvailabilityZone=f"{aws.region}a")["VolumeId"]
    assert aws.remaining_resources() == [
        "iam role mine",
        f"account {other.account_id}: ec2 eu-west-1 volume {volume} (1 GiB, available)",
        f"account {other.account_id}: iam role theirs",
    ]


def test_an_account_is_identified_by_its_access_key(aws: AwsSandbox) -> None:
    stranger = aws.account(STRANGER)
    sts = boto3.client(
        "sts",
        region_name="us-west-2",
        endpoint_url=aws.endpoint,
        aws_access_key_id=stranger.access_key,
        aws_secret_access_key=stranger.secret_key,
    )
    assert sts.get_caller_identity()["Account"] == STRANGER
    snapshot = stranger.client("ebs").start_snapshot(VolumeSize=1)
    assert snapshot["OwnerId"] == STRANGER


def test_the_first_account_can_assume_the_role_of_another(aws: AwsSandbox) -> None:
    other = aws.second_account()
    role = {"RoleArn": other.role_arn, "RoleSessionName": "first"}
    keys = aws.client("sts").assume_role(**role)["Credentials"]
    sts = boto3.client(
        "sts",
        region_name=aws.region,
        endpoint_url=aws.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert sts.get_caller_identity()["Account"] == other.account_id
    assert other.client("iam").get_role(RoleName=other.role_arn.rpartition("/")[2])


def test_a_second_account_is_in_the_organization_of_the_first(account: Account, aws: AwsSandbox) -> None:
    members = [aws.second_account().account_id for _ in range(2)]
    listed = [found["Id"] for found in aws.client("organizations").list_accounts()["Accounts"]]
    assert listed == [aws.account_id, *members]
    assert aws.account(members[0]).account_id == members[0]


def test_calls_of_all_accounts_are_recorded_except_those_of_observers(aws: AwsSandbox) -> None:
    other = aws.second_account()
    aws.faults.throttle("DescribeAccount")
    other.observer("workspaces").describe_account()
    assert aws.calls.operations == []
    assert aws.faults.waiting == ["DescribeAccount"]
    other.client("ec2").describe_vpcs()
    assert aws.calls.operations == ["DescribeVpcs"]


def test_a_reset_deletes_the_resources_of_all_accounts(account: Account, aws: AwsSandbox) -> None:
    other = aws.second_account()
    for calls in (account.iam, other.client("iam")):
        calls.create_role(RoleName="role", AssumeRolePolicyDocument="{}")
    other.disable_byol()
    aws.reset()
    assert aws.account(other.account_id)
    assert aws.remaining_resources() == []
    assert other.client("workspaces").describe_account()["DedicatedTenancySupport"] == "ENABLED"
