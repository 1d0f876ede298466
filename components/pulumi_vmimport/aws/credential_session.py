"""A boto3 session whose credentials come from the settings: keys, profile, files, and a chain of roles."""

from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader
from botocore.utils import FileWebIdentityTokenLoader

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.configuration.role_settings import AssumedRole, WebIdentity

# Shared by all sessions: loading EC2's service model takes longer than a call.
_LOADER = Loader()
_INSTANCE_CREDENTIALS = "iam-role"  # botocore's name of the provider that reads the instance metadata


def session_of(settings: AwsSettings) -> boto3.Session:
    """The session. It reads the credentials on first use, and botocore renews those of assumed roles.

    Raises: ProfileNotFound.
    """
    base = botocore.session.get_session()
    base.register_component("data_loader", _LOADER)
    for name, value in {
        "credentials_file": settings.credentials_file,
        "config_file": settings.config_file,
        "ca_bundle": settings.client.verify,
        "ec2_metadata_service_endpoint": settings.metadata_endpoint,
        "ec2_metadata_service_endpoint_mode": settings.metadata_endpoint_mode,
    }.items():
        if value is not None:
            base.set_config_variable(name, value)
    base.set_default_client_config(Config(**settings.client.shared_options()))
    session = boto3.Session(
        botocore_session=base,
        region_name=settings.region,
        profile_name=settings.profile,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        aws_session_token=settings.token,
    )
    base.get_scoped_config()  # raises for a profile that does not exist; the Region alone may come from elsewhere
    if settings.skip_metadata:
        base.get_component("credential_provider").remove(_INSTANCE_CREDENTIALS)
    if settings.roles or settings.web_identity:
        _use_roles(base, settings)
    return session


def _use_roles(session: Any, settings: AwsSettings) -> None:
    """Make the session use the credentials of the last role."""
    if settings.web_identity is not None:
        own: Any = _with_token(session, settings, settings.web_identity)
    else:
        own = session.get_credentials()
    if own is None:
        raise NoCredentialsError
    for role in settings.roles:
        own = _with_role(session, settings, own, role)
    session._credentials = own  # noqa: SLF001 - botocore has no public way to set credentials that are renewed


def _with_role(session: Any, settings: AwsSettings, source: Any, role: AssumedRole) -> DeferredRefreshableCredentials:
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=_sts_creator(session, settings),
        source_credentials=source,
        role_arn=role.role_arn,
        extra_args=role.members(),
    )
    return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")


def _with_token(session: Any, settings: AwsSettings, identity: WebIdentity) -> DeferredRefreshableCredentials:
    file = identity.token_file
    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
        client_creator=_sts_creator(session, settings),
        web_identity_token_loader=FileWebIdentityTokenLoader(file) if file else lambda: identity.token or "",
        role_arn=identity.role.role_arn,
        extra_args=identity.role.members(),
    )
    return DeferredRefreshableCredentials(
        refresh_using=fetcher.fetch_credentials, method="assume-role-with-web-identity"
    )


def _sts_creator(session: Any, settings: AwsSettings) -> Callable[..., Any]:
    def create(service: str, config: Config | None = None, **keys: Any) -> Any:
        return session.create_client(
            service,
            region_name=settings.sts_region or settings.region,
            endpoint_url=settings.client.endpoint(service),
            # AWS's own words say more about an invalid value than botocore's.
            config=(config or Config()).merge(Config(parameter_validation=False)),
            **keys,
        )

    return create
