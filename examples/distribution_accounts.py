import pulumi

from pulumi_vmimport import ImageDistribution

distribution = ImageDistribution(
    "distribution",
    name="MyExampleAccountDistribution",
    description="Copies AMI to eu-west-1, and specifies accounts that can launch instances in each Region.",
    distributions=[
        {
            "region": "us-west-2",  # the Region of the aws provider, the source of the copies
            "ami_distribution_configuration": {
                "name": "Name {{imagebuilder:buildDate}}",
                "description": "An example image name with parameter references",
                "ami_tags": {"KeyName": "Some Value"},
                "launch_permission": {"user_ids": ["987654321012"]},
            },
        },
        {
            "region": "eu-west-1",
            "ami_distribution_configuration": {
                "name": "My {{imagebuilder:buildVersion}} image {{imagebuilder:buildDate}}",
                "ami_tags": {"KeyName": "Some value"},
                "launch_permission": {"user_ids": ["100000000001"]},
            },
        },
    ],
)
pulumi.export("arn", distribution.arn)
