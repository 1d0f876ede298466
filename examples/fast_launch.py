import pulumi

from pulumi_vmimport import FastLaunch, ImportImage

config = pulumi.Config()
web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": "images-of-web", "s3_key": "web.raw"}}],
    platform="Windows",
    source_hash="1",  # change it when the object changes: the AMI is then replaced
    license_type="BYOL",
    sysprep="before-export",  # EC2 Fast Launch requires it
)
fast = FastLaunch(
    "web",
    image_id=web.image_id,
    target_resource_count=config.require_int("snapshots"),
    max_parallel_launches=6,
    launch_template={"launch_template_name": config.require("launchTemplate"), "version": "$Default"},
)
pulumi.export("state", fast.fast_launch_state)
