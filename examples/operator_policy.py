import pulumi

from pulumi_vmimport import OperatorPolicy

# For upload_and_import.py. The person who deploys this program grants the pipeline what that program needs.
pipeline = OperatorPolicy(
    "pipeline",
    resources=["DiskImageUpload", "ImportBucket", "ImportSnapshot", "VmimportRole"],
    buckets=["images-*"],  # ImportBucket adds a suffix to its name
    role_names=["uploads"],
    policy_name="pulumi-uploads",
    attach_to_roles=["ci"],
)
pulumi.export("policy", pipeline.policy)
pulumi.export("policyArn", pipeline.policy_arn)
