"""The sandbox allows what the identity policies of the caller allow."""

import json
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


def test_a_call_is_checked_on_each_of_its_resources(aws: AwsSandbox) -> None:
    ec2, region = aws.client("ec2"), aws.region
    copy = {"Name": "copy", "SourceImageId": "ami-0123456789abcdef0", "SourceRegion": region}
    image, snapshot = f"arn:aws:ec2:{region}::image/*", f"arn:aws:ec2:{region}::snapshot/*"
    with aws.permissions.limited_to(policy("ec2:CopyImage", resource=image)):
        assert f"ec2:CopyImage on resource: {snapshot} " in denial(lambda: ec2.copy_image(**copy))
    with aws.permissions.limited_to(policy("ec2:*", resource=image), policy("ec2:CopyImage", resource=snapshot)):
        assert denial(lambda: ec2.copy_image(**copy)).startswith("InvalidAMIID")
    with aws.permissions.limited_to(policy("ec2:DeleteSnapshot", resource=image)):
        assert "::snapshot/snap-0123456789abcdef0 " in denial(
            lambda: ec2.delete_snapshot(SnapshotId="snap-0123456789abcdef0")
        )


def test_a_policy_can_be_limited_to_a_region(aws: AwsSandbox) -> None:
    here = policy("ec2:DescribeImages")
    here["Statement"][0]["Condition"] = {"StringEquals": {"aws:RequestedRegion": [aws.region]}}
    with aws.permissions.limited_to(here):
        aws.client("ec2").describe_images(Owners=["self"])
        assert "ec2:DescribeImages" in denial(lambda: aws.client("ec2", "sa-east-1").describe_images(Owners=["self"]))


@pytest.mark.parametrize("role_name", [None, "importer"])
def test_a_role_must_be_passed_to_vm_import(aws: AwsSandbox, role_name: str | None) -> None:
    ec2 = aws.client("ec2")
    request: dict[str, Any] = {"DiskContainer": {"Format": "RAW", "Url": "https://images.example.com/web.raw"}}
    request |= {"RoleName": role_name} if role_name else {}
    role = f"arn:aws:iam::{aws.account_id}:role/{role_name or 'vmimport'}"
    passing = policy("iam:PassRole", resource=role)
    with aws.permissions.limited_to(policy("ec2:*")):
        assert f"iam:PassRole on resource: {role} because" in denial(lambda: ec2.import_snapshot(**request))
    passing["Statement"][0]["Condition"] = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    with aws.permissions.limited_to(policy("ec2:*"), passing):
        assert "iam:PassRole" in denial(lambda: ec2.import_snapshot(**request))
    passing["Statement"][0]["Condition"] = {"StringEquals": {"iam:PassedToService": "vmie.amazonaws.com"}}
    with aws.permissions.limited_to(policy("ec2:*"), passing):
        assert "iam:PassRole" not in denial(lambda: ec2.import_snapshot(**request))  # the role does not exist


def test_an_explicit_denial_is_worded_as_such(aws: AwsSandbox, bucket: str) -> None:
    s3 = aws.client("s3")
    with aws.permissions.limited_to(policy("s3:*"), policy("s3:PutObject", effect="Deny")):
        denied = denial(lambda: s3.put_object(Bucket=bucket, Key="disks/other", Body=b""))
    assert denied.endswith("with an explicit deny in an identity-based policy")


def test_ec2_can_encode_the_details_of_a_denial(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws.permissions, "encodes_details", True)
    with aws.permissions.limited_to(policy("sts:DecodeAuthorizationMessage")):
        denied = denial(lambda: aws.client("ec2").deregister_image(ImageId="ami-0123456789abcdef0"))
        assert "ec2:DeregisterImage" not in denied
        encoded = denied.rpartition(" ")[2]
        decoded = aws.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    assert json.loads(decoded)["context"]["action"] == "ec2:DeregisterImage"
    assert json.loads(decoded)["context"]["resource"] == f"arn:aws:ec2:{aws.region}::image/ami-0123456789abcdef0"
    assert denial(lambda: aws.client("sts").decode_authorization_message(EncodedMessage="x")).startswith(
        "InvalidAuthorizationMessageException"
    )
