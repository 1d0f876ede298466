"""Import a disk image in S3 as an AMI. `pulumi preview` checks image, role and license before the import."""

import pulumi

from pulumi_vmimport import ImportImage, VmimportRole

config = pulumi.Config()
bucket, key = config.require("bucket"), config.require("key")

role = VmimportRole("vmimport", import_buckets=[bucket])
image = ImportImage(
    "image",
    disk_containers=[{"format": config.require("format"), "user_bucket": {"s3_bucket": bucket, "s3_key": key}}],
    license_type=config.require("licenseType"),
    role_name=role.role_name,
    tags={"source": f"s3://{bucket}/{key}"},
)

pulumi.export("amiId", image.image_id)
pulumi.export("snapshotIds", image.snapshot_ids)
pulumi.export("postImportReport", image.post_import_report)
