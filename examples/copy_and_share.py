import pulumi
import pulumi_aws as aws

from pulumi_vmimport import ImportImage

web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": "images-of-web", "s3_key": "web.raw"}}],
    platform="Windows",
    source_hash="1",  # change it when the object changes: the AMI is then replaced
    license_type="BYOL",
    sysprep="before-export",  # copies and shares of a Windows Server AMI without Sysprep are clones of one machine
)
abroad = aws.ec2.AmiCopy(
    "web-abroad",
    source_ami_id=web.image_id,
    source_ami_region=aws.get_region().region,
    region="us-west-2",
    tags={"team": "web", "vmimport:sysprep": "before-export"},  # a copy does not inherit the tags of its source
)
aws.ec2.AmiLaunchPermission(
    "shop-may-launch-web", image_id=abroad.id, region=abroad.region, account_id=pulumi.Config().require("account")
)
pulumi.export("amiIds", [web.image_id, abroad.id])
