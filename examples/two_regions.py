import pulumi

from pulumi_vmimport import ImportImage, Provider

# The role vmimport of each account may read the bucket of its Region.
for region, bucket in {"eu-west-1": "images-of-web", "us-east-1": "images-of-shop"}.items():
    provider = Provider(region, region=region)
    image = ImportImage(
        f"web-{region}",
        disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": bucket, "s3_key": "web.raw"}}],
        license_type="BYOL",
        platform="Windows",
        opts=pulumi.ResourceOptions(provider=provider),
    )
    pulumi.export(region, image.image_id)
