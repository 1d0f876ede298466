import pulumi

from pulumi_vmimport import ImageDistribution

distribution = ImageDistribution(
    "distribution",
    name="MyExampleAWSOrganizationDistribution",
    description="Shares AMI with the Organization and OU",
    distributions=[
        {
            "region": "us-west-2",
            "ami_distribution_configuration": {
                "name": "Name {{ imagebuilder:buildDate }}",
                "launch_permission": {  # each includes all accounts below it
                    "organization_arns": ["arn:aws:organizations::123456789012:organization/o-myorganization123"],
                    "organizational_unit_arns": [
                        "arn:aws:organizations::123456789012:ou/o-123example/ou-1234-myorganizationalunit"
                    ],
                },
            },
        }
    ],
)
pulumi.export("arn", distribution.arn)
