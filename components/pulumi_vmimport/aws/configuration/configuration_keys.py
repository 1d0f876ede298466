"""Every configuration key of pulumi-aws, and its effect on the custom resources.

A key that is not listed is refused by name. Source: https://www.pulumi.com/registry/packages/aws/api-docs/provider/
"""

CONFIGURATION_KEYS = {
    "accessKey": "used, with `secretKey` and `token`",
    "allowedAccountIds": "a resource in another account fails before any other call",
    "assumeRoleWithWebIdentity": "assumed before `assumeRoles`",
    "assumeRoles": "assumed in order, each role with the credentials of the one before, with all its fields",
    "customCaBundle": "used for every call",
    "defaultTags": "added to `tags` of each custom resource that has tags; its own tags take precedence",
    "ec2MetadataServiceEndpoint": "used for credentials of an EC2 instance",
    "ec2MetadataServiceEndpointMode": "used for credentials of an EC2 instance",
    "endpoints": "used for `ebs`, `ec2`, `iam`, `imagebuilder`, `kms`, `organizations`, `s3`, `ssm`, `sts` and "
    "`workspaces`; no other service is called",
    "forbiddenAccountIds": "a resource in one of these accounts fails before any other call",
    "httpProxy": "used for every call over HTTP",
    "httpsProxy": "used for every call over HTTPS",
    "ignoreTags": "these tags are no drift, unless `tags` or `defaultTags` sets them",
    "insecure": "certificates of AWS endpoints are not verified",
    "maxRetries": "the number of retries of each call; default: 7",
    "noProxy": "hosts that are called without the proxy",
    "profile": "used",
    "region": "used, unless the resource sets `region`",
    "retryMode": "`standard` or `adaptive`",
    "s3UsEast1RegionalEndpoint": "used for S3 in us-east-1",
    "s3UsePathStyle": "used for S3",
    "secretKey": "used, with `accessKey`",
    "sharedConfigFiles": "one file is used; several are refused, because boto3 reads one",
    "sharedCredentialsFiles": "one file is used; several are refused, because boto3 reads one",
    "skipCredentialsValidation": "preview does not check that AWS accepts the credentials",
    "skipMetadataApiCheck": "credentials of the EC2 instance are not used",
    "skipRegionValidation": "no effect: the names of Regions are not validated against a list",
    "skipRequestingAccountId": "the account is neither looked up nor recorded, so resources are not protected "
    "from credentials of another account",
    "stsRegion": "used for assuming roles and looking up the account",
    "tagPolicyCompliance": "no effect: it covers resource types of pulumi-aws; AWS applies the organization's tag "
    "policies to every call",
    "token": "used, with `accessKey`",
    "tokenBucketRateLimiterCapacity": "no effect: it tunes the AWS SDK for Go",
    "useDualstackEndpoint": "used for every call",
    "useFipsEndpoint": "used for every call",
    "userAgents": "appended to the user agent",
}
"""Key without the prefix `aws:`, and its effect."""
