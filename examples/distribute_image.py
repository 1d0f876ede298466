import pulumi

from pulumi_vmimport import DistributeImage, DistributionExecutionRole, ImageDistribution

config = pulumi.Config()
execution = DistributionExecutionRole("distributor")
distribution = ImageDistribution(
    "web",
    distributions=[
        {"region": region, "ami_distribution_configuration": {"name": "web {{ imagebuilder:buildDate }}"}}
        for region in ("eu-west-1", "us-west-2")  # the first is the Region of the aws provider and of the AMI
    ],
)
copies = DistributeImage(
    "web",
    source_image=config.require("imageId"),  # or image_id of an ImportImage
    distribution_configuration_arn=distribution.arn,
    execution_role=execution.role_arn,
    log_group_name="/aws/imagebuilder/web",
    opts=pulumi.ResourceOptions(depends_on=[execution]),  # a destroy removes the AMIs before the role
)
pulumi.export("amis", copies.amis)
