"""Provider: the native provider with settings of its own, for several accounts or Regions in one stack.

The members of the arguments are those of provider_configuration.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict, Unpack, overload

import pulumi

from pulumi_vmimport.lifecycle.host_choice import is_native
from pulumi_vmimport.lifecycle.native_identity import PACKAGE
from pulumi_vmimport.lifecycle.native_program import provider_properties
from pulumi_vmimport.lifecycle.program_arguments import program_arguments
from pulumi_vmimport.lifecycle.provider_configuration import configured_packages
from pulumi_vmimport.lifecycle.schema import camel_case


class ProviderAssumeRoleArgs(TypedDict):
    """A role to assume.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """

    role_arn: pulumi.Input[str]
    """The ARN of the role."""
    session_name: NotRequired[pulumi.Input[str]]
    """The name of the session. Default: `pulumi-vmimport`."""
    duration: NotRequired[pulumi.Input[str]]
    """How long the session lasts before it is renewed, such as `1h30m`: 15 minutes to 12 hours, and at most one hour
    for a role that is assumed with the credentials of another role. Default: that of AWS STS, one hour."""
    policy: NotRequired[pulumi.Input[str]]
    """A policy in JSON that restricts the session. Default: none."""
    policy_arns: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The ARNs of policies that restrict the session. Default: none."""
    external_id: NotRequired[pulumi.Input[str]]
    """The external id that the trust policy of the role requires. Default: none."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """The tags of the session. Default: none."""
    transitive_tag_keys: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The keys of the tags that the sessions of the following roles keep. Default: none."""
    source_identity: NotRequired[pulumi.Input[str]]
    """The source identity of the session. Default: none."""


class ProviderAssumeRoleWithWebIdentityArgs(TypedDict):
    """A role to assume with an OpenID Connect token; exactly one of web_identity_token and web_identity_token_file.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """

    role_arn: pulumi.Input[str]
    """The ARN of the role."""
    session_name: NotRequired[pulumi.Input[str]]
    """The name of the session. Default: `pulumi-vmimport`."""
    duration: NotRequired[pulumi.Input[str]]
    """How long the session lasts before it is renewed, such as `1h30m`: 15 minutes to 12 hours, and at most one hour
    for a role that is assumed with the credentials of another role. Default: that of AWS STS, one hour."""
    policy: NotRequired[pulumi.Input[str]]
    """A policy in JSON that restricts the session. Default: none."""
    policy_arns: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The ARNs of policies that restrict the session. Default: none."""
    web_identity_token: NotRequired[pulumi.Input[str]]
    """The token."""
    web_identity_token_file: NotRequired[pulumi.Input[str]]
    """The path of a file with the token, which is read at each renewal."""


class ProviderDefaultTagsArgs(TypedDict):
    """Tags of all resources of the provider."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """The tags. Default: none."""


class ProviderIgnoreTagsArgs(TypedDict):
    """Tags that others set, such as AWS itself."""

    keys: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The keys of these tags. Default: none."""
    key_prefixes: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Prefixes of the keys of these tags. Default: none."""


class ProviderEndpointArgs(TypedDict):
    """The URLs of services that are not at AWS's public endpoints."""

    ebs: NotRequired[pulumi.Input[str]]
    """The URL of the EBS direct APIs. Default: AWS's endpoint in the Region."""
    ec2: NotRequired[pulumi.Input[str]]
    """The URL of Amazon EC2. Default: AWS's endpoint in the Region."""
    iam: NotRequired[pulumi.Input[str]]
    """The URL of AWS IAM. Default: AWS's endpoint in the Region."""
    imagebuilder: NotRequired[pulumi.Input[str]]
    """The URL of EC2 Image Builder. Default: AWS's endpoint in the Region."""
    kms: NotRequired[pulumi.Input[str]]
    """The URL of AWS KMS. Default: AWS's endpoint in the Region."""
    organizations: NotRequired[pulumi.Input[str]]
    """The URL of AWS Organizations. Default: AWS's endpoint in the Region."""
    s3: NotRequired[pulumi.Input[str]]
    """The URL of Amazon S3. Default: AWS's endpoint in the Region."""
    ssm: NotRequired[pulumi.Input[str]]
    """The URL of AWS Systems Manager. Default: AWS's endpoint in the Region."""
    sts: NotRequired[pulumi.Input[str]]
    """The URL of AWS STS. Default: AWS's endpoint in the Region."""
    workspaces: NotRequired[pulumi.Input[str]]
    """The URL of Amazon WorkSpaces. Default: AWS's endpoint in the Region."""


class ProviderArgs(TypedDict):
    """The arguments of Provider. All are optional: the environment applies where none is set."""

    region: NotRequired[pulumi.Input[str]]
    """The Region of resources that do not set `region`. Default: `AWS_REGION`, else the Region of the profile."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files. Default: the credentials in the environment, else the profile `AWS_PROFILE`,
    else the credentials of the container or instance."""
    access_key: NotRequired[pulumi.Input[str]]
    """The id of an access key. Requires secret_key."""
    secret_key: NotRequired[pulumi.Input[str]]
    """The secret access key. Requires access_key."""
    token: NotRequired[pulumi.Input[str]]
    """The session token of temporary keys."""
    assume_roles: NotRequired[pulumi.Input[Sequence[pulumi.Input[ProviderAssumeRoleArgs]]]]
    """Roles to assume in order, each with the credentials of the one before. Default: none."""
    assume_role_with_web_identity: NotRequired[pulumi.Input[ProviderAssumeRoleWithWebIdentityArgs]]
    """A role to assume with a token, before assume_roles. Default: none."""
    shared_config_files: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The path of the shared config file; exactly one. Default: `AWS_CONFIG_FILE`, else `~/.aws/config`."""
    shared_credentials_files: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The path of the shared credentials file; exactly one. Default: `AWS_SHARED_CREDENTIALS_FILE`, else
    `~/.aws/credentials`."""
    allowed_account_ids: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The only accounts in which resources may be; in another account they fail before any other call. Cannot be
    combined with forbidden_account_ids. Default: any account."""
    forbidden_account_ids: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Accounts in which resources fail before any other call. Cannot be combined with allowed_account_ids. Default:
    none."""
    default_tags: NotRequired[pulumi.Input[ProviderDefaultTagsArgs]]
    """Tags that each resource with tags gets, unless its own tags have the key. Default: none."""
    ignore_tags: NotRequired[pulumi.Input[ProviderIgnoreTagsArgs]]
    """Tags that are no drift, unless the tags of a resource or default_tags set them. Default: none."""
    endpoints: NotRequired[pulumi.Input[Sequence[pulumi.Input[ProviderEndpointArgs]]]]
    """URLs of services. Default: AWS's endpoints."""
    max_retries: NotRequired[pulumi.Input[int]]
    """How many times a failed call is repeated. Default: 7."""
    retry_mode: NotRequired[pulumi.Input[str]]
    """How calls are repeated, `standard` or `adaptive`. Default: `standard`."""
    custom_ca_bundle: NotRequired[pulumi.Input[str]]
    """The path of a file with the certificates that sign those of AWS's endpoints. Default: `AWS_CA_BUNDLE`, else the
    certificates of botocore."""
    insecure: NotRequired[pulumi.Input[bool]]
    """Whether certificates of AWS's endpoints are not verified. Default: false."""
    http_proxy: NotRequired[pulumi.Input[str]]
    """The proxy of calls over HTTP. Default: `HTTP_PROXY`."""
    https_proxy: NotRequired[pulumi.Input[str]]
    """The proxy of calls over HTTPS. Default: `HTTPS_PROXY`."""
    no_proxy: NotRequired[pulumi.Input[str]]
    """Hosts that are called without the proxy, separated by commas. Default: `NO_PROXY`."""
    use_fips_endpoint: NotRequired[pulumi.Input[bool]]
    """Whether to use FIPS endpoints. Default: `AWS_USE_FIPS_ENDPOINT`, else the setting of the profile."""
    use_dualstack_endpoint: NotRequired[pulumi.Input[bool]]
    """Whether to use endpoints with IPv6. Default: `AWS_USE_DUALSTACK_ENDPOINT`, else the setting of the profile."""
    s3_use_path_style: NotRequired[pulumi.Input[bool]]
    """Whether URLs of S3 have the bucket in the path. Default: false."""
    s3_us_east1_regional_endpoint: NotRequired[pulumi.Input[str]]
    """The endpoint of S3 in us-east-1, `legacy` or `regional`. Default: that of boto3."""
    sts_region: NotRequired[pulumi.Input[str]]
    """The Region of AWS STS for assuming roles and looking up the account. Default: region."""
    ec2_metadata_service_endpoint: NotRequired[pulumi.Input[str]]
    """The URL of the instance metadata service for credentials of an EC2 instance. Default:
    `AWS_EC2_METADATA_SERVICE_ENDPOINT`, else that of EC2."""
    ec2_metadata_service_endpoint_mode: NotRequired[pulumi.Input[str]]
    """The protocol of the instance metadata service, `IPv4` or `IPv6`. Default:
    `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, else `IPv4`."""
    skip_metadata_api_check: NotRequired[pulumi.Input[bool]]
    """Whether credentials of the EC2 instance are not used. Default: false."""
    skip_credentials_validation: NotRequired[pulumi.Input[bool]]
    """Whether preview does not check that AWS accepts the credentials. Default: false."""
    skip_requesting_account_id: NotRequired[pulumi.Input[bool]]
    """Whether the account is neither looked up nor recorded, so that resources are not protected from credentials of
    another account. Default: false."""
    user_agents: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Products to append to the user agent of all calls. Default: none."""
    vsphere_server: NotRequired[pulumi.Input[str]]
    """The vCenter Server or ESXi host, `host` or `host:port`. Default: `VSPHERE_SERVER`."""
    vsphere_user: NotRequired[pulumi.Input[str]]
    """The user of vSphere. Default: `VSPHERE_USER`."""
    vsphere_password: NotRequired[pulumi.Input[str]]
    """The password of the user. Default: `VSPHERE_PASSWORD`."""
    vsphere_allow_unverified_ssl: NotRequired[pulumi.Input[bool]]
    """Whether the certificate of the server is not verified; vsphere_thumbprint and vsphere_ca_file take precedence.
    Default: `VSPHERE_ALLOW_UNVERIFIED_SSL`, else false."""
    vsphere_ca_file: NotRequired[pulumi.Input[str]]
    """The path of a file with the certificates that sign that of the server; vsphere_thumbprint takes precedence.
    Default: `VMIMPORT_VSPHERE_CA_FILE`, else the certificates of the system."""
    vsphere_thumbprint: NotRequired[pulumi.Input[str]]
    """The SHA-256 or SHA-1 thumbprint of the server's certificate, with or without colons. Default:
    `VMIMPORT_VSPHERE_THUMBPRINT`, else none."""
    poll_seconds: NotRequired[pulumi.Input[float]]
    """The polling interval for tasks in AWS, in seconds. Default: `VMIMPORT_POLL_SECONDS`, else 15."""


class Provider(pulumi.ProviderResource):
    """The native provider with settings of its own. Pass it as `opts.provider` or `opts.providers` of a resource.

    Its settings of AWS replace those of an `aws.Provider` that a resource also has or inherits, and its settings of
    vSphere those of a `vsphere.Provider`. Resources of the dynamic provider use these two providers only.
    Raises: pulumi.RunError where the program uses the dynamic provider.
    """

    @overload
    def __init__(self, resource_name: str, args: ProviderArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[ProviderArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: ProviderArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        arguments, opts = program_arguments(f"Provider {resource_name}", args, opts, kwargs)
        if not is_native():
            raise pulumi.RunError(
                f"Provider {resource_name}: this program uses the dynamic provider; pass an aws.Provider or "
                "vsphere.Provider, or add the native provider to the project: pulumi package add"
            )
        given = {camel_case(name): value for name, value in arguments.items() if value is not None}
        super().__init__(PACKAGE, resource_name, provider_properties(given), opts)
        self.configures = configured_packages(given)
