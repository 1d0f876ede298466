"""Images that exist: copies, who may launch them, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

    from pulumi_vmimport_sandbox.aws import AwsSandbox

HERE, THERE = "eu-west-1", "us-west-2"
OTHER = "210987654321"
ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-exampleorgid"
UNIT = "arn:aws:organizations::123456789012:ou/o-exampleorgid/ou-examplerootid111-exampleouid111"


@pytest.fixture
def image_id(ready: Account) -> str:
    return str(ready.imported()["ImageId"])


def _copy(account: Account, image_id: str, region: str = THERE, **parameters: Any) -> dict[str, Any]:
    """Copy an image and describe the copy when it is finished."""
    ec2 = account.aws.client("ec2", region)
    request = {"Name": "copy", "SourceImageId": image_id, "SourceRegion": HERE, **parameters}
    copy_id = ec2.copy_image(**request)["ImageId"]
    account.aws.clock.advance(account.aws.settings.copy_image_seconds)
    return _described(ec2, copy_id)


def _described(ec2: Any, image_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_images(ImageIds=[image_id])["Images"][0]
    return found


def _of_account(aws: AwsSandbox, account_id: str, region: str = HERE) -> Any:
    """A client of another account."""
    role = f"arn:aws:iam::{account_id}:role/other"
    keys = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="other")["Credentials"]
    return boto3.client(
        "ec2",
        region_name=region,
        endpoint_url=aws.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def _share(account: Account, image_id: str, **permission: str) -> None:
    account.ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [permission]})


def _permissions(account: Account, image_id: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = account.ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")[
        "LaunchPermissions"
    ]
    return found


def _snapshots(image: dict[str, Any]) -> list[str]:
    return [mapping["Ebs"]["SnapshotId"] for mapping in image["BlockDeviceMappings"]]


def test_a_copy_has_its_own_snapshots_and_the_attributes_of_the_image(
    account: Account, aws: AwsSandbox, samples: type[Samples]
) -> None:
    account.ready(data=samples.ova(capacities=(70, 3)))
    image_id = account.imported(BootMode="uefi")["ImageId"]
    source = _described(account.ec2, image_id)
    copied = _copy(account, image_id)
    names = (
        "Architecture",
        "BootMode",
        "EnaSupport",
        "Platform",
        "PlatformDetails",
        "RootDeviceName",
        "UsageOperation",
    )
    assert {name: copied[name] for name in names} == {name: source[name] for name in names}
    assert (copied["Name"], copied["State"], copied["SourceImageId"]) == ("copy", "available", image_id)
    sizes = [[mapping["Ebs"]["VolumeSize"] for mapping in image["BlockDeviceMappings"]] for image in (source, copied)]
    assert sizes == [[70, 3], [70, 3]]
    assert not set(_snapshots(source)) & set(_snapshots(copied))
    there = aws.client("ec2", THERE).describe_snapshots(SnapshotIds=_snapshots(copied))["Snapshots"]
    assert sorted((snapshot["VolumeSize"], snapshot["State"]) for snapshot in there) == [
        (3, "completed"),
        (70, "completed"),
    ]


def test_a_copy_is_pending_until_its_duration_has_passed(account: Account, aws: AwsSandbox, image_id: str) -> None:
    far = aws.client("ec2", THERE)
    copy_id = far.copy_image(Name="copy", SourceImageId=image_id, SourceRegion=HERE)["ImageId"]
    assert _described(far, copy_id)["State"] == "pending"
    request = {"Name": "again", "SourceImageId": copy_id, "SourceRegion": THERE}
    assert account.refused(far.copy_image, **request)[0] == "InvalidAMIID.Unavailable"
    aws.clock.advance(aws.settings.copy_image_seconds)
    assert _described(far, copy_id)["State"] == "available"


@pytest.mark.parametrize("with_tags", [True, False])
def test_tags_are_copied_only_on_request(account: Account, image_id: str, *, with_tags: bool) -> None:
    account.ec2.create_tags(Resources=[image_id], Tags=[{"Key": "team", "Value": "web"}])
    own = [{"ResourceType": kind, "Tags": [{"Key": "of", "Value": kind}]} for kind in ("image", "snapshot")]
    copied = _copy(account, image_id, CopyImageTags=with_tags, TagSpecifications=own)
    tags = {tag["Key"]: tag["Value"] for tag in copied["Tags"]}
    assert tags == ({"team": "web", "of": "image"} if with_tags else {"of": "image"})
    [snapshot] = account.aws.client("ec2", THERE).describe_snapshots(SnapshotIds=_snapshots(copied))["Snapshots"]
    assert snapshot["Tags"] == [{"Key": "of", "Value": "snapshot"}]


def test_a_client_token_gives_the_same_copy(account: Account, aws: AwsSandbox, image_id: str) -> None:
    first = _copy(account, image_id, ClientToken="once")
    assert _copy(account, image_id, ClientToken="once")["ImageId"] == first["ImageId"]
    request = {"Name": "other", "SourceImageId": image_id, "SourceRegion": HERE, "ClientToken": "once"}
    assert account.refused(aws.client("ec2", THERE).copy_image, **request)[0] == "IdempotentParameterMismatch"


@pytest.mark.parametrize("requested", ["own key", "default key", "default of the account", "none"])
def test_a_copy_is_encrypted_as_requested_or_by_default(
    account: Account, aws: AwsSandbox, image_id: str, requested: str
) -> None:
    own = aws.client("kms", THERE).create_key()["KeyMetadata"]["Arn"]
    far = aws.client("ec2", THERE)
    if requested == "default of the account":
        far.enable_ebs_encryption_by_default()
    parameters: dict[str, dict[str, Any]] = {
        "own key": {"Encrypted": True, "KmsKeyId": own},
        "default key": {"Encrypted": True},
    }
    copied = _copy(account, image_id, **parameters.get(requested, {}))
    [snapshot] = far.describe_snapshots(SnapshotIds=_snapshots(copied))["Snapshots"]
    assert snapshot["Encrypted"] is copied["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is (requested != "none")
    assert (snapshot.get("KmsKeyId") == own) is (requested == "own key")


def test_a_copy_of_an_encrypted_image_is_encrypted(ready: Account, aws: AwsSandbox) -> None:
    image_id = ready.imported(Encrypted=True)["ImageId"]
    request = {"Name": "copy", "SourceImageId": image_id, "SourceRegion": HERE}
    code, message = ready.refused(aws.client("ec2", THERE).copy_image, **request, Encrypted=False)
    assert (code, "is encrypted" in message) == ("InvalidRequest", True)
    assert _copy(ready, image_id)["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True


def test_a_copy_fails_if_its_key_cannot_be_used(account: Account, image_id: str) -> None:
    copied = _copy(account, image_id, Encrypted=True, KmsKeyId="11111111-2222-3333-4444-555555555555")
    assert copied["State"] == "failed"
    assert "not accessible" in copied["StateReason"]["Message"]


@pytest.mark.parametrize("source", ["ami-0123456789abcdef0", "deregistered"])
def test_fails_to_copy_an_image_that_does_not_exist(
    account: Account, aws: AwsSandbox, image_id: str, source: str
) -> None:
    if source == "deregistered":
        account.ec2.deregister_image(ImageId=image_id)
        source = image_id
    request = {"Name": "copy", "SourceImageId": source, "SourceRegion": HERE}
    assert account.refused(aws.client("ec2", THERE).copy_image, **request)[0] == "InvalidAMIID.NotFound"


@pytest.mark.parametrize("form", ["LaunchPermission", "OperationType"])
def test_launch_permissions_of_each_kind_are_added_and_removed(account: Account, image_id: str, form: str) -> None:
    permissions = [
        {"UserId": OTHER},
        {"Group": "all"},
        {"OrganizationArn": ORGANIZATION},
        {"OrganizationalUnitArn": UNIT},
    ]
    lists = {"UserIds": [OTHER], "UserGroups": ["all"], "OrganizationArns": [ORGANIZATION]}
    others = {"OrganizationalUnitArns": [UNIT]}
    for word in ("Add", "Remove"):
        if form == "LaunchPermission":
            account.ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={word: permissions})
        else:
            account.ec2.modify_image_attribute(ImageId=image_id, OperationType=word.lower(), **lists, **others)
        assert _permissions(account, image_id) == (permissions if word == "Add" else [])


@pytest.mark.parametrize(
    "permission",
    [{"UserId": "1234"}, {"Group": "some"}, {"OrganizationArn": UNIT}, {"OrganizationalUnitArn": ORGANIZATION}],
    ids=["account", "group", "organization", "unit"],
)
def test_fails_for_an_invalid_launch_permission(account: Account, image_id: str, permission: dict[str, str]) -> None:
    request = {"ImageId": image_id, "LaunchPermission": {"Add": [{"UserId": OTHER}, permission]}}
    assert account.refused(account.ec2.modify_image_attribute, **request)[0] == "InvalidAMIAttributeItemValue"
    assert _permissions(account, image_id) == []


def test_permissions_are_reset(account: Account, image_id: str) -> None:
    _share(account, image_id, UserId=OTHER)
    account.ec2.reset_image_attribute(ImageId=image_id, Attribute="launchPermission")
    assert _permissions(account, image_id) == []


@pytest.mark.parametrize("key", ["default", "own"])
def test_an_image_is_shared_unless_an_aws_managed_key_encrypts_it(ready: Account, aws: AwsSandbox, key: str) -> None:
    own = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    image_id = _copy(
        ready, ready.imported()["ImageId"], HERE, Encrypted=True, **({"KmsKeyId": own} if key == "own" else {})
    )["ImageId"]
    request = {"ImageId": image_id, "LaunchPermission": {"Add": [{"UserId": OTHER}]}}
    if key == "own":
        ready.ec2.modify_image_attribute(**request)
    else:
        code, message = ready.refused(ready.ec2.modify_image_attribute, **request)
        assert (code, "AWS Managed CMK" in message) == ("InvalidParameter", True)
    assert _permissions(ready, image_id) == ([{"UserId": OTHER}] if key == "own" else [])


def test_another_account_sees_a_shared_image_without_its_tags(account: Account, aws: AwsSandbox, image_id: str) -> None:
    account.ec2.create_tags(Resources=[image_id], Tags=[{"Key": "team", "Value": "web"}])
    theirs = _of_account(aws, OTHER)
    assert account.refused(theirs.describe_images, ImageIds=[image_id])[0] == "InvalidAMIID.NotFound"
    _share(account, image_id, UserId=OTHER)
    for found in (
        theirs.describe_images(ImageIds=[image_id]),
        theirs.describe_images(Owners=[aws.account_id]),
        theirs.describe_images(ExecutableUsers=["self"]),
    ):
        [seen] = found["Images"]
        assert (seen["ImageId"], seen["OwnerId"], seen["Tags"]) == (image_id, aws.account_id, [])
    assert _described(account.ec2, image_id)["Tags"]
    request = {"ImageId": image_id, "LaunchPermission": {"Add": [{"Group": "all"}]}}
    assert account.refused(theirs.modify_image_attribute, **request)[0] == "AuthFailure"


@pytest.mark.parametrize("shared_with", ["organization", "unit", "another unit"])
def test_an_image_is_shared_with_the_accounts_of_an_organization(
    account: Account, aws: AwsSandbox, image_id: str, shared_with: str
) -> None:
    organizations = aws.client("organizations")
    organization = organizations.create_organization()["Organization"]["Arn"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = [
        organizations.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"] for name in ("a", "b")
    ]
    member = organizations.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=member, SourceParentId=root, DestinationParentId=units[0]["Id"])
    match shared_with:
        case "organization":
            _share(account, image_id, OrganizationArn=organization)
        case "unit":
            _share(account, image_id, OrganizationalUnitArn=units[0]["Arn"])
        case "another unit":
            _share(account, image_id, OrganizationalUnitArn=units[1]["Arn"])
    seen = _of_account(aws, member).describe_images(Owners=[aws.account_id])["Images"]
    assert bool(seen) is (shared_with != "another unit")


def test_another_account_copies_a_shared_image_if_it_can_read_the_snapshots(
    account: Account, aws: AwsSandbox, image_id: str
) -> None:
    _share(account, image_id, UserId=OTHER)
    theirs = _of_account(aws, OTHER)
    request = {"Name": "theirs", "SourceImageId": image_id, "SourceRegion": HERE}
    code, message = account.refused(theirs.copy_image, **request)
    assert (code, "storage of this ami" in message) == ("InvalidRequest", True)
    for snapshot in _snapshots(_described(account.ec2, image_id)):
        permission = {"Attribute": "createVolumePermission", "OperationType": "add", "UserIds": [OTHER]}
        account.ec2.modify_snapshot_attribute(SnapshotId=snapshot, **permission)
    copy_id = theirs.copy_image(**request)["ImageId"]
    assert _described(theirs, copy_id)["OwnerId"] == OTHER


@pytest.mark.parametrize("kind", ["import", "copy"])
def test_fails_to_delete_a_snapshot_that_an_image_uses(
    account: Account, aws: AwsSandbox, image_id: str, kind: str
) -> None:
    ec2, image = (
        (account.ec2, _described(account.ec2, image_id))
        if kind == "import"
        else (aws.client("ec2", THERE), _copy(account, image_id))
    )
    [snapshot] = _snapshots(image)
    assert account.refused(ec2.delete_snapshot, SnapshotId=snapshot)[0] == "InvalidSnapshot.InUse"
    ec2.deregister_image(ImageId=image["ImageId"])
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_a_copy_is_deregistered_with_its_snapshots(account: Account, aws: AwsSandbox, image_id: str) -> None:
    before = aws.remaining_resources()
    copied = _copy(account, image_id)
    assert [line.split()[:3] for line in aws.remaining_resources() if line not in before] == [
        ["ec2", THERE, "image"],
        ["ec2", THERE, "snapshot"],
    ]
    request = {"ImageId": copied["ImageId"], "DeleteAssociatedSnapshots": True}
    results = aws.client("ec2", THERE).deregister_image(**request)["DeleteSnapshotResults"]
    assert results == [{"SnapshotId": _snapshots(copied)[0], "ReturnCode": "success"}]
    assert aws.remaining_resources() == before
