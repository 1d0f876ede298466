"""How the configuration of the native provider is described, and the objects in it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ConfigurationValue:
    """A key of the configuration, or a member of a structure in it."""

    name: str
    description: str
    of: "type | ConfigurationStructure" = str
    """str, bool, int, float, or the structure of an object"""
    is_list: bool = False
    is_map: bool = False
    """Whether the value is an object with strings of any name"""
    is_required: bool = False
    is_secret: bool = False
    allowed: tuple[str, ...] = ()
    """The only values; any if it is empty"""


@dataclass(frozen=True, kw_only=True)
class ConfigurationStructure:
    """An object in the configuration."""

    name: str
    description: str
    members: tuple[ConfigurationValue, ...]


_SESSION = (
    ConfigurationValue(name="roleArn", description="The ARN of the role.", is_required=True),
    ConfigurationValue(name="sessionName", description="The name of the session. Default: `pulumi-vmimport`."),
    ConfigurationValue(
        name="duration",
        description="How long the session lasts before it is renewed, such as `1h30m`: 15 minutes to 12 hours, and at "
        "most one hour for a role that is assumed with the credentials of another role. Default: that of AWS STS, one "
        "hour.",
    ),
    ConfigurationValue(name="policy", description="A policy in JSON that restricts the session. Default: none."),
    ConfigurationValue(
        name="policyArns", description="The ARNs of policies that restrict the session. Default: none.", is_list=True
    ),
)
ASSUME_ROLE = ConfigurationStructure(
    name="ProviderAssumeRole",
    description="A role to assume. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
    members=(
        *_SESSION,
        ConfigurationValue(
            name="externalId",
            description="The external id that the trust policy of the role requires. Default: none.",
        ),
        ConfigurationValue(name="tags", description="The tags of the session. Default: none.", is_map=True),
        ConfigurationValue(
            name="transitiveTagKeys",
            description="The keys of the tags that the sessions of the following roles keep. Default: none.",
            is_list=True,
        ),
        ConfigurationValue(name="sourceIdentity", description="The source identity of the session. Default: none."),
    ),
)
WEB_IDENTITY = ConfigurationStructure(
    name="ProviderAssumeRoleWithWebIdentity",
    description="A role to assume with an OpenID Connect token: exactly one of webIdentityToken and "
    "webIdentityTokenFile. Source: "
    "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
    members=(
        *_SESSION,
        ConfigurationValue(name="webIdentityToken", description="The token.", is_secret=True),
        ConfigurationValue(
            name="webIdentityTokenFile", description="The path of a file with the token, which is read at each renewal."
        ),
    ),
)
_SERVICES = {
    "ebs": "the EBS direct APIs",
    "ec2": "Amazon EC2",
    "iam": "AWS IAM",
    "imagebuilder": "EC2 Image Builder",
    "kms": "AWS KMS",
    "organizations": "AWS Organizations",
    "s3": "Amazon S3",
    "ssm": "AWS Systems Manager",
    "sts": "AWS STS",
    "workspaces": "Amazon WorkSpaces",
}
ENDPOINT = ConfigurationStructure(
    name="ProviderEndpoint",
    description="The URLs of services that are not at AWS's public endpoints.",
    members=tuple(
        ConfigurationValue(name=service, description=f"The URL of {title}. Default: AWS's endpoint in the Region.")
        for service, title in _SERVICES.items()
    ),
)
DEFAULT_TAGS = ConfigurationStructure(
    name="ProviderDefaultTags",
    description="Tags of all resources of the provider.",
    members=(ConfigurationValue(name="tags", description="The tags. Default: none.", is_map=True),),
)
IGNORE_TAGS = ConfigurationStructure(
    name="ProviderIgnoreTags",
    description="Tags that others set, such as AWS itself.",
    members=(
        ConfigurationValue(name="keys", description="The keys of these tags. Default: none.", is_list=True),
        ConfigurationValue(
            name="keyPrefixes", description="Prefixes of the keys of these tags. Default: none.", is_list=True
        ),
    ),
)
