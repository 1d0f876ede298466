"""The sandbox allows what the identity policies of the caller allow."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox


def policy(*actions: str, resource: str = "*", effect: str = "Allow") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}]}


@pytest.fixture
def bucket(aws: AwsSandbox) -> str:
    s3 = aws.observer("s3")
    s3.create_bucket(Bucket="images-of-web", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket="images-of-web", Key="disks/web.raw", Body=b"x")
    return "images-of-web"


def denial(call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_without_a_policy_every_call_is_allowed(aws: AwsSandbox, bucket: str) -> None:
    aws.client("s3").head_object(Bucket=bucket, Key="disks/web.raw")
    aws.client("ec2").describe_images(Owners=["self"])


def test_a_call_needs_its_action_and_is_denied_in_the_words_of_its_service(aws: AwsSandbox, bucket: str) -> None:
    ec2, s3, iam, workspaces = map(aws.client, ("ec2", "s3", "iam", "workspaces"))
    with aws.permissions.limited_to(policy("s3:GetObject")):
        s3.get_object(Bucket=bucket, Key="disks/web.raw")
        assert denial(lambda: ec2.describe_images(Owners=["self"])).startswith(
            "UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::"
        )
        listed = denial(lambda: s3.list_objects_v2(Bucket=bucket))
        assert listed.startswith("AccessDenied: User: arn:aws:iam::123456789012:user/sandbox is not authorized")
        assert "perform: s3:ListBucket on resource: arn:aws:s3:::images-of-web because no identity-based" in listed
        assert "iam:GetRole on resource: arn:aws:iam::123456789012:role/vmimport" in denial(
            lambda: iam.get_role(RoleName="vmimport")
        )
        assert denial(workspaces.describe_workspace_images).startswith("AccessDeniedException: User: ")
    s3.list_objects_v2(Bucket=bucket)


def test_the_caller_may_always_ask_who_it_is(aws: AwsSandbox) -> None:
    with aws.permissions.limited_to(policy("s3:GetObject")):
        aws.client("sts").get_caller_identity()


def test_tags_in_a_request_need_an_action_of_their_own(aws: AwsSandbox) -> None:
    ec2 = aws.client("ec2")
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}]
    zone = f"{aws.region}a"
    with aws.permissions.limited_to(policy("ec2:CreateVolume")):
        ec2.create_volume(AvailabilityZone=zone, Size=1)
        assert "ec2:CreateTags" in denial(
            lambda: ec2.create_volume(AvailabilityZone=zone, Size=1, TagSpecifications=tags)
        )
    with aws.permissions.limited_to(policy("ec2:CreateVolume", "ec2:CreateTags")):
        ec2.create_volume(AvailabilityZone=zone, Size=1, TagSpecifications=tags)


def test_a_policy_can_be_limited_to_resources_and_can_deny(aws: AwsSandbox, bucket: str) -> None:
    s3 = aws.client("s3")
    with aws.permissions.limited_to(policy("s3:*", resource=f"arn:aws:s3:::{bucket}/disks/*")):
        s3.head_object(Bucket=bucket, Key="disks/web.raw")
        assert "s3:PutObject" in denial(lambda: s3.put_object(Bucket=bucket, Key="other", Body=b""))
    with aws.permissions.limited_to(policy("s3:*"), policy("s3:PutObject", effect="Deny")):
        s3.head_object(Bucket=bucket, Key="disks/web.raw")
        assert "s3:PutObject" in denial(lambda: s3.put_object(Bucket=bucket, Key="disks/other", Body=b""))


def test_observers_are_not_limited(aws: AwsSandbox, bucket: str) -> None:
    with aws.permissions.limited_to(policy("sts:GetCallerIdentity")):
        assert aws.observer("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_the_body_of_a_request_that_is_allowed_reaches_the_service(aws: AwsSandbox) -> None:
    workspaces = aws.client("workspaces")
    with aws.permissions.limited_to(policy("workspaces:DescribeWorkspaceImages")):
        assert workspaces.describe_workspace_images(ImageType="OWNED")["Images"] == []
