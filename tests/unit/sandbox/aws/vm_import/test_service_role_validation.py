from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox

REFUSED = (
    "InvalidParameter",
    "The service role vmimport provided does not exist or does not have sufficient permissions",
)
KMS = {
    "Effect": "Allow",
    "Action": [
        "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
    ],
    "Resource": "*",
}  # fmt: skip
LICENCES = {
    "Effect": "Allow",
    "Action": [
        "license-manager:GetLicenseConfiguration",
        "license-manager:UpdateLicenseSpecificationsForResource",
        "license-manager:ListLicenseSpecificationsForResource",
    ],
    "Resource": "*",
}


@pytest.fixture
def disk(account: Account, samples: type[Samples]) -> Account:
    """A bucket with a disk, and no role."""
    account.bucket()
    account.put("vm.ova", samples.ova())
    return account


def _without(account: Account, action: str) -> list[dict[str, Any]]:
    return [p | {"Action": [a for a in p["Action"] if a != action]} for p in account.permissions]


def test_fails_without_the_role(disk: Account) -> None:
    assert disk.refused(disk.start) == REFUSED


def test_the_role_of_the_guide_is_sufficient(disk: Account) -> None:
    disk.role()
    assert disk.imported()["Status"] == "completed"


def test_a_role_name_can_be_given(disk: Account) -> None:
    disk.role(name="importer")
    assert disk.imported(RoleName="importer")["Status"] == "completed"
    _, message = disk.refused(disk.start, RoleName="nobody")
    assert "The service role nobody provided" in message


TRUSTS: dict[str, dict[str, Any]] = {
    "another service": {"Principal": {"Service": "ec2.amazonaws.com"}},
    "another external id": {"Condition": {"StringEquals": {"sts:ExternalId": "other"}}},
    "another account": {"Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}},
    "a denial": {"Effect": "Deny"},
    "another action": {"Action": "sts:TagSession"},
}


@pytest.mark.parametrize("change", TRUSTS.values(), ids=TRUSTS)
def test_fails_for_a_role_that_vm_import_cannot_assume(disk: Account, change: dict[str, Any]) -> None:
    disk.role(trust=disk.trust | change)
    assert disk.refused(disk.start) == REFUSED


GOOD_TRUSTS: dict[str, dict[str, Any]] = {
    "no condition": {"Condition": {}},
    "account and arn": {
        "Condition": {
            "StringEquals": {"sts:Externalid": "vmimport", "aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:vmie:*:123456789012:*"},
        }
    },
    "two services": {"Principal": {"Service": ["ec2.amazonaws.com", "vmie.amazonaws.com"]}},
}


@pytest.mark.parametrize("change", GOOD_TRUSTS.values(), ids=GOOD_TRUSTS)
def test_vm_import_can_assume_a_role_with_any_sufficient_trust_policy(disk: Account, change: dict[str, Any]) -> None:
    disk.role(trust=disk.trust | change)
    disk.start()


@pytest.mark.parametrize(
    "action",
    [
        "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "ec2:ModifySnapshotAttribute", "ec2:CopySnapshot",
        "ec2:RegisterImage", "ec2:Describe*",
    ],
)  # fmt: skip
def test_fails_if_the_role_lacks_a_permission(disk: Account, action: str) -> None:
    disk.role(*_without(disk, action))
    assert disk.refused(disk.start) == REFUSED


def test_fails_if_the_role_is_for_another_bucket(disk: Account) -> None:
    disk.role(disk.permissions[0] | {"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}, disk.permissions[1])
    assert disk.refused(disk.start) == REFUSED


def test_fails_if_a_policy_denies_the_role_an_action(disk: Account) -> None:
    denial = {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
    disk.role(*disk.permissions, denial)
    assert disk.refused(disk.start) == REFUSED


def test_fails_if_the_permissions_boundary_allows_less(disk: Account) -> None:
    disk.role()
    boundary = disk.document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    arn = disk.iam.create_policy(PolicyName="boundary", PolicyDocument=boundary)["Policy"]["Arn"]
    disk.iam.put_role_permissions_boundary(RoleName="vmimport", PermissionsBoundary=arn)
    assert disk.refused(disk.start) == REFUSED


def test_an_attached_policy_counts(disk: Account, aws: AwsSandbox) -> None:
    disk.iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=disk.document(disk.trust))
    policy = disk.iam.create_policy(PolicyName="import", PolicyDocument=disk.document(*disk.permissions))
    disk.iam.attach_role_policy(RoleName="vmimport", PolicyArn=policy["Policy"]["Arn"])
    aws.clock.advance(aws.settings.iam_propagation_seconds)
    disk.start()


def test_a_policy_for_tls_only_lets_the_service_read(disk: Account) -> None:
    disk.role()
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::disk-images", "arn:aws:s3:::disk-images/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    disk.s3.put_bucket_policy(Bucket="disk-images", Policy=disk.document(tls))
    disk.start()


def test_fails_if_the_bucket_policy_denies_the_role(disk: Account) -> None:
    disk.role()
    denial = {
        "Effect": "Deny",
        "Principal": {"AWS": "arn:aws:iam::123456789012:role/vmimport"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::disk-images/*",
    }
    disk.s3.put_bucket_policy(Bucket="disk-images", Policy=disk.document(denial))
    assert disk.refused(disk.start) == REFUSED


def test_a_bucket_policy_may_deny_another_role(disk: Account) -> None:
    disk.role()
    denial = {
        "Effect": "Deny",
        "Principal": {"AWS": ["arn:aws:iam::123456789012:role/other"]},
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::disk-images",
    }
    disk.s3.put_bucket_policy(Bucket="disk-images", Policy=disk.document(denial))
    disk.start()


CHANGES = ["role", "inline", "deleted inline", "attached", "detached", "attached policy", "trust"]


@pytest.mark.parametrize("change", CHANGES)
def test_fails_until_a_changed_role_has_propagated(disk: Account, aws: AwsSandbox, change: str) -> None:
    policy = disk.document(*disk.permissions)
    disk.role()
    extra = disk.iam.create_policy(PolicyName="extra", PolicyDocument=policy)["Policy"]["Arn"]
    disk.iam.put_role_policy(RoleName="vmimport", PolicyName="extra", PolicyDocument=policy)
    if change in {"detached", "attached policy"}:
        disk.iam.attach_role_policy(RoleName="vmimport", PolicyArn=extra)
    aws.clock.advance(aws.settings.iam_propagation_seconds)
    disk.start()
    match change:
        case "role":
            for name in ("vmimport", "extra"):
                disk.iam.delete_role_policy(RoleName="vmimport", PolicyName=name)
            disk.iam.delete_role(RoleName="vmimport")
            aws.clock.advance(1000)
            disk.iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=disk.document(disk.trust))
            disk.iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
        case "inline":
            disk.iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
        case "deleted inline":
            disk.iam.delete_role_policy(RoleName="vmimport", PolicyName="extra")
        case "attached":
            disk.iam.attach_role_policy(RoleName="vmimport", PolicyArn=extra)
        case "detached":
            disk.iam.detach_role_policy(RoleName="vmimport", PolicyArn=extra)
        case "attached policy":
            disk.iam.create_policy_version(PolicyArn=extra, PolicyDocument=policy, SetAsDefault=True)
        case "trust":
            document = disk.document(disk.trust)
            disk.iam.update_assume_role_policy(RoleName="vmimport", PolicyDocument=document)
    assert disk.refused(disk.start) == REFUSED
    aws.clock.advance(aws.settings.iam_propagation_seconds - 1)
    assert disk.refused(disk.start) == REFUSED
    aws.clock.advance(1)
    disk.start()


def test_a_rejected_change_does_not_restart_propagation(disk: Account) -> None:
    disk.role()
    again = {"RoleName": "vmimport", "AssumeRolePolicyDocument": disk.document(disk.trust)}
    assert disk.refused(disk.iam.create_role, **again)[0] == "EntityAlreadyExists"
    disk.start()


def test_propagation_can_be_switched_off(disk: Account, aws: AwsSandbox) -> None:
    aws.settings.iam_propagation_seconds = 0
    disk.role()
    disk.start()


def test_a_key_other_than_the_default_requires_kms_permissions(disk: Account, aws: AwsSandbox) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    disk.role()
    assert disk.refused(disk.start, Encrypted=True, KmsKeyId=key) == REFUSED
    disk.start(Encrypted=True)
    disk.role(*disk.permissions, KMS | {"Resource": key}, name="with-kms")
    disk.start(Encrypted=True, KmsKeyId=key, RoleName="with-kms")


def test_license_configurations_require_license_manager_permissions(disk: Account) -> None:
    arn = "arn:aws:license-manager:eu-west-1:123456789012:license-configuration:lic-1"
    specifications = [{"LicenseConfigurationArn": arn}]
    disk.role()
    assert disk.refused(disk.start, LicenseSpecifications=specifications) == REFUSED
    disk.role(*disk.permissions, LICENCES, name="with-licenses")
    disk.start(LicenseSpecifications=specifications, RoleName="with-licenses")


@pytest.mark.parametrize("granted_by", ["nobody", "role", "key"])
def test_an_object_encrypted_with_a_key_requires_the_permission_to_decrypt(
    disk: Account, aws: AwsSandbox, samples: type[Samples], granted_by: str
) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    disk.s3.put_object(Bucket="disk-images", Key="vm.ova", Body=samples.ova(), **sealed)
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    disk.role(*disk.permissions, *([decrypt] if granted_by == "role" else []))
    if granted_by == "key":
        to_role = decrypt | {"Principal": {"AWS": ["arn:aws:iam::123456789012:role/vmimport"]}}
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=disk.document(to_role))
    if granted_by == "nobody":
        assert disk.refused(disk.start) == REFUSED
    else:
        disk.start()
