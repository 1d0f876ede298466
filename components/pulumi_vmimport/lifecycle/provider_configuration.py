"""The configuration of the native provider: the keys `vmimport:<name>` and the arguments of `vmimport.Provider`.

Keys that pulumi-aws and pulumi-vsphere have too mean the same here. The schema of the package and the provider's
Configure read this table. Sources: https://www.pulumi.com/registry/packages/aws/api-docs/provider/,
https://www.pulumi.com/registry/packages/vsphere/api-docs/provider/
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_vmimport.lifecycle.provider_structures import (
    ASSUME_ROLE,
    DEFAULT_TAGS,
    ENDPOINT,
    IGNORE_TAGS,
    WEB_IDENTITY,
    ConfigurationValue,
)

AWS_CONFIGURATION = (
    ConfigurationValue(
        name="region",
        description="The Region of resources that do not set `region`. Default: `AWS_REGION`, else the Region of the "
        "profile.",
    ),
    ConfigurationValue(
        name="profile",
        description="The profile of the shared AWS files. Default: the credentials in the environment, else the "
        "profile `AWS_PROFILE`, else the credentials of the container or instance.",
    ),
    ConfigurationValue(name="accessKey", description="The id of an access key. Requires secretKey.", is_secret=True),
    ConfigurationValue(name="secretKey", description="The secret access key. Requires accessKey.", is_secret=True),
    ConfigurationValue(name="token", description="The session token of temporary keys.", is_secret=True),
    ConfigurationValue(
        name="assumeRoles",
        description="Roles to assume in order, each with the credentials of the one before. Default: none.",
        of=ASSUME_ROLE,
        is_list=True,
    ),
    ConfigurationValue(
        name="assumeRoleWithWebIdentity",
        description="A role to assume with a token, before assumeRoles. Default: none.",
        of=WEB_IDENTITY,
    ),
    ConfigurationValue(
        name="sharedConfigFiles",
        description="The path of the shared config file; exactly one. Default: `AWS_CONFIG_FILE`, else "
        "`~/.aws/config`.",
        is_list=True,
    ),
    ConfigurationValue(
        name="sharedCredentialsFiles",
        description="The path of the shared credentials file; exactly one. Default: `AWS_SHARED_CREDENTIALS_FILE`, "
        "else `~/.aws/credentials`.",
        is_list=True,
    ),
    ConfigurationValue(
        name="allowedAccountIds",
        description="The only accounts in which resources may be; in another account they fail before any other call. "
        "Cannot be combined with forbiddenAccountIds. Default: any account.",
        is_list=True,
    ),
    ConfigurationValue(
        name="forbiddenAccountIds",
        description="Accounts in which resources fail before any other call. Cannot be combined with "
        "allowedAccountIds. Default: none.",
        is_list=True,
    ),
    ConfigurationValue(
        name="defaultTags",
        description="Tags that each resource with tags gets, unless its own tags have the key. Default: none.",
        of=DEFAULT_TAGS,
    ),
    ConfigurationValue(
        name="ignoreTags",
        description="Tags that are no drift, unless the tags of a resource or defaultTags set them. Default: none.",
        of=IGNORE_TAGS,
    ),
    ConfigurationValue(
        name="endpoints",
        description="URLs of services. Default: AWS's endpoints.",
        of=ENDPOINT,
        is_list=True,
    ),
    ConfigurationValue(name="maxRetries", description="How many times a failed call is repeated. Default: 7.", of=int),
    ConfigurationValue(
        name="retryMode",
        description="How calls are repeated, `standard` or `adaptive`. Default: `standard`.",
        allowed=("standard", "adaptive"),
    ),
    ConfigurationValue(
        name="customCaBundle",
        description="The path of a file with the certificates that sign those of AWS's endpoints. Default: "
        "`AWS_CA_BUNDLE`, else the certificates of botocore.",
    ),
    ConfigurationValue(
        name="insecure",
        description="Whether certificates of AWS's endpoints are not verified. Default: false.",
        of=bool,
    ),
    ConfigurationValue(
        name="httpProxy", description="The proxy of calls over HTTP. Default: `HTTP_PROXY`.", is_secret=True
    ),
    ConfigurationValue(
        name="httpsProxy", description="The proxy of calls over HTTPS. Default: `HTTPS_PROXY`.", is_secret=True
    ),
    ConfigurationValue(
        name="noProxy",
        description="Hosts that are called without the proxy, separated by commas. Default: `NO_PROXY`.",
    ),
    ConfigurationValue(
        name="useFipsEndpoint",
        description="Whether to use FIPS endpoints. Default: `AWS_USE_FIPS_ENDPOINT`, else the setting of the profile.",
        of=bool,
    ),
    ConfigurationValue(
        name="useDualstackEndpoint",
        description="Whether to use endpoints with IPv6. Default: `AWS_USE_DUALSTACK_ENDPOINT`, else the setting of "
        "the profile.",
        of=bool,
    ),
    ConfigurationValue(
        name="s3UsePathStyle",
        description="Whether URLs of S3 have the bucket in the path. Default: false.",
        of=bool,
    ),
    ConfigurationValue(
        name="s3UsEast1RegionalEndpoint",
        description="The endpoint of S3 in us-east-1, `legacy` or `regional`. Default: that of boto3.",
        allowed=("legacy", "regional"),
    ),
    ConfigurationValue(
        name="stsRegion",
        description="The Region of AWS STS for assuming roles and looking up the account. Default: region.",
    ),
    ConfigurationValue(
        name="ec2MetadataServiceEndpoint",
        description="The URL of the instance metadata service for credentials of an EC2 instance. Default: "
        "`AWS_EC2_METADATA_SERVICE_ENDPOINT`, else that of EC2.",
    ),
    ConfigurationValue(
        name="ec2MetadataServiceEndpointMode",
        description="The protocol of the instance metadata service, `IPv4` or `IPv6`. Default: "
        "`AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, else `IPv4`.",
        allowed=("IPv4", "IPv6"),
    ),
    ConfigurationValue(
        name="skipMetadataApiCheck",
        description="Whether credentials of the EC2 instance are not used. Default: false.",
        of=bool,
    ),
    ConfigurationValue(
        name="skipCredentialsValidation",
        description="Whether preview does not check that AWS accepts the credentials. Default: false.",
        of=bool,
    ),
    ConfigurationValue(
        name="skipRequestingAccountId",
        description="Whether the account is neither looked up nor recorded, so that resources are not protected from "
        "credentials of another account. Default: false.",
        of=bool,
    ),
    ConfigurationValue(
        name="userAgents",
        description="Products to append to the user agent of all calls. Default: none.",
        is_list=True,
    ),
)
"""The keys of pulumi-aws that have an effect."""

VSPHERE_CONFIGURATION = (
    ConfigurationValue(
        name="vsphereServer",
        description="The vCenter Server or ESXi host, `host` or `host:port`. Default: `VSPHERE_SERVER`.",
    ),
    ConfigurationValue(name="vsphereUser", description="The user of vSphere. Default: `VSPHERE_USER`."),
    ConfigurationValue(
        name="vspherePassword",
        description="The password of the user. Default: `VSPHERE_PASSWORD`.",
        is_secret=True,
    ),
    ConfigurationValue(
        name="vsphereAllowUnverifiedSsl",
        description="Whether the certificate of the server is not verified; vsphereThumbprint and vsphereCaFile take "
        "precedence. Default: `VSPHERE_ALLOW_UNVERIFIED_SSL`, else false.",
        of=bool,
    ),
    ConfigurationValue(
        name="vsphereCaFile",
        description="The path of a file with the certificates that sign that of the server; vsphereThumbprint takes "
        "precedence. Default: `VMIMPORT_VSPHERE_CA_FILE`, else the certificates of the system.",
    ),
    ConfigurationValue(
        name="vsphereThumbprint",
        description="The SHA-256 or SHA-1 thumbprint of the server's certificate, with or without colons. Default: "
        "`VMIMPORT_VSPHERE_THUMBPRINT`, else none.",
    ),
)
_POLL_SECONDS = ConfigurationValue(
    name="pollSeconds",
    description="The polling interval for tasks in AWS, in seconds. Default: `VMIMPORT_POLL_SECONDS`, else 15.",
    of=float,
)
PROVIDER_CONFIGURATION = (*AWS_CONFIGURATION, *VSPHERE_CONFIGURATION, _POLL_SECONDS)
"""Every key of the native provider."""

# Where a stack's configuration has the other keys; those of pulumi-aws keep their names.
_STACK_KEYS = {
    "vsphereServer": "vsphere:vsphereServer",
    "vsphereUser": "vsphere:user",
    "vspherePassword": "vsphere:password",
    "vsphereAllowUnverifiedSsl": "vsphere:allowUnverifiedSsl",
    "vsphereCaFile": "vmimport:vsphereCaFile",
    "vsphereThumbprint": "vmimport:vsphereThumbprint",
    "pollSeconds": "vmimport:pollSeconds",
}
_AWS_PREFIX, _OWN_PREFIX = "aws:", "vmimport:"
# What the engine and the SDKs add to the arguments of a provider.
_NOT_CONFIGURATION = frozenset({"version", "pluginDownloadURL"})


def stack_key(name: str) -> str:
    """The key of a stack's configuration that means the same as an argument: `aws:region` for `region`."""
    return _STACK_KEYS.get(name, f"{_AWS_PREFIX}{name}")


def is_argument(name: str) -> bool:
    """Whether a program gives the argument, and not the engine or an SDK."""
    return name not in _NOT_CONFIGURATION and not name.startswith("__")


def configured_packages(arguments: Iterable[str]) -> frozenset[str]:
    """`aws`, `vsphere` or both: the packages whose settings these arguments of the provider are."""
    aws, vsphere = ({value.name for value in of} for of in (AWS_CONFIGURATION, VSPHERE_CONFIGURATION))
    given = set(arguments)
    return frozenset(name for name, own in (("aws", aws), ("vsphere", vsphere)) if own & given)


def stack_configuration(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the provider under the keys of a stack's configuration, which `HostSettings.read` reads.

    A name that is not in the table counts as one of pulumi-aws, so that `AwsSettings` reports it.
    """
    given = {name: value for name, value in arguments.items() if is_argument(name) and value is not None}
    return {stack_key(name): value for name, value in given.items()}


def unused_keys(configuration: Mapping[str, Any]) -> list[str]:
    """The problems of the keys `vmimport:*` of a stack that the dynamic provider does not use."""
    own = {key.removeprefix(_OWN_PREFIX) for key in configuration if key.startswith(_OWN_PREFIX)}
    native = {value.name for value in PROVIDER_CONFIGURATION}
    used = {key.removeprefix(_OWN_PREFIX) for key in _STACK_KEYS.values() if key.startswith(_OWN_PREFIX)}
    lacking = [name for name in sorted((own & native) - used) if stack_key(name) not in configuration]
    allowed = ", ".join(sorted(used))
    return [
        *(f"{_OWN_PREFIX}{name}: is not supported; expected one of {allowed}" for name in sorted(own - native)),
        *(f"{_OWN_PREFIX}{name}: is a key of the native provider alone; set {stack_key(name)}" for name in lacking),
    ]


def configuration_problem(problem: str) -> tuple[str, str]:
    """The argument and the reason of a problem of `HostSettings`, such as `aws:retryMode: expected one of ...`."""
    path, _, reason = problem.removeprefix(_AWS_PREFIX).removeprefix(_OWN_PREFIX).partition(": ")
    return path, reason
