import pulumi

from pulumi_vmimport import ExportBucket, ExportImage, InstanceExport, VmimportRole

config = pulumi.Config()
bucket = ExportBucket("exports", bucket=config.require("bucket"))
role = VmimportRole("exporter", import_buckets=[], export_buckets=[bucket.bucket], role_name="exporter")
disk = ExportImage(
    "disk",
    image_id=config.require("imageId"),
    disk_image_format="VMDK",
    s3_bucket=bucket.bucket,
    s3_prefix="disks/",
    role_name=role.role_name,
)
machine = InstanceExport(
    "machine",
    instance_id=config.require("instanceId"),
    target_environment="vmware",
    container_format="ova",
    s3_bucket=bucket.bucket,
    s3_prefix="machines/",
)
pulumi.export("keys", [disk.s3_key, machine.s3_key])
