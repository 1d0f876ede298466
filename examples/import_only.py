import pulumi

from pulumi_vmimport import ImportBucket, ImportImage, VmimportRole

images = ImportBucket("images", existing_bucket="images-of-web")
role = VmimportRole("vmimport", import_buckets=[images.bucket])
web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": images.bucket, "s3_key": "web.raw"}}],
    platform="Windows",
    source_hash="1",  # change it when the object changes: the AMI is then replaced
    license_type="BYOL",
    role_name=role.role_name,
    tags={"team": "web"},
)
pulumi.export("amiId", web.image_id)
