"""The AMI of ImportImage after the import: changed, interrupted and missing tags."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.resources.source_tags import other_tags

from pulumi_vmimport.aws.ec2.import_options import DiskFormat, LicenseType, Platform
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, UserBucket
from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.schema import replacing_properties
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KEY = "web.raw"
lifecycle = ImportImageLifecycle()
NewRun = Callable[..., Any]


@pytest.fixture
def inputs(aws: AwsSandbox, bucket: str, role: str) -> ImportImageInputs:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=bytes(510) + b"\x55\xaa")
    return ImportImageInputs(
        region="eu-west-1",
        disk_containers=(ImageDiskContainer(format=DiskFormat.RAW, user_bucket=UserBucket(bucket, KEY)),),
        license_type=LicenseType.BYOL,
        platform=Platform.WINDOWS,
        tags={"team": "blue"},
    )


def tags(aws: AwsSandbox, image_id: str) -> dict[str, str]:
    image = aws.observer("ec2").describe_images(ImageIds=[image_id])["Images"][0]
    return other_tags(image["Tags"])


@pytest.mark.parametrize("given", [None, {}], ids=["no-tags", "an-empty-map"])
def test_an_image_without_tags_does_not_drift(
    run: Any, inputs: ImportImageInputs, given: dict[str, str] | None
) -> None:
    created = lifecycle.create(run, replace(inputs, tags=given))
    assert lifecycle.read(run, created.id, created.state) == created.state


@pytest.mark.parametrize("operation", ["ec2:CreateTags", "ec2:DeleteTags"])
def test_an_interrupted_update_is_completed_by_the_next_one(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox, operation: str
) -> None:
    created = lifecycle.create(run, inputs)
    changed = replace(inputs, tags={"stage": "prod"})
    aws.faults.deny(operation)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        lifecycle.update(run, created.id, created.state, changed)
    aws.faults.allow(operation)
    kept_id, kept = run.recorded
    assert lifecycle.update(run, kept_id, kept, changed).tags == {"stage": "prod"}
    assert tags(aws, str(created.state.image_id)) == {"stage": "prod", **run.identity.tags(changed)}


def test_tags_changed_during_an_interruption_are_applied_to_the_ami(
    new_run: NewRun, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    first = new_run(stop_after_waits=1)
    with pytest.raises(Exception, match="cancelled"):
        lifecycle.create(first, inputs)
    kept_id, kept = first.recorded
    changed = replace(inputs, tags={"stage": "prod"})
    state = lifecycle.update(new_run(), kept_id, kept, changed)
    assert state.tags == {"stage": "prod"}
    assert tags(aws, str(state.image_id)) == {"stage": "prod", **first.identity.tags(changed)}


def test_delete_accepts_a_retained_ami_that_was_deregistered(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, replace(inputs, retain_on_delete=True))
    ec2 = aws.observer("ec2")
    ec2.deregister_image(ImageId=created.state.image_id, DeleteAssociatedSnapshots=True)
    aws.clock.advance(7200)
    lifecycle.delete(run, created.id, created.state)
    task = ec2.describe_import_image_tasks()["ImportImageTasks"][0]
    assert other_tags(task["Tags"]).keys() == {"team"}


def test_another_role_is_recorded_in_place_and_its_digest_stays_that_of_earlier_versions(
    run: Any, inputs: ImportImageInputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(run, inputs)
    moved = replace(inputs, role_name="of-ops")
    assert "roleName" not in replacing_properties(ImportImageInputs)
    assert digest(moved) != digest(inputs)
    assert lifecycle.update(run, created.id, created.state, moved).role_name == "of-ops"
    assert len(aws.calls.of("ImportImage")) == 1
