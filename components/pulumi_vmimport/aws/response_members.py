"""The members of AWS's responses that this library reads, so that their absence is noticed.

One row for each operation that the library calls. A path is `Member`, `Member.Member` or `List[].Member`, for each item
of the list. AWS always returns the members below, empty or not.
"""

from collections.abc import Mapping

MAY_BE_ABSENT = "?"
"""After a member that AWS leaves out when it is empty."""
JSON_TEXT = "{}"
"""After a member that holds a JSON object as text."""

_NONE: tuple[str, ...] = ()

REQUIRED_MEMBERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ebs": {
        "CompleteSnapshot": ("Status",),
        "PutSnapshotBlock": ("Checksum",),
        "StartSnapshot": ("SnapshotId",),
    },
    "ec2": {
        "CancelExportTask": _NONE,
        "CancelImportTask": _NONE,
        "CreateInstanceExportTask": ("ExportTask.ExportTaskId",),
        "CopyImage": ("ImageId",),
        "CreateTags": _NONE,
        "DeleteSnapshot": _NONE,
        "DeleteTags": _NONE,
        "DeregisterImage": _NONE,
        "DescribeExportImageTasks": ("ExportImageTasks[].ExportImageTaskId",),
        "DescribeExportTasks": ("ExportTasks[].ExportTaskId",),
        "DescribeFastLaunchImages": ("FastLaunchImages[].ImageId", "FastLaunchImages[].State"),
        "DescribeImageAttribute": ("ImageId",),
        "DescribeImages": ("Images[].ImageId",),
        "DescribeImportImageTasks": ("ImportImageTasks[].ImportTaskId",),
        "DescribeImportSnapshotTasks": ("ImportSnapshotTasks[].ImportTaskId",),
        "DescribeInstanceTypes": ("InstanceTypes[].InstanceType",),
        "DescribeInstances": ("Reservations[].Instances[].InstanceId", "Reservations[].Instances[].State.Name"),
        "DescribeLaunchTemplateVersions": ("LaunchTemplateVersions[].VersionNumber",),
        "DescribeRegions": ("Regions[].RegionName",),
        "DescribeSnapshots": ("Snapshots[].SnapshotId",),
        "DescribeVolumes": ("Volumes[].VolumeId",),
        "DisableFastLaunch": ("State",),
        "EnableFastLaunch": ("State",),
        "ExportImage": ("ExportImageTaskId",),
        "GetEbsDefaultKmsKeyId": ("KmsKeyId",),
        "GetEbsEncryptionByDefault": ("EbsEncryptionByDefault",),
        "ImportImage": ("ImportTaskId",),
        "ImportSnapshot": ("ImportTaskId",),
        "ModifyImageAttribute": _NONE,
    },
    "iam": {
        "DeleteRole": _NONE,
        "DeleteRolePolicy": _NONE,
        "GetPolicy": ("Policy.DefaultVersionId",),
        "GetPolicyVersion": ("PolicyVersion.Document{}",),
        "GetRole": ("Role.Arn", "Role.AssumeRolePolicyDocument{}", "Role.CreateDate"),
        "GetRolePolicy": ("PolicyDocument{}",),
        "ListAttachedRolePolicies": ("AttachedPolicies[].PolicyArn",),
        "ListRolePolicies": ("PolicyNames[]",),
        "ListRoles": ("Roles[].RoleName",),
        "ListRoleTags": ("Tags[].Key",),
    },
    "imagebuilder": {
        "CancelImageCreation": _NONE,
        "CreateDistributionConfiguration": _NONE,
        "DeleteImage": _NONE,
        "DistributeImage": ("imageBuildVersionArn",),
        "GetDistributionConfiguration": (
            *("distributionConfiguration.arn", "distributionConfiguration.distributions[].region"),
        ),
        "GetImage": ("image.arn", "image.state.status"),
        "GetLifecycleExecution": ("lifecycleExecution.state.status",),
        "ListImageBuildVersions": ("imageSummaryList[].arn", "imageSummaryList[].state.status"),
        "ListLifecycleExecutionResources": ("resources[].resourceId",),
        "RetryImage": _NONE,
        "StartResourceStateUpdate": ("lifecycleExecutionId",),
        "TagResource": _NONE,
        "UntagResource": _NONE,
    },
    "kms": {
        "DescribeKey": ("KeyMetadata.Arn", "KeyMetadata.KeyState"),
        "GetKeyPolicy": ("Policy{}",),
        "ListGrants": ("Grants[]",),
    },
    "organizations": {
        "DescribeAccount": ("Account.Id",),
        "DescribeOrganization": ("Organization.Id",),
    },
    "s3": {
        "AbortMultipartUpload": _NONE,
        "CompleteMultipartUpload": ("ETag",),
        "CreateMultipartUpload": ("UploadId",),
        "DeleteBucket": _NONE,
        "DeleteObject": _NONE,
        "DeleteObjectTagging": _NONE,
        "GetBucketAcl": ("Grants[]",),
        "GetBucketEncryption": ("ServerSideEncryptionConfiguration.Rules[]",),
        "GetBucketOwnershipControls": ("OwnershipControls.Rules[].ObjectOwnership",),
        "GetBucketPolicy": ("Policy{}",),
        "GetObject": ("ContentLength", "ETag"),
        "GetObjectTagging": ("TagSet[].Key", "TagSet[].Value"),
        "HeadBucket": _NONE,
        "HeadObject": ("ContentLength", "ETag"),
        "ListBuckets": ("Buckets[].Name",),
        "ListMultipartUploads": ("Bucket", "Uploads?[].Key", "Uploads?[].UploadId"),
        "ListObjectVersions": (
            *("Name", "Versions?[].Key", "Versions?[].VersionId", "DeleteMarkers?[].Key", "DeleteMarkers?[].VersionId"),
        ),
        "ListObjectsV2": ("Name", "Contents?[].Key", "Contents?[].ETag", "Contents?[].Size"),
        "ListParts": ("UploadId", "Parts?[].PartNumber", "Parts?[].ETag", "Parts?[].Size"),
        "PutObject": ("ETag",),
        "PutObjectTagging": _NONE,
        "UploadPart": ("ETag",),
    },
    "ssm": {
        "GetParameter": ("Parameter.Value",),
    },
    "sts": {
        "DecodeAuthorizationMessage": ("DecodedMessage{}",),
        "GetCallerIdentity": ("Account",),
    },
    "workspaces": {
        "CopyWorkspaceImage": ("ImageId",),
        "CreateTags": _NONE,
        "CreateUpdatedWorkspaceImage": ("ImageId",),
        "CreateWorkspaceBundle": ("WorkspaceBundle.BundleId",),
        "CreateWorkspaceImage": ("ImageId",),
        "DeleteTags": _NONE,
        "DeleteWorkspaceBundle": _NONE,
        "DeleteWorkspaceImage": _NONE,
        "DescribeAccount": ("DedicatedTenancySupport",),
        "DescribeAccountModifications": ("AccountModifications[]",),
        "DescribeCustomWorkspaceImageImport": ("State",),
        "DescribeTags": ("TagList[].Key",),
        "DescribeWorkspaceBundles": ("Bundles[].BundleId",),
        "DescribeWorkspaceImagePermissions": ("ImagePermissions[].SharedAccountId",),
        "DescribeWorkspaceImages": ("Images[].ImageId",),
        "DescribeWorkspaces": ("Workspaces[].WorkspaceId", "Workspaces[].State"),
        "ImportCustomWorkspaceImage": ("ImageId",),
        "ImportWorkspaceImage": ("ImageId",),
        "ListAvailableManagementCidrRanges": ("ManagementCidrRanges[]",),
        "ModifyAccount": _NONE,
        "UpdateWorkspaceBundle": _NONE,
        "UpdateWorkspaceImagePermission": _NONE,
    },
}
