"""What makes the export of an instance impossible, told before it is started (EXP-03, EXP-05)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pulumi_vmimport.aws.ec2 import ebs_snapshots, images, instances
from pulumi_vmimport.aws.ec2.export_options import FORMATS
from pulumi_vmimport.aws.ec2.instances import Instance
from pulumi_vmimport.aws.s3 import export_buckets
from pulumi_vmimport.aws.s3.export_grantees import CANONICAL_USER_IDS
from pulumi_vmimport.lifecycle.contract import Problem, Run, known
from pulumi_vmimport.resources.ec2_tasks import export_rules
from pulumi_vmimport.resources.ec2_tasks.export_rules import permitted

if TYPE_CHECKING:
    from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs

_PATH = "instanceId"
_OTHER_WAY = "make an AMI of the instance and export that with ExportImage"


def check(inputs: "InstanceExportInputs") -> Iterator[Problem]:
    """The problems of the inputs alone."""
    given, environment = inputs.disk_image_format, inputs.target_environment
    if known(given, environment) and given is not None and given is not FORMATS[environment]:
        yield Problem(
            "diskImageFormat",
            f"expected {FORMATS[environment]} for targetEnvironment {environment}, got {given}; correct one of them",
        )
    yield from export_rules.check(inputs)


def look_up(run: Run, inputs: "InstanceExportInputs") -> Iterator[Problem]:
    """The problems that AWS shows before the export: instance, its AMI, bucket."""
    if known(inputs.instance_id):
        yield from permitted(run, inputs.instance_id, lambda: list(_instance(run, inputs.instance_id))) or ()
    yield from export_rules.look_up_bucket(run, inputs, bucket_reasons)


def bucket_reasons(run: Run, bucket: str) -> Iterator[str]:
    """Why the bucket will not do: here VM Import/Export comes with its own account, not with a role."""
    yield from export_rules.bucket_reasons(run, bucket)
    if permitted(run, f"ACLs of bucket {bucket}", lambda: export_buckets.has_acl(run.aws, bucket)) is False:
        yield (
            f"bucket {bucket!r} has ACLs disabled (BucketOwnerEnforced), expected BucketOwnerPreferred or ObjectWriter "
            "(S3-06); make one with ExportBucket"
        )
        return
    grantee = CANONICAL_USER_IDS.get(run.aws.region or "")
    if grantee is None:
        run.warn(f"grants of bucket {bucket} not checked: AWS's account for exports in {run.aws.region} is not known")
        return
    grants = f"grants of bucket {bucket}"
    missing = permitted(run, grants, lambda: export_buckets.missing_grants(run.aws, bucket, grantee))
    if missing:
        yield (
            f"bucket {bucket!r} does not grant {' and '.join(missing)} to VM Import/Export in {run.aws.region}, "
            f"canonical user id {grantee} (EXP-05); grant it in the bucket's ACL, or make the bucket with ExportBucket"
        )


def _instance(run: Run, instance_id: str) -> Iterator[Problem]:
    instance = instances.find(run.aws, instance_id)
    if instance is None:
        if not run.promised(_PATH):
            yield Problem(_PATH, f"there is no instance {instance_id!r} in {run.aws.region}, or it was terminated")
        return
    what = f"instance {instance_id!r}"
    yield from export_rules.licence_problems(run, _PATH, what, instance.platform_details, instance.product_codes)
    yield from _disks(run, what, instance)
    if instance.interface_count > 1:
        yield Problem(
            _PATH, f"{what} has {instance.interface_count} network interfaces, expected one; detach the others"
        )
    yield from _base_image(run, what, instance.image_id)
    if instance.state == "running":
        run.warn(f"{what} is running: it may reboot while it is exported")


def _disks(run: Run, what: str, instance: Instance) -> Iterator[Problem]:
    if instance.root_device_type == "instance-store":
        yield Problem(_PATH, f"{what} starts from instance store, expected an EBS volume as its root")
    elif permitted(run, f"type of {what}", lambda: instances.has_instance_store(run.aws, instance)):
        yield Problem(
            _PATH,
            f"{what} has instance store volumes, as all {instance.instance_type} have; stop it and change its type, or "
            f"{_OTHER_WAY}",
        )
    if len(instance.volumes) > 1:
        named = ", ".join(f"{volume.id} ({volume.device_name})" for volume in instance.volumes)
        yield Problem(
            _PATH,
            f"{what} has {len(instance.volumes)} volumes ({named}), expected its root volume alone; detach the others, "
            f"or {_OTHER_WAY}, which leaves out what was attached after the launch",
        )
    for volume in instance.volumes:
        disk = f"volume {volume.id} ({volume.device_name}) of {what}"
        yield from export_rules.disk_problems(_PATH, disk, volume.size_gib, encrypted=volume.encrypted)


def _base_image(run: Run, what: str, image_id: str) -> Iterator[Problem]:
    """EC2 exports from the AMI that the instance was launched from and its snapshots."""
    image = images.find(run.aws, image_id)
    if image is None:
        yield Problem(_PATH, f"AMI {image_id!r}, from which {what} was launched, is gone; {_OTHER_WAY}")
        return
    if image.owner_id != run.aws.account_id:
        # EC2: "The snapshot ID of the instance neither is owned by current user nor had been previously imported
        # through VMIE"; https://github.com/aws/aws-cli/issues/6779
        yield Problem(
            _PATH,
            f"AMI {image_id!r}, from which {what} was launched, belongs to account {image.owner_id}, expected one of "
            f"account {run.aws.account_id}; {_OTHER_WAY}",
        )
        return
    stores = [disk.device_name for disk in image.disks if disk.is_instance_store]
    if stores:
        yield Problem(_PATH, f"AMI {image_id!r} of {what} maps instance store ({', '.join(stores)}); {_OTHER_WAY}")
    if gone := set(image.snapshot_ids) - set(ebs_snapshots.existing(run.aws, image.snapshot_ids)):
        yield Problem(_PATH, f"snapshots {', '.join(sorted(gone))} of AMI {image_id!r} are gone; {_OTHER_WAY}")
    for disk in image.disks:
        if disk.encrypted:
            told = f"snapshot {disk.snapshot_id} ({disk.device_name}) of AMI {image_id!r}"
            yield from export_rules.disk_problems(_PATH, told, 0, encrypted=True)
