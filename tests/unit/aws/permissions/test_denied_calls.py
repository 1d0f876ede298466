"""A denied call: its message names the missing action and has the statement to add."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.failed_calls import FailedCall, note_failed_call
from pulumi_vmimport.aws.permissions.denied_calls import describe_service_error

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/ops"


def described(code: str, message: str, operation: str, service: str = "ec2", **members: Any) -> str:
    error = ClientError({"Error": {"Code": code, "Message": message}}, operation)

    def decode(encoded: str) -> str:
        if encoded == "denied":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "DecodeAuthorizationMessage")
        details: str = ENCODED[encoded]
        return details

    note_failed_call(error, FailedCall(service, operation, "eu-west-1", "aws", members, decode))
    return describe_service_error(error)


def statement_in(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text[text.index(": add {") + len(": add ") :])
    return found


def decoded(*, explicit: bool) -> str:
    context = {
        "principal": {"arn": USER},
        "action": "ec2:ImportImage",
        "resource": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:import-image-task/*",
    }
    return json.dumps({"allowed": False, "explicitDeny": explicit, "context": context})


ENCODED = {"implicit": decoded(explicit=False), "explicit": decoded(explicit=True), "damaged": "{"}
NOT_ALLOWED = "You are not authorized to perform this operation."


def not_authorized(action: str, resource: str = "") -> str:
    on = f" on resource: {resource}" if resource else ""
    return f"User: {USER} is not authorized to perform: {action}{on} because no identity-based policy allows the {action} action"


@pytest.mark.parametrize(
    ("action", "resource", "operation", "service", "expected"),
    [
        pytest.param(
            "ec2:DeregisterImage", "arn:aws:ec2:eu-west-1::image/ami-0123", "DeregisterImage", "ec2",
            {"Resource": "arn:aws:ec2:eu-west-1::image/*"}, id="the-id-that-ec2-chooses-becomes-a-wildcard",
        ),
        pytest.param(
            "s3:PutObject", "arn:aws:s3:::images/ova/web.ova", "PutObject", "s3",
            {"Resource": "arn:aws:s3:::images/ova/web.ova"}, id="an-object",
        ),
        pytest.param(
            "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/vmimport", "ImportImage", "ec2",
            {
                "Resource": f"arn:aws:iam::{ACCOUNT}:role/vmimport",
                "Condition": {"StringEquals": {"iam:PassedToService": ["vmie.amazonaws.com"]}},
            }, id="a-role-only-to-its-service",
        ),
        pytest.param(
            "ec2:DescribeImages", "", "DescribeImages", "ec2",
            {"Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}}, id="a-region",
        ),
        pytest.param(
            "ec2:ExportImage", "", "ExportImage", "ec2",
            {"Resource": [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:export-image-task/*", "arn:aws:ec2:eu-west-1::image/*"]},
            id="the-resources-of-the-action",
        ),
        pytest.param(
            "ec2:ExportImage", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:export-image-task/*", "ExportImage", "ec2",
            {"Resource": [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:export-image-task/*", "arn:aws:ec2:eu-west-1::image/*"]},
            id="iam-names-the-first-resource-and-the-statement-has-all",
        ),
        pytest.param(
            "ec2:CreateTags", "arn:aws:ec2:eu-west-1::snapshot/snap-1", "ImportImage", "ec2",
            {"Resource": "arn:aws:ec2:eu-west-1::snapshot/*"}, id="tags-on-one-type",
        ),
    ],
)  # fmt: skip
def test_the_statement_to_add_is_as_narrow_as_aws_allows(
    action: str, resource: str, operation: str, service: str, expected: dict[str, Any]
) -> None:
    text = described("UnauthorizedOperation", not_authorized(action, resource), operation, service)
    assert f"{action} is missing" in text
    assert statement_in(text) == {"Effect": "Allow", "Action": action, **expected}


def test_a_head_request_has_no_details_and_the_statement_comes_from_the_request() -> None:
    text = described("403", "Forbidden", "HeadObject", "s3", Bucket="images", Key="web.ova", VersionId="v1")
    resource = "arn:aws:s3:::images/web.ova"
    assert statement_in(text) == {"Effect": "Allow", "Action": "s3:GetObjectVersion", "Resource": resource}
    text = described("403", "Forbidden", "HeadBucket", "s3", Bucket="images")
    assert statement_in(text) == {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::images"}


def test_an_encoded_message_is_decoded() -> None:
    text = described(
        "UnauthorizedOperation", f"{NOT_ALLOWED} Encoded authorization failure message: implicit", "ImportImage"
    )
    assert "Encoded authorization failure message: ... (in ImportImage), decoded: User: " in text
    assert statement_in(text)["Action"] == "ec2:ImportImage"


@pytest.mark.parametrize("encoded", ["denied", "damaged"])
def test_without_permission_to_decode_the_message_stays_and_the_action_is_a_guess(encoded: str) -> None:
    message = f"{NOT_ALLOWED} Encoded authorization failure message: {encoded}"
    text = described("UnauthorizedOperation", message, "ImportImage")
    assert message in text
    assert "aws sts decode-authorization-message" in text
    assert "probably ec2:ImportImage is missing: add {" in text


DENIALS = [
    f"{NOT_ALLOWED} Encoded authorization failure message: explicit",
    f"User: {USER} is not authorized to perform: ec2:ImportImage with an explicit deny in a service control policy",
    f"User: {USER} is not authorized to perform: ec2:ImportImage with an explicit deny in an identity-based policy",
    f"User: {USER} is not authorized to perform: ec2:ImportImage because no permissions boundary allows the ec2:ImportImage action",
    f"User: {USER} is not authorized to perform: ec2:ImportImage because no session policy allows the ec2:ImportImage action",
]


@pytest.mark.parametrize("message", DENIALS)
def test_a_denial_that_no_permission_overrides_has_no_statement_to_add(message: str) -> None:
    text = described("UnauthorizedOperation", message, "ImportImage")
    assert re.search(r"\(TR-8\d\)", text)
    assert "add {" not in text
    assert "is missing" not in text


def test_the_policy_of_a_resource_needs_the_role_of_the_session_as_its_principal() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run"
    message = (
        f"User: {session} is not authorized to perform: kms:GenerateDataKey on resource: "
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234 because no resource-based policy allows the kms:GenerateDataKey action"
    )
    text = described("AccessDeniedException", message, "PutObject", "s3", Bucket="images", Key="web.ova")
    assert statement_in(text) == {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"},
        "Action": "kms:GenerateDataKey",
        "Resource": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234",
    }


def test_other_errors_are_explained_as_before() -> None:
    assert "is missing" not in described("InvalidParameter", "the disk is too large", "ImportImage")
    assert describe_service_error(ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "X"))
