"""The Region, the credentials and the connection that the configuration of pulumi-aws describes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_vmimport.aws.configuration.client_settings import ClientSettings, read_client_settings
from pulumi_vmimport.aws.configuration.configuration_keys import CONFIGURATION_KEYS
from pulumi_vmimport.aws.configuration.role_settings import AssumedRole, WebIdentity, read_roles, read_web_identity
from pulumi_vmimport.aws.configuration.tag_settings import TagSettings, read_tag_settings
from pulumi_vmimport.aws.configuration.value_reader import ValueReader

_PREFIX = "aws:"


@dataclass(frozen=True)
class AwsSettings:
    """Region, credentials and connection. Default of each: boto3's own chain (environment, profile, instance ...)."""

    region: str | None = None
    profile: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    roles: tuple[AssumedRole, ...] = ()
    """The roles to assume, each with the credentials of the one before."""
    web_identity: WebIdentity | None = None
    """The role to assume with a token, before `roles`."""
    credentials_file: str | None = None
    config_file: str | None = None
    metadata_endpoint: str | None = None
    metadata_endpoint_mode: str | None = None
    skip_metadata: bool = False
    """Whether the credentials of the EC2 instance are not used."""
    sts_region: str | None = None
    client: ClientSettings = field(default_factory=ClientSettings)
    allowed_accounts: tuple[str, ...] = ()
    forbidden_accounts: tuple[str, ...] = ()
    skip_account: bool = False
    """Whether the account is not looked up."""
    skip_validation: bool = False
    """Whether the credentials are not checked in preview."""
    tags: TagSettings = field(default_factory=TagSettings)
    problems: tuple[str, ...] = ()
    """What is wrong with the configuration, one line each."""

    @classmethod
    def from_pulumi_config(cls, config: Mapping[str, Any], environment: Mapping[str, str]) -> "AwsSettings":
        """The settings in the `aws:` keys of a stack's configuration, with AWS_REGION, which boto3 does not read."""
        values = {key.removeprefix(_PREFIX): value for key, value in config.items() if key.startswith(_PREFIX)}
        found = _settings(values, lambda key: _PREFIX + key)
        return replace(found, region=found.region or environment.get("AWS_REGION"))

    @classmethod
    def from_provider(cls, inputs: Mapping[str, Any], environment: Mapping[str, str]) -> "AwsSettings":
        """The settings in the inputs of an explicit provider, which replace those of the stack's configuration."""
        found = _settings(inputs, lambda key: f"{key} of the explicit aws.Provider")
        return replace(found, region=found.region or environment.get("AWS_REGION"))

    def for_resource(self, region: str | None, profile: str | None, assume_role_arn: str | None) -> "AwsSettings":
        """These settings, overridden by those of a resource.

        Its profile replaces all credentials and roles of the stack, and its role replaces all roles of the stack.
        """
        own = replace(self, region=region or self.region)
        if profile is not None:
            own = replace(own, profile=profile, access_key=None, secret_key=None, token=None)
            own = replace(own, roles=(), web_identity=None)
        if assume_role_arn is not None:
            own = replace(own, roles=(AssumedRole(assume_role_arn),))
        return own


def _settings(inputs: Mapping[str, Any], spelling: Callable[[str], str]) -> AwsSettings:
    problems: list[str] = []
    values = ValueReader(inputs, spelling, problems)
    values.only(CONFIGURATION_KEYS)
    found = AwsSettings(
        region=values.text("region"),
        profile=values.text("profile"),
        access_key=values.text("accessKey"),
        secret_key=values.text("secretKey"),
        token=values.text("token"),
        roles=read_roles(values, "assumeRoles"),
        web_identity=read_web_identity(values, "assumeRoleWithWebIdentity"),
        credentials_file=_only_file(values, "sharedCredentialsFiles"),
        config_file=_only_file(values, "sharedConfigFiles"),
        metadata_endpoint=values.text("ec2MetadataServiceEndpoint"),
        metadata_endpoint_mode=values.choice("ec2MetadataServiceEndpointMode", ("ipv4", "ipv6")),
        skip_metadata=bool(values.flag("skipMetadataApiCheck")),
        sts_region=values.text("stsRegion"),
        client=read_client_settings(values),
        allowed_accounts=values.texts("allowedAccountIds"),
        forbidden_accounts=values.texts("forbiddenAccountIds"),
        skip_account=bool(values.flag("skipRequestingAccountId")),
        skip_validation=bool(values.flag("skipCredentialsValidation")),
        tags=read_tag_settings(values),
    )
    _check_combinations(values, found)
    return replace(found, problems=tuple(problems))


def _check_combinations(values: ValueReader, found: AwsSettings) -> None:
    if (found.access_key is None) is not (found.secret_key is None):
        missing, present = ("accessKey", "secretKey") if found.access_key is None else ("secretKey", "accessKey")
        values.problem(missing, f"expected a value, because {present} is set")
    if found.token is not None and found.access_key is None and found.secret_key is None:
        values.problem("accessKey", "expected a value, because token is set; without it, remove token")
    if found.allowed_accounts and found.forbidden_accounts:
        values.problem("forbiddenAccountIds", "cannot be used together with allowedAccountIds; remove one of them")
    for key, ids in (("allowedAccountIds", found.allowed_accounts), ("forbiddenAccountIds", found.forbidden_accounts)):
        if ids and found.skip_account:
            values.problem(key, "requires the account's id; remove skipRequestingAccountId")


def _only_file(values: ValueReader, key: str) -> str | None:
    files = values.texts(key)
    if len(files) > 1:
        values.problem(key, f"expected one file, got {', '.join(files)}; boto3 reads one file, so merge them")
        return None
    return values.readable(key, files[0]) if files else None
