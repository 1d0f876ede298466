"""getImportImageTask returns what EC2 knows of an import task, by the task or by its AMI."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.functions.conftest import REGION, problems_of
from tests.unit.resources.conftest import STEP_SECONDS, FakeRun

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.lifecycle.function import FunctionError

BUCKET, KEY = "images-of-web", "disks/web.raw"
Call = Callable[..., Any]


@pytest.fixture
def task_id(run: FakeRun, role: str, raw_disk: UserBucket) -> str:
    """A running import task with tags."""
    ec2: Any = run.sandbox.observer("ec2")
    task = ec2.import_image(
        Description="web server",
        DiskContainers=[{"Format": "RAW", "UserBucket": {"S3Bucket": BUCKET, "S3Key": KEY}}],
        LicenseType="BYOL",
        TagSpecifications=[{"ResourceType": "import-image-task", "Tags": [{"Key": "team", "Value": "blue"}]}],
    )
    return str(task["ImportTaskId"])


@pytest.fixture
def ended(run: FakeRun, task_id: str) -> str:
    """The same task, completed."""
    run.sandbox.clock.advance(run.sandbox.settings.import_seconds)
    return task_id


def test_a_running_task_shows_status_progress_and_disk(call: Call, task_id: str, run: FakeRun) -> None:
    run.sandbox.clock.advance(STEP_SECONDS)
    found = call("getImportImageTask", importTaskId=task_id)
    (snapshot,) = found["snapshots"]
    assert found["importTaskId"] == task_id
    assert (found["status"], found["hasFailed"], found.get("imageId")) == ("active", False, None)
    assert isinstance(found["progress"], int)
    assert found["statusMessage"]
    assert (found["description"], found["licenseType"], found["tags"]) == ("web server", "BYOL", {"team": "blue"})
    assert (snapshot["bucket"], snapshot["key"], snapshot["format"]) == (BUCKET, KEY, "RAW")


def test_a_completed_task_has_its_ami_and_the_size_of_each_snapshot(call: Call, ended: str, run: FakeRun) -> None:
    found = call("getImportImageTask", importTaskId=ended)
    (image,) = run.sandbox.observer("ec2").describe_images(Owners=["self"])["Images"]
    (snapshot,) = found["snapshots"]
    assert (found["status"], found["imageId"]) == ("completed", image["ImageId"])
    assert snapshot["snapshotId"] == image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert snapshot["diskImageSizeGib"] > 0


def test_an_ami_leads_to_its_task_by_its_name(call: Call, ended: str, run: FakeRun) -> None:
    (image,) = run.sandbox.observer("ec2").describe_images(Owners=["self"])["Images"]
    assert call("getImportImageTask", imageId=image["ImageId"])["importTaskId"] == ended


def test_a_renamed_ami_leads_to_its_task_by_its_tag(call: Call, ended: str, run: FakeRun) -> None:
    ec2: Any = run.sandbox.observer("ec2")
    (image,) = ec2.describe_images(Owners=["self"])["Images"]
    copy = ec2.copy_image(Name="web", SourceImageId=image["ImageId"], SourceRegion=REGION)["ImageId"]
    with pytest.raises(FunctionError, match=rf"AMI {copy} \(web\) names no import task: .*; set importTaskId"):
        call("getImportImageTask", imageId=copy)
    ec2.create_tags(Resources=[copy], Tags=[{"Key": "vmimport:source-task", "Value": ended}])
    assert call("getImportImageTask", imageId=copy)["importTaskId"] == ended


def test_fails_for_a_task_that_ec2_no_longer_lists(call: Call, ended: str, run: FakeRun) -> None:
    (image,) = run.sandbox.observer("ec2").describe_images(Owners=["self"])["Images"]
    run.sandbox.clock.advance(8 * 24 * 3600)
    with pytest.raises(FunctionError, match=f"EC2 does not list import task {ended} in eu-west-1: check the id"):
        call("getImportImageTask", importTaskId=ended)
    with pytest.raises(FunctionError, match=r"seven days after it ends; read the AMI with aws\.ec2\.get_ami"):
        call("getImportImageTask", imageId=image["ImageId"])


def test_fails_for_an_ami_that_does_not_exist(call: Call) -> None:
    with pytest.raises(FunctionError, match=r"AMI ami-0123456789abcdef0 does not exist in eu-west-1; check the id"):
        call("getImportImageTask", imageId="ami-0123456789abcdef0")


def test_fails_without_an_id_with_two_and_with_an_id_of_another_kind() -> None:
    of = "getImportImageTask"
    one = "expected exactly one of importTaskId and imageId"
    assert problems_of(of, region=REGION) == {"importTaskId": one}
    assert problems_of(of, region=REGION, importTaskId="import-ami-1", imageId="ami-1") == {"importTaskId": one}
    assert problems_of(of, importTaskId="import-snap-1") == {
        "region": "no Region is set; set region, aws:region in the stack's configuration, or AWS_REGION",
        "importTaskId": "expected import-ami-..., got 'import-snap-1'",
    }
    assert problems_of(of, region=REGION, imageId="snap-1") == {"imageId": "expected ami-..., got 'snap-1'"}


def test_a_presigned_url_loses_its_query(call: Call, run: FakeRun, role: str, raw_disk: UserBucket) -> None:
    url = run.sandbox.presigned_url(BUCKET, KEY, 3600)
    task = run.sandbox.observer("ec2").import_image(DiskContainers=[{"Format": "RAW", "Url": url}])
    (snapshot,) = call("getImportImageTask", importTaskId=task["ImportTaskId"])["snapshots"]
    assert "?" in url
    assert "Signature" not in snapshot["url"]
