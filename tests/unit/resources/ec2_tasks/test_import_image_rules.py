from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, LicenseSpecification, UserBucket
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import UNKNOWN
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportImageLifecycle()
NewRun = Callable[..., Any]
OBJECT = "https://images-of-web.s3.eu-west-1.amazonaws.com/disks/web.raw"


@pytest.fixture
def inputs(image_inputs: ImportImageInputs) -> ImportImageInputs:
    return image_inputs


def problems(**values: Any) -> list[tuple[str, str]]:
    bag = {
        "region": "eu-west-1",
        "diskContainers": [{"userBucket": {"s3Bucket": "images", "s3Key": "k.raw"}}],
        **values,
    }
    inputs, found = read_bag(ImportImageInputs, bag)
    return [(p.path, p.reason) for p in [*found, *lifecycle.check(inputs)]]


def test_valid_inputs_have_no_problem() -> None:
    assert problems() == []


def test_only_too_many_disks_have_a_remedy() -> None:
    assert problems(diskContainers=[])[0][1].endswith("got 0")


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"diskContainers": []}, "diskContainers", "got 0", id="no-disk"),
        pytest.param(
            {"diskContainers": [{"snapshotId": "snap-1"}] * 22},
            "diskContainers",
            "got 22; import the others with ImportSnapshot",
            id="too-many-disks",
        ),
        pytest.param({"diskContainers": [{}]}, "diskContainers[0]", "got 0", id="no-source"),
        pytest.param(
            {"diskContainers": [{"url": "s3://images/k", "snapshotId": "s"}]},
            "diskContainers[0]",
            "got 2",
            id="two-sources",
        ),
        pytest.param({"diskContainers": [{"url": "ftp://b"}]}, "diskContainers[0].url", "got 'ftp://b'", id="no-url"),
        pytest.param(
            {"diskContainers": [{"url": "s3://images"}]}, "diskContainers[0].url", "got 's3://images'", id="no-key"
        ),
        pytest.param(
            {"diskContainers": [{"url": "https://"}]}, "diskContainers[0].url", "got 'https://'", id="no-host"
        ),
        pytest.param(
            {"diskContainers": [{"url": "https://[b/k"}]}, "diskContainers[0].url", "https://[b", id="bad-host"
        ),
        pytest.param(
            {"diskContainers": [{"userBucket": {"s3Bucket": "Images/", "s3Key": "k"}}]},
            "diskContainers[0].userBucket.s3Bucket",
            "got 'Images/'",
            id="bucket-name",
        ),
        pytest.param(
            {"diskContainers": [{"userBucket": {"s3Bucket": "images", "s3Key": ""}}]},
            "diskContainers[0].userBucket.s3Key",
            "expected a key of 1 to 1024 bytes, got 0",
            id="empty-key",
        ),
        pytest.param(
            {"kmsKeyId": " ", "encrypted": True}, "kmsKeyId", "expected a KMS key, got ' '", id="empty-kms-key"
        ),
        pytest.param(
            {"diskContainers": [{"format": "QCOW2", "url": "s3://images/k"}]},
            "diskContainers[0].format",
            "expected one of OVA, VHD, VHDX, VMDK, RAW, got 'QCOW2'",
            id="unknown-format",
        ),
        pytest.param(
            {"diskContainers": [{"format": "VMDK", "url": "s3://images/k.ova"}]},
            "diskContainers[0].format",
            "VMDK does not match the key 'k.ova'",
            id="format-and-key",
        ),
        pytest.param(
            {"diskContainers": [{"format": "OVA", "url": "s3://images/k.ova"}, {"url": "s3://images/l"}]},
            "diskContainers[0].format",
            "expected an OVA as the only container, got 2",
            id="ova-and-disk",
        ),
        pytest.param({"licenseType": "MIT"}, "licenseType", "expected one of AWS, BYOL, got 'MIT'", id="license"),
        pytest.param(
            {"licenseType": "BYOL", "usageOperation": "RunInstances:0800"},
            "usageOperation",
            "cannot be combined with licenseType",
            id="license-and-usage",
        ),
        pytest.param(
            {"licenseType": "AWS", "platform": "Linux"},
            "licenseType",
            "expected BYOL for platform Linux, got AWS",
            id="linux-from-aws",
        ),
        pytest.param(
            {"usageOperation": "RunInstances:0002", "platform": "linux"},
            "usageOperation",
            "platform Linux, got RunInstances:0002 for Windows",
            id="usage-and-platform",
        ),
        pytest.param({"bootMode": "uefi-preferred"}, "bootMode", "legacy-bios, uefi", id="boot-mode"),
        pytest.param({"kmsKeyId": "alias/a"}, "kmsKeyId", "requires encrypted = true", id="key-without-encryption"),
        pytest.param(
            {"diskContainers": [{"snapshotId": "snap-1"}], "bootMode": "uefi"},
            "platform",
            "is required for bootMode uefi and an EBS snapshot",
            id="uefi-snapshot",
        ),
        pytest.param(
            {"bootMode": "uefi", "architecture": "i386", "skipOperatingSystemCheck": True},
            "architecture",
            "expected x86_64 for bootMode uefi",
            id="uefi-32",
        ),
        pytest.param({"architecture": "i386"}, "architecture", "32-bit systems since 2026-04-01", id="32-bit"),
        pytest.param({"roleName": "a b"}, "roleName", "got 'a b'", id="role-name"),
        pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1, got 0", id="timeout"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags.aws:x", "does not start with aws:", id="reserved-tag"),
        pytest.param({"tags": {str(i): "" for i in range(41)}}, "tags", "at most 40 tags, got 41", id="too-many-tags"),
        pytest.param({"region": None}, "region", "no Region is set", id="no-region"),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str) -> None:
    found = problems(**values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


def test_unknown_inputs_are_not_checked() -> None:
    names = ["diskContainers", "licenseType", "usageOperation", "kmsKeyId", "encrypted", "tags", "roleName", "region"]
    assert [p for p, _ in problems(**dict.fromkeys(names[:2] + names[3:], UNKNOWN))] == []


def preflight(run: Any, inputs: ImportImageInputs) -> dict[str, str]:
    return {p.path: p.reason for p in lifecycle.preflight(run, inputs)}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        pytest.param({"encrypted": True}, "encrypted", id="encrypted"),
        pytest.param({"platform": "Linux"}, "platform", id="linux"),
        pytest.param({"architecture": "i386", "skipOperatingSystemCheck": True}, "architecture", id="32-bit"),
        pytest.param({"licenseType": "AWS"}, "licenseType", id="licensed-by-aws"),
        pytest.param({"usageOperation": "RunInstances:0002"}, "usageOperation", id="billed-with-license"),
        pytest.param({"operatingSystem": "Windows Server 2022"}, "operatingSystem", id="server"),
        pytest.param({"operatingSystem": "Windows 8.1"}, "operatingSystem", id="windows-8"),
        pytest.param({"operatingSystem": "Ubuntu 24.04"}, "operatingSystem", id="ubuntu"),
    ],
)
@pytest.mark.parametrize("profile", ["byol-workspaces", "workspaces-byol"])
def test_fails_for_inputs_that_rule_out_a_byol_image(values: dict[str, Any], path: str, profile: str) -> None:
    assert problems(**values) == []
    assert [found for found, _ in problems(imageProfile=profile, **values)] == [path]


def test_the_check_of_the_system_of_a_byol_image_can_be_skipped() -> None:
    system = {"imageProfile": "byol-workspaces", "operatingSystem": "Windows Server 2022"}
    assert problems(**system, skipOperatingSystemCheck=True) == []
    assert problems(imageProfile="byol-workspaces", operatingSystem="Windows 11 Enterprise", licenseType="BYOL") == []


def test_preflight_detects_ebs_encryption_by_default_for_a_byol_image(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    byol = replace(inputs, image_profile=ImageProfile.BYOL_WORKSPACES, encrypted=False)
    assert "imageProfile" not in preflight(new_run(), byol)
    aws.observer("ec2").enable_ebs_encryption_by_default()
    assert "EBS encryption by default is enabled in eu-west-1" in preflight(new_run(), byol)["imageProfile"]
    assert preflight(new_run(), inputs) == {}
    promised = new_run(supplied=("region",))
    assert "imageProfile" not in preflight(promised, byol)
    assert any("EBS encryption by default is enabled" in warning for warning in promised.warnings)


def test_a_setting_that_cannot_be_read_is_a_warning(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    aws.faults.deny("GetEbsEncryptionByDefault")
    assert "imageProfile" not in preflight(run, replace(inputs, image_profile=ImageProfile.BYOL_WORKSPACES))
    assert any("EBS encryption by default in eu-west-1 not checked" in warning for warning in run.warnings)


def test_preflight_finds_no_problem_with_valid_inputs(run: Any, inputs: ImportImageInputs) -> None:
    assert preflight(run, inputs) == {}


def test_preflight_reports_bucket_object_and_role_at_once(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    containers = tuple(
        ImageDiskContainer(user_bucket=UserBucket(bucket, key))
        for bucket, key in (("far-away", "k"), ("nowhere", "k"), ("images-of-web", "/missing"))
    )
    wrong = replace(inputs, disk_containers=containers, role_name="nobody")
    found = preflight(new_run(), wrong)
    assert "is in us-east-1, expected eu-west-1" in found["diskContainers[0].userBucket"]
    assert "bucket 'nowhere' does not exist" in found["diskContainers[1].userBucket"]
    assert found["diskContainers[2].userBucket"] == (
        "object '/missing' does not exist in bucket 'images-of-web'; upload it first, or set the key to 'missing'"
    )
    assert "role 'nobody' does not exist" in found["roleName"]
    promised = preflight(new_run(supplied=("diskContainers", "roleName")), wrong)
    assert list(promised) == ["diskContainers[0].userBucket"]


def test_preflight_reports_the_permissions_that_the_role_lacks(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    aws.observer("iam").delete_role_policy(RoleName="vmimport", PolicyName="vmimport")
    licenses = (LicenseSpecification("arn:aws:license-manager:eu-west-1:123456789012:license-configuration:lic-1"),)
    found = lifecycle.preflight(run, replace(inputs, license_specifications=licenses))
    read, create, license = [problem.reason for problem in found if problem.path == "roleName"]
    (container,) = inputs.disk_containers
    assert container.user_bucket is not None
    assert f"s3:GetObject on arn:aws:s3:::images-of-web/{container.user_bucket.s3_key}" in read
    assert "ec2:RegisterImage on *" in create
    assert "license-manager:GetLicenseConfiguration on *" in license


def test_preflight_fails_for_a_missing_snapshot(run: Any, inputs: ImportImageInputs) -> None:
    containers = tuple(ImageDiskContainer(snapshot_id=id) for id in ("snap-0123456789abcdef0", "nonsense"))
    found = preflight(run, replace(inputs, disk_containers=containers))
    assert found["diskContainers[0].snapshotId"] == "snapshot 'snap-0123456789abcdef0' does not exist in eu-west-1"
    assert "diskContainers[1].snapshotId" in found


def presigned(valid_for: timedelta) -> str:
    signed_at = datetime.now(UTC) - timedelta(minutes=10)
    seconds = int((valid_for + timedelta(minutes=10)).total_seconds())
    return f"{OBJECT}?X-Amz-Date={signed_at:%Y%m%dT%H%M%SZ}&X-Amz-Expires={seconds}&X-Amz-Signature=feed"


@pytest.mark.parametrize(
    ("valid_for", "is_refused", "is_warned"),
    [
        pytest.param(timedelta(minutes=-5), True, False, id="expired"),
        pytest.param(timedelta(minutes=50), True, False, id="expires-while-EC2-converts"),
        pytest.param(timedelta(hours=3), False, True, id="may-expire"),
        pytest.param(timedelta(hours=7), False, False, id="long-enough"),
    ],
)
def test_a_presigned_url_must_outlive_the_import(
    run: Any, inputs: ImportImageInputs, valid_for: timedelta, is_refused: bool, is_warned: bool
) -> None:
    container = ImageDiskContainer(url=presigned(valid_for))
    found = preflight(run, replace(inputs, disk_containers=(container,)))
    assert list(found) == (["diskContainers[0].url"] if is_refused else [])
    assert any("diskContainers[0].url expires at 20" in warning for warning in run.warnings) == is_warned
    assert "feed" not in str(found) + str(run.warnings)
    assert all("expires at 20" in reason and "at least 1 hour" in reason for reason in found.values())


def test_preflight_fails_for_a_key_that_ebs_cannot_use(run: Any, inputs: ImportImageInputs, aws: AwsSandbox) -> None:
    kms = aws.observer("kms")
    good = kms.create_key()["KeyMetadata"]["KeyId"]
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    disabled = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=disabled)
    reasons = {
        key: preflight(run, replace(inputs, encrypted=True, kms_key_id=key)).get("kmsKeyId")
        for key in (good, signing, disabled, "alias/nobody", "arn:aws:kms:us-east-1:123456789012:key/a")
    }
    assert reasons.pop(good) is None
    for reason, words in zip(
        reasons.values(),
        (
            "has key spec RSA_2048",
            "is Disabled",
            "does not exist in eu-west-1",
            "is in us-east-1, expected a key in eu-west-1",
        ),
        strict=True,
    ):
        assert reason is not None
        assert words in reason
    assert (
        "kms:CreateGrant on arn:aws:kms:"
        in preflight(run, replace(inputs, encrypted=True, kms_key_id=good))["roleName"]
    )
    aws.faults.deny("kms:DescribeKey")
    assert preflight(run, replace(inputs, encrypted=True, kms_key_id=good)) == {}
    assert "not checked before the run: AccessDenied" in run.warnings[-1]
