import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.iam.key_sharing import Recipient
from pulumi_vmimport.resources.rules.encrypted_sharing import image_sharing_problems, key_sharing_problems
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

HERE, THERE = "eu-west-1", "us-west-2"
OTHER, THIRD = "210987654321", "333333333333"
RECIPIENTS = [Recipient(account_id=OTHER), Recipient(account_id=THIRD)]
OWNER = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [OWNER, *statements]})


@pytest.fixture
def copy_of(aws: AwsSandbox, byol_ami: str) -> Callable[..., images.Image]:
    """Makes an encrypted copy of an AMI."""

    def make(run: Any, **encryption: Any) -> images.Image:
        source = {"Name": "encrypted", "SourceImageId": byol_ami, "SourceRegion": HERE}
        copy_id = aws.observer("ec2").copy_image(**source, Encrypted=True, **encryption)["ImageId"]
        aws.clock.advance(aws.settings.copy_image_seconds)
        found = images.find(run.aws, copy_id)
        assert found is not None
        return found

    return make


def reasons(run: Any, image: images.Image, recipients: list[Recipient] = RECIPIENTS) -> list[str]:
    problems = list(image_sharing_problems(run, "launchPermission", image, recipients))
    assert {problem.path for problem in problems} <= {"launchPermission"}
    return [problem.reason for problem in problems]


def test_fails_for_accounts_that_the_key_does_not_admit_until_the_shown_statement_is_added(
    run: Any, aws: AwsSandbox, copy_of: Callable[..., images.Image]
) -> None:
    kms = aws.observer("kms")
    key = kms.create_key(Policy=policy())["KeyMetadata"]
    image = copy_of(run, KmsKeyId=key["Arn"])
    [reason] = reasons(run, image)
    assert f"the policy of KMS key {key['Arn']}, which encrypts AMI {image.id}, and its grants do not allow" in reason
    assert (
        f"kms:DescribeKey, kms:CreateGrant, kms:Decrypt, kms:ReEncrypt* to account {OTHER}, account {THIRD};" in reason
    )
    statement = json.loads(reason.partition("add to the key policy: ")[2])
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{THIRD}:root"]}
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy(statement))
    assert reasons(run, image) == []
    assert run.warnings == []


def test_a_grant_admits_its_account_only(run: Any, aws: AwsSandbox, copy_of: Callable[..., images.Image]) -> None:
    kms = aws.observer("kms")
    key = kms.create_key(Policy=policy())["KeyMetadata"]
    operations = ["DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom"]
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=f"arn:aws:iam::{OTHER}:role/ci", Operations=operations)
    [reason] = reasons(run, copy_of(run, KmsKeyId=key["Arn"]))
    assert f"to account {THIRD};" in reason


def test_fails_for_a_denied_account(run: Any, aws: AwsSandbox, copy_of: Callable[..., images.Image]) -> None:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    denial = {**everyone, "Effect": "Deny", "Principal": {"AWS": THIRD}, "Action": "kms:CreateGrant"}
    key = aws.observer("kms").create_key(Policy=policy(everyone, denial))["KeyMetadata"]["Arn"]
    [reason] = reasons(run, copy_of(run, KmsKeyId=key))
    assert f"denies kms:CreateGrant to account {THIRD}, and no Allow statement or grant can override it" in reason


def test_a_condition_that_preview_cannot_decide_is_a_warning(
    run: Any, aws: AwsSandbox, copy_of: Callable[..., images.Image]
) -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition}
    key = aws.observer("kms").create_key(Policy=policy(everyone))["KeyMetadata"]["Arn"]
    assert reasons(run, copy_of(run, KmsKeyId=key)) == []
    [warning] = run.warnings
    assert f"whether account {OTHER}, account {THIRD} can use KMS key {key}, which encrypts AMI ami-" in warning
    assert "(aws:PrincipalOrgID)" in warning


def test_fails_for_the_key_that_aws_manages(run: Any, copy_of: Callable[..., images.Image]) -> None:
    [reason] = reasons(run, copy_of(run))
    assert "the AWS managed key arn:aws:kms:eu-west-1:123456789012:key/" in reason
    assert "copy it with a customer managed key" in reason


def test_an_unencrypted_ami_and_one_without_recipients_need_no_key(
    run: Any, aws: AwsSandbox, byol_ami: str, copy_of: Callable[..., images.Image]
) -> None:
    unencrypted = images.find(run.aws, byol_ami)
    assert unencrypted is not None
    before = len(aws.calls)
    assert reasons(run, unencrypted) == []
    assert len(aws.calls) == before
    assert reasons(run, copy_of(run), []) == []


@pytest.mark.parametrize("key_id", ["alias/nobody", "arn:aws:kms:eu-west-1:123456789012:key/a"])
def test_fails_for_a_key_that_the_region_of_the_copy_does_not_have(run: Any, key_id: str) -> None:
    aws = run.aws.in_region(THERE)
    [problem] = key_sharing_problems(
        run, aws, "distributions[0].kmsKeyId", key_id, recipients=[], subject=f"the copies in {THERE}"
    )
    assert problem.path == "distributions[0].kmsKeyId"
    assert THERE in problem.reason


def test_the_key_of_a_copy_is_read_in_its_own_region(run: Any, aws: AwsSandbox) -> None:
    key = aws.observer("kms", THERE).create_key(Policy=policy())["KeyMetadata"]["Arn"]
    found = key_sharing_problems(
        run, run.aws.in_region(THERE), "kmsKeyId", key, recipients=RECIPIENTS[:1], subject="the copies"
    )
    assert ["which encrypts the copies, and its grants do not allow" in problem.reason for problem in found] == [True]


def test_a_key_that_cannot_be_read_is_a_warning(
    run: Any, aws: AwsSandbox, copy_of: Callable[..., images.Image]
) -> None:
    image = copy_of(run, KmsKeyId=aws.observer("kms").create_key(Policy=policy())["KeyMetadata"]["Arn"])
    aws.faults.error("GetKeyPolicy", "AccessDeniedException", "no", times=10)
    assert reasons(run, image) == []
    assert len(run.warnings) == 1
    assert "not checked before the run: AccessDeniedException: no" in run.warnings[0]
    aws.faults.clear()
