import pulumi

from pulumi_vmimport import DiskImageUpload, ImportBucket, ImportSnapshot, VmimportRole

config = pulumi.Config()
images = ImportBucket("images")
role = VmimportRole("uploads", import_buckets=[images.bucket], role_name="uploads")
disk = DiskImageUpload(
    "data",
    path=config.require("diskImage"),
    bucket=images.bucket,
    key="disks/data.raw",
    image_profile="snapshot",
)
data = ImportSnapshot(
    "data",
    disk_container={"format": "RAW", "user_bucket": {"s3_bucket": disk.bucket, "s3_key": disk.key}},
    source_hash=disk.checksum,  # changed content is imported as a new snapshot
    role_name=role.role_name,
)
pulumi.export("snapshotId", data.snapshot_id)
