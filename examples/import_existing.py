import pulumi

from pulumi_vmimport import ImportImage

web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": "images-of-web", "s3_key": "web.raw"}}],
    platform="Windows",
    license_type="BYOL",
    role_name="vmimport",  # the account's existing role
    source_hash="2026-11-28",  # change it when the object changes: the next `pulumi up` imports it again
    tags={"team": "web"},
)
pulumi.export("amiId", web.image_id)
