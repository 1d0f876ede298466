import pulumi

from pulumi_vmimport import ImageDistribution

distribution = ImageDistribution(
    "distribution",
    name="WinFastLaunchDistribution",
    description="An example of Windows AMI EC2 Fast Launch settings in the distribution configuration.",
    platform="Windows",
    distributions=[
        {
            "region": "us-west-2",
            "ami_distribution_configuration": {
                "name": "Name {{imagebuilder:buildDate}}",
                "description": "Includes Windows AMI EC2 Fast Launch settings.",
                "ami_tags": {"KeyName": "Some Value"},
            },
            "fast_launch_configurations": [
                {
                    "enabled": True,
                    "snapshot_configuration": {"target_resource_count": 5},
                    "max_parallel_launches": 6,  # more than the snapshots, so all instances start at once
                    "launch_template": {
                        "launch_template_id": "lt-0ab1234c56d789012",
                        "launch_template_version": "1",
                    },
                }
            ],
            "launch_template_configurations": [
                {"launch_template_id": "lt-0ab1234c56d789012", "set_default_version": True}
            ],
        }
    ],
)
pulumi.export("arn", distribution.arn)
