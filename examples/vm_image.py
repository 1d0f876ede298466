import pulumi

from pulumi_vmimport import ImportImage, ImportVmImage

web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": "images-of-web", "s3_key": "web.raw"}}],
    platform="Windows",
    source_hash="1",  # change it when the object changes: the AMI and the image are then replaced
    license_type="BYOL",
)
base = ImportVmImage(
    "web",
    name="web",
    semantic_version="1.0.0",
    platform="Windows",
    vm_import_task_id=web.import_task_id,
    tags={"team": "blue"},
)
pulumi.export("ami", base.image_id)
pulumi.export("base", base.image_build_version_arn)
