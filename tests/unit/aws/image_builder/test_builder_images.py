"""What the answers of Image Builder mean."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage, rejects_role

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012:image/web/1.0.0/1"


def image(status: str = "DISTRIBUTING", **answer: Any) -> BuilderImage:
    return BuilderImage.read({"arn": ARN, "state": {"status": status}, **answer})


@pytest.mark.parametrize(
    ("status", "expected"),
    [("PENDING", True), ("DISTRIBUTING", True), ("SOMETHING_NEW", True), ("FAILED", False), ("AVAILABLE", False)],
)
def test_an_unknown_status_is_progress(status: str, expected: bool) -> None:
    assert image(status).is_in_progress is expected


def test_an_image_without_optional_members_is_read() -> None:
    read = image()
    assert (read.amis, read.failures, read.targets, read.tags, read.created) == ((), (), (), {}, "")


def test_an_ami_without_an_account_is_that_of_the_image() -> None:
    amis = [{"region": "us-west-2", "image": "ami-1", "name": "web"}, {"region": "us-west-2"}]
    read = image(outputResources={"amis": amis})
    assert [(ami.account, ami.id) for ami in read.amis] == [("123456789012", "ami-1")]
    assert read.own_amis == {"us-west-2": ["ami-1"]}


def test_the_targets_are_the_accounts_of_each_region() -> None:
    distributions = [
        {"region": "eu-west-1", "amiDistributionConfiguration": {"name": "web"}},
        {"region": "us-west-2", "amiDistributionConfiguration": {"targetAccountIds": ["1", "2"]}},
        {"region": "us-east-1", "s3ExportConfiguration": {}},
    ]
    read = image(distributionConfiguration={"arn": "c", "distributions": distributions})
    assert read.targets == (("eu-west-1", None), ("us-west-2", "1"), ("us-west-2", "2"), ("us-east-1", None))


def test_a_failure_is_shown_with_its_step_and_words() -> None:
    failures = [
        {"region": "us-west-2", "targetAccountId": "1", "imageConfigurationStep": "EXPORT_AMI", "errorMessage": "no"},
        {"region": "us-east-1", "status": "TIMED_OUT"},
    ]
    state = {"status": "FAILED", "failureContext": {"distributionFailure": {"regionFailures": failures}}}
    assert list(map(str, image(state=state).failures)) == [
        'us-west-2 (account 1): EXPORT_AMI: "no"',
        'us-east-1: copy of the AMI: "TIMED_OUT"',
    ]


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("InvalidParameterValueException", "The value supplied for parameter 'executionRole' is not valid.", True),
        ("InvalidParameterValueException", "The value supplied for parameter 'sourceImage' is not valid.", False),
        ("AccessDeniedException", "The value supplied for parameter 'executionRole' is not valid.", False),
    ],
)
def test_only_the_rejection_of_the_role_is_waited_for(code: str, message: str, expected: bool) -> None:
    error: Any = {"Error": {"Code": code, "Message": message}}
    assert rejects_role(ClientError(error, "DistributeImage")) is expected
