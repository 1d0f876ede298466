"""Tags of import tasks, which moto refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

    from pulumi_vmimport_sandbox.aws import AwsSandbox


def test_task_tags_are_created_changed_and_listed(ready: Account) -> None:
    tags = [{"ResourceType": "import-image-task", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}]
    task_id = ready.start(TagSpecifications=tags)
    ready.ec2.create_tags(Resources=[task_id], Tags=[{"Key": "a", "Value": "9"}, {"Key": "c", "Value": "3"}])
    ready.ec2.delete_tags(Resources=[task_id], Tags=[{"Key": "b"}, {"Key": "c", "Value": "not this"}])
    expected = [{"Key": "a", "Value": "9"}, {"Key": "c", "Value": "3"}]
    assert ready.task(task_id)["Tags"] == expected
    found = ready.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [task_id]}])["Tags"]
    assert [(t["Key"], t["ResourceType"]) for t in found] == [("a", "import-image-task"), ("c", "import-image-task")]
    by_type = [{"Name": "resource-type", "Values": ["import-image-task"]}, {"Name": "key", "Values": ["c"]}]
    assert [t["Value"] for t in ready.ec2.describe_tags(Filters=by_type)["Tags"]] == ["3"]


def test_one_call_tags_tasks_and_other_resources(ready: Account) -> None:
    image_id = ready.imported()["ImageId"]
    task_id = ready.start()
    ready.ec2.create_tags(Resources=[task_id, image_id], Tags=[{"Key": "k", "Value": "v"}])
    assert ready.task(task_id)["Tags"] == [{"Key": "k", "Value": "v"}]
    [image] = ready.ec2.describe_images(ImageIds=[image_id])["Images"]
    assert image["Tags"] == [{"Key": "k", "Value": "v"}]
    assert len(ready.ec2.describe_tags(Filters=[{"Name": "key", "Values": ["k"]}])["Tags"]) == 2


TAG_FAULTS = {
    "reserved": ({"Key": "aws:mine", "Value": "v"}, "InvalidParameterValue"),
    "long key": ({"Key": "k" * 128, "Value": "v"}, "InvalidParameterValue"),
}


@pytest.mark.parametrize(("tag", "code"), TAG_FAULTS.values(), ids=TAG_FAULTS)
def test_fails_for_tags_that_ec2_rejects(ready: Account, tag: dict[str, str], code: str) -> None:
    task_id = ready.start()
    assert ready.refused(ready.ec2.create_tags, Resources=[task_id], Tags=[tag])[0] == code
    specification = [{"ResourceType": "import-image-task", "Tags": [tag]}]
    assert ready.refused(ready.start, TagSpecifications=specification)[0] == code


def test_fails_for_more_than_fifty_tags(ready: Account) -> None:
    task_id = ready.start()
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    assert ready.refused(ready.ec2.create_tags, Resources=[task_id], Tags=tags)[0] == "TagLimitExceeded"
    assert ready.task(task_id)["Tags"] == []


def test_fails_to_tag_an_image_through_its_import(ready: Account, aws: AwsSandbox) -> None:
    specification = [{"ResourceType": "image", "Tags": [{"Key": "k", "Value": "v"}]}]
    code, message = ready.refused(ready.start, TagSpecifications=specification)
    assert (code, "'image' is not a valid taggable resource type" in message) == ("InvalidParameterValue", True)
    assert aws.import_tasks == []


def test_fails_to_tag_a_task_that_does_not_exist(account: Account) -> None:
    tags = [{"Key": "k", "Value": "v"}]
    code, _ = account.refused(account.ec2.create_tags, Resources=["import-ami-0123456789abcdef0"], Tags=tags)
    assert code == "InvalidID"
