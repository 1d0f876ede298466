from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Samples
    from tests.unit.sandbox.aws.vm_import.exports.conftest import ImageExporter

    from pulumi_vmimport_sandbox.aws import AwsSandbox

BUCKET = "exports"
NOT_EXPORTABLE = "is not exportable."


def _licensed(images: ImageExporter) -> None:
    images.image.usage_operation = "RunInstances:0002"


def _from_marketplace(images: ImageExporter) -> None:
    images.image.product_codes = {"abc"}


def _large(images: ImageExporter) -> None:
    images.image.ebs_snapshot.volume.size = 1025


def _encrypted(images: ImageExporter) -> None:
    images.image.ebs_snapshot.encrypted = True


def _not_available(images: ImageExporter) -> None:
    images.image.state = "disabled"


REFUSALS = {
    "licensed by AWS": (_licensed, "NotExportable", "software licensed by AWS"),
    "marketplace": (_from_marketplace, "NotExportable", "is a marketplace AMI"),
    "large": (_large, "NotExportable", "larger than 1 TiB"),
    "encrypted": (_encrypted, "InvalidParameter", "has encrypted EBS block devices"),
    "disabled": (_not_available, "IncorrectState", "is disabled"),
}


@pytest.mark.parametrize(("spoil", "code", "words"), REFUSALS.values(), ids=REFUSALS)
def test_fails_for_an_image_that_is_not_exportable(
    images: ImageExporter, aws: AwsSandbox, spoil: Any, code: str, words: str
) -> None:
    spoil(images)
    actual, message = images.refused()
    assert (actual, words in message, message.endswith(NOT_EXPORTABLE)) == (code, True, True)
    assert aws.export_tasks == []


def test_a_volume_of_one_tib_is_exportable(images: ImageExporter) -> None:
    images.image.ebs_snapshot.volume.size = 1024
    images.start()


def test_fails_for_an_image_with_a_license_from_aws(images: ImageExporter, samples: type[Samples]) -> None:
    images.account.put("vm.ova", samples.ova("windows2019srv_64Guest"))
    assert images.refused(ImageId=images.another_image())[0] == "NotExportable"
    image_id = images.account.imported(LicenseType="BYOL")["ImageId"]
    images.start(ImageId=image_id)


def test_fails_for_an_image_shared_by_another_account(images: ImageExporter) -> None:
    image = images.shared_image()
    code, message = images.refused(ImageId=image.id)
    assert (code, "not owned by the current user" in message) == ("NotExportable", True)
    image.launch_permissions.clear()
    assert images.refused(ImageId=image.id)[0] == "InvalidAMIID.NotFound"


def test_fails_for_a_bucket_with_sse_kms(images: ImageExporter) -> None:
    def encrypt(algorithm: str) -> None:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        configuration = {"Rules": [rule]}
        s3 = images.account.s3
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=configuration)

    encrypt("aws:kms")
    code, message = images.refused()
    assert (code, "SSE-KMS" in message) == ("InvalidParameter", True)
    encrypt("AES256")
    images.start()


def test_fails_for_a_bucket_in_another_region_or_a_missing_one(images: ImageExporter) -> None:
    images.account.bucket("far-away", "us-west-2")
    code, message = images.refused(S3ExportLocation={"S3Bucket": "far-away"})
    assert (code, message) == ("InvalidParameter", "The given S3 object is not local to the region.")
    assert images.refused(S3ExportLocation={"S3Bucket": "nowhere"})[0] == "InvalidParameter"


@pytest.mark.parametrize(
    "missing", ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:GetBucketAcl"]
)
def test_fails_if_the_role_cannot_write_to_the_bucket(images: ImageExporter, missing: str) -> None:
    needed = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:GetBucketAcl")
    images.let_role(*(action for action in needed if action != missing))
    code, message = images.refused()
    assert (code, "service role vmimport" in message) == ("InvalidParameter", True)


def test_fails_if_the_bucket_policy_denies_the_role(images: ImageExporter) -> None:
    arn = f"arn:aws:s3:::{BUCKET}/*"
    role = {"AWS": "arn:aws:iam::123456789012:role/vmimport"}
    deny = {"Effect": "Deny", "Principal": role, "Action": "s3:PutObject", "Resource": arn}
    images.account.s3.put_bucket_policy(Bucket=BUCKET, Policy=images.account.document(deny))
    assert images.refused()[0] == "InvalidParameter"


def test_another_role_can_be_named(images: ImageExporter) -> None:
    assert images.refused(RoleName="other")[0] == "InvalidParameter"
    images.account.role({"Effect": "Allow", "Action": "*", "Resource": "*"}, name="other")
    assert images.export(RoleName="other")["RoleName"] == "other"


@pytest.mark.parametrize(
    ("parameters", "word"),
    [({"DiskImageFormat": "VHDX"}, "VHDX"), ({"Description": "d" * 256}, "Description")],
    ids=["format", "description"],
)
def test_fails_for_parameters_that_ec2_rejects(images: ImageExporter, parameters: dict[str, Any], word: str) -> None:
    code, message = images.refused(**parameters)
    assert (code, word in message) == ("InvalidParameterValue", True)
