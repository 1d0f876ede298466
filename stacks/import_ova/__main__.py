"""Import an OVA from S3 as an AMI. Pulumi.yaml describes the configuration."""

from typing import Any

import pulumi

from pulumi_vmimport import ImportImage, VmimportRole

config = pulumi.Config()
bucket, key = config.require("bucket"), config.require("key")

existing_role = config.get("existingRoleName")
role_name = existing_role or VmimportRole("vmimport", import_buckets=[bucket]).role_name
license_type: Any = config.require("licenseType")  # preview checks the value

image = ImportImage(
    "ova",
    description=config.require("description"),
    disk_containers=[{"format": "OVA", "user_bucket": {"s3_bucket": bucket, "s3_key": key}}],
    license_type=license_type,
    role_name=role_name,
    tags={"source": f"s3://{bucket}/{key}"},
)

pulumi.export("amiId", image.image_id)
pulumi.export("snapshotIds", image.snapshot_ids)
pulumi.export("importTaskId", image.import_task_id)
