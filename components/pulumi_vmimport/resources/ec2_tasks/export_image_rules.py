"""What makes the export of an AMI impossible, told before it is started (EXP-03)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.s3 import export_buckets
from pulumi_vmimport.lifecycle.contract import Problem, Run, known
from pulumi_vmimport.resources.ec2_tasks import export_rules
from pulumi_vmimport.resources.ec2_tasks.export_rules import permitted
from pulumi_vmimport.resources.rules import service_role_rules

if TYPE_CHECKING:
    from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImageInputs


def check(inputs: "ExportImageInputs") -> Iterator[Problem]:
    """The problems of the inputs alone."""
    yield from service_role_rules.role_name_problems(inputs.role_name)
    yield from export_rules.check(inputs)


def look_up(run: Run, inputs: "ExportImageInputs") -> Iterator[Problem]:
    """The problems that AWS shows before the export: AMI, bucket, role."""
    if known(inputs.image_id):
        yield from permitted(run, inputs.image_id, lambda: list(_image(run, inputs.image_id))) or ()
    yield from export_rules.look_up_bucket(run, inputs, bucket_reasons)
    if known(inputs.role_name) and not run.promised("roleName"):
        yield from role_problems(run, inputs)


def role_problems(run: Run, inputs: "ExportImageInputs") -> Iterator[Problem]:
    """What the service role lacks for the bucket."""
    buckets = [inputs.s3_bucket] if known(inputs.s3_bucket) else []
    yield from service_role_rules.role_problems(run, inputs.role_name, export_buckets=buckets)


def bucket_reasons(run: Run, bucket: str) -> Iterator[str]:
    """Why the bucket will not do."""
    yield from export_rules.bucket_reasons(run, bucket)
    # AWS's guide refuses these for instances and is silent about images.
    if permitted(run, f"ACLs of bucket {bucket}", lambda: export_buckets.has_acl(run.aws, bucket)) is False:
        run.warn(f"bucket {bucket} has ACLs disabled (BucketOwnerEnforced): EC2 may refuse to export to it (S3-06)")


def _image(run: Run, image_id: str) -> Iterator[Problem]:
    image = images.find(run.aws, image_id)
    if image is None:
        if not run.promised("imageId"):
            yield Problem("imageId", f"there is no AMI {image_id!r} in {run.aws.region}")
        return
    if image.owner_id != run.aws.account_id:
        yield Problem(
            "imageId",
            f"AMI {image_id!r} belongs to account {image.owner_id}, expected one of account {run.aws.account_id}; "
            "copy it to your account and export the copy",
        )
    if image.state != "available":
        yield Problem("imageId", f"AMI {image_id!r} is {image.state}, expected available")
    what = f"AMI {image_id!r}"
    yield from export_rules.licence_problems(run, "imageId", what, image.platform_details, image.product_codes)
    for disk in image.disks:
        if disk.snapshot_id is not None:
            told = f"snapshot {disk.snapshot_id} ({disk.device_name}) of {what}"
            yield from export_rules.disk_problems("imageId", told, disk.size_gib, encrypted=disk.encrypted)
