import pulumi

from pulumi_vmimport import ExportBucket, ImageDistribution, VmimportRole

bucket = ExportBucket("exports", bucket="vm-bucket-export")
role = VmimportRole("vmimport", import_buckets=[], export_buckets=[bucket.bucket])
distribution = ImageDistribution(
    "distribution",
    name="example-distribution-configuration-with-vm-export",
    description="example",
    distributions=[
        {
            "region": "us-west-2",
            "ami_distribution_configuration": {"description": "example-with-vm-export"},
            "s3_export_configuration": {
                "role_name": role.role_name,
                "disk_image_format": "RAW",
                "s3_bucket": bucket.bucket,
            },
        }
    ],
)
pulumi.export("arn", distribution.arn)
