import pulumi
import pulumi_aws as aws

from pulumi_vmimport import (
    CrossAccountDistributionRole,
    DistributeImage,
    DistributionExecutionRole,
    ImageDistribution,
)

config = pulumi.Config()
# Credentials of the target account, here a role that the account of the stack can assume.
shop = aws.Provider("shop", assume_roles=[{"role_arn": config.require("shopRoleArn")}])
target = CrossAccountDistributionRole(
    "shop",
    source_account_id=aws.get_caller_identity().account_id,
    opts=pulumi.ResourceOptions(provider=shop),
)
execution = DistributionExecutionRole("distributor", target_account_ids=[target.account_id])
distribution = ImageDistribution(
    "web",
    distributions=[
        {
            "region": region,
            "ami_distribution_configuration": {
                "name": "web {{ imagebuilder:buildDate }}",
                "target_account_ids": [target.account_id],
            },
        }
        for region in ("eu-west-1", "us-east-1")
    ],
)
copies = DistributeImage(
    "web",
    source_image=config.require("imageId"),
    distribution_configuration_arn=distribution.arn,
    execution_role=execution.role_arn,
    opts=pulumi.ResourceOptions(depends_on=[target, execution]),  # a destroy removes the AMIs before the roles
)
pulumi.export("amis", copies.amis)
pulumi.export("executionRole", execution.role_arn)
