import pulumi

from pulumi_vmimport import ImageDistribution

# distribution_accounts.py with eu-west-2 in place of eu-west-1: AMIs that are in eu-west-1 already stay there.
distribution = ImageDistribution(
    "distribution",
    name="MyExampleAccountDistribution",
    description="Copies AMI to eu-west-2, and specifies accounts that can launch instances in each Region.",
    distributions=[
        {
            "region": "us-west-2",
            "ami_distribution_configuration": {
                "name": "Name {{imagebuilder:buildDate}}",
                "description": "An example image name with parameter references",
                "launch_permission": {"user_ids": ["987654321012"]},
            },
        },
        {
            "region": "eu-west-2",
            "ami_distribution_configuration": {
                "name": "My {{imagebuilder:buildVersion}} image {{imagebuilder:buildDate}}",
                "ami_tags": {"KeyName": "Some value"},
                "launch_permission": {"user_ids": ["100000000001"]},
            },
        },
    ],
)
pulumi.export("arn", distribution.arn)
