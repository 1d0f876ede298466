"""The stand-in for aws where no AWS is needed."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport_sandbox.standins import aws_functions
from pulumi_vmimport_sandbox.standins.aws_client import Aws, translate_errors
from pulumi_vmimport_sandbox.standins.aws_shapes import from_aws, property_name, to_aws
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected

LOOPBACK = "http://127.0.0.1:1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOOPBACK)
    return Aws({"region": "eu-west-1", "accessKey": "a", "secretKey": "b"})


def member(operation: str, name: str) -> Any:
    shape: Any = botocore.session.get_session().get_service_model("s3").operation_model(operation).input_shape
    return shape.members[name]


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("SSEAlgorithm", "sseAlgorithm"),
        ("KMSMasterKeyID", "kmsMasterKeyId"),
        ("ID", "id"),
        ("BlockPublicAcls", "blockPublicAcls"),
        ("MFADelete", "mfaDelete"),
        ("DaysAfterInitiation", "daysAfterInitiation"),
    ],
)
def test_a_property_has_the_name_that_pulumi_aws_uses(member: str, name: str) -> None:
    assert property_name(member) == name


def test_properties_are_converted_to_parameters_and_responses_to_properties() -> None:
    properties = {
        "rules": [
            {
                "id": "old",
                "status": "Enabled",
                "filter": {"and": {"prefix": "a/", "tags": {"vmimport:stack": "demo"}}},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3},
            }
        ]
    }
    parameters = to_aws(
        member("PutBucketLifecycleConfiguration", "LifecycleConfiguration"), properties, "LifecycleConfiguration"
    )
    assert parameters == {
        "Rules": [
            {
                "ID": "old",
                "Status": "Enabled",
                "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "vmimport:stack", "Value": "demo"}]}},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
            }
        ]
    }
    assert from_aws(parameters) == properties


def test_fails_for_a_property_that_the_api_does_not_have() -> None:
    with pytest.raises(Rejected, match=r"^Rules\.rules\[0\]: unsupported colour; .*bucketKeyEnabled"):
        to_aws(
            member("PutBucketEncryption", "ServerSideEncryptionConfiguration"), {"rules": [{"colour": "red"}]}, "Rules"
        )


@pytest.mark.parametrize("endpoint", [None, "https://s3.eu-west-1.amazonaws.com", "http://192.0.2.1:5000"])
def test_fails_to_reach_any_other_machine(aws: Aws, monkeypatch: pytest.MonkeyPatch, endpoint: str | None) -> None:
    if endpoint is None:
        monkeypatch.delenv("AWS_ENDPOINT_URL")
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(Rejected, match="expected a loopback address in AWS_ENDPOINT_URL, got"):
        aws.client("s3")


def test_fails_to_reach_another_machine_through_the_providers_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOOPBACK)
    aws = Aws({"region": "eu-west-1", "endpoints": '[{"s3": "https://s3.eu-west-1.amazonaws.com"}]'})
    with pytest.raises(Rejected, match="expected a loopback address"):
        aws.client("s3")


def test_fails_for_an_unsupported_provider_setting() -> None:
    with pytest.raises(Rejected, match="provider setting defaultTags; expected one of accessKey, "):
        Aws({"region": "eu-west-1", "defaultTags": "{}"})


def test_fails_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Rejected, match="missing region configuration"):
        Aws({})


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("NoSuchBucketPolicy", NotFound), ("AccessDenied", Rejected), ("ThrottlingException", Rejected)],
)
def test_only_listed_codes_mean_not_found(code: str, outcome: type[Exception]) -> None:
    def call() -> dict[str, Any]:
        raise ClientError({"Error": {"Code": code, "Message": "words of the service"}}, "GetBucketPolicy")

    with pytest.raises(outcome, match=f"^GetBucketPolicy: {code}: words of the service$"):
        translate_errors("GetBucketPolicy", call)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_partition_follows_from_the_region(aws: Aws, region: str, partition: str) -> None:
    aws.region = region
    assert aws_functions.partition(aws, {})["partition"] == partition


def test_a_policy_document_equals_that_of_the_real_provider(aws: Aws) -> None:
    statement = {
        "sid": "Trust",
        "actions": ["sts:AssumeRole"],
        "resources": ["a", "b"],
        "principals": [{"type": "Service", "identifiers": ["vmie.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "sts:Externalid", "values": ["vmimport"]}],
    }
    made = aws_functions.policy_document(aws, {"statements": [statement]})
    assert json.loads(made["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Trust",
                "Effect": "Allow",
                "Principal": {"Service": "vmie.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Resource": ["b", "a"],
                "Condition": {"StringEquals": {"sts:Externalid": "vmimport"}},
            }
        ],
    }
    assert made["id"] == aws_functions.policy_document(aws, {"statements": [statement]})["id"]


def test_fails_for_unsupported_arguments_of_a_policy_document(aws: Aws) -> None:
    with pytest.raises(Rejected, match="does not support sourcePolicyDocuments"):
        aws_functions.policy_document(aws, {"sourcePolicyDocuments": ["{}"]})
    with pytest.raises(Rejected, match="unsupported in a statement: effekt"):
        aws_functions.policy_document(aws, {"statements": [{"effekt": "Deny"}]})
