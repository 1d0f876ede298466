"""Sessions and clients for one Region and one set of credentials."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.loaders import Loader

if TYPE_CHECKING:
    from types_boto3_ebs import EBSClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client
    from types_boto3_sts import STSClient
    from types_boto3_workspaces import WorkSpacesClient

# botocore's standard mode backs off 0.05 s * 2^n on 5xx and 1 s * 2^n on throttling; its default of three attempts is
# over in a tenth of a second on a 5xx (api-facts.md, section 8).
_ATTEMPTS = 8
# The services' models: reading EC2's takes longer than any call, and each session would read it again.
_LOADER = Loader()
_CONNECT_SECONDS = 10
_READ_SECONDS = 60


@dataclass(frozen=True)
class AwsSettings:
    """Where and as whom to call AWS. What is None is left to boto3's own chain (environment, profile, instance ...)."""

    region: str | None = None
    profile: str | None = None
    assume_role_arn: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    endpoints: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_pulumi_config(cls, config: Mapping[str, Any], environment: Mapping[str, str]) -> "AwsSettings":
        """The settings of the `aws:` keys of a stack's configuration; boto3 itself does not read AWS_REGION."""
        roles = _decoded(config.get("aws:assumeRoles")) or [_decoded(config.get("aws:assumeRole")) or {}]
        endpoints = _decoded(config.get("aws:endpoints")) or []
        return cls(
            region=config.get("aws:region") or environment.get("AWS_REGION"),
            profile=config.get("aws:profile"),
            assume_role_arn=roles[0].get("roleArn"),
            access_key=config.get("aws:accessKey"),
            secret_key=config.get("aws:secretKey"),
            token=config.get("aws:token"),
            endpoints=tuple(sorted((name, url) for entry in endpoints for name, url in entry.items())),
        )

    def for_resource(self, region: str | None, profile: str | None, assume_role_arn: str | None) -> "AwsSettings":
        """These settings with a resource's own: its profile or role stands instead of the stack's."""
        own = replace(self, region=region or self.region)
        if profile is not None:
            own = replace(own, profile=profile, access_key=None, secret_key=None, token=None, assume_role_arn=None)
        if assume_role_arn is not None:
            own = replace(own, assume_role_arn=assume_role_arn)
        return own


class AwsConnection:
    """boto3 clients for some settings, made on first use and shared by all threads."""

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._elsewhere: dict[str, AwsConnection] = {}

    @property
    def region(self) -> str | None:
        """The Region, from the settings or else from boto3's own chain."""
        return self._settings.region or self._made_session().region_name

    @cached_property
    def account_id(self) -> str:
        """The account of the credentials (sts:GetCallerIdentity)."""
        return self.client("sts").get_caller_identity()["Account"]

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov` ..., from the Region."""
        return self._made_session().get_partition_for_region(self.region or "us-east-1")

    @overload
    def client(self, service: Literal["ebs"]) -> "EBSClient": ...
    @overload
    def client(self, service: Literal["ec2"]) -> "EC2Client": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["kms"]) -> "KMSClient": ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["sts"]) -> "STSClient": ...
    @overload
    def client(self, service: Literal["workspaces"]) -> "WorkSpacesClient": ...
    def client(self, service: str) -> Any:
        """The boto3 client of a service."""
        with self._lock:  # boto3 clients are thread-safe, making them is not
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def client_that_asks_once(self, service: Literal["ec2"]) -> "EC2Client":
        """The boto3 client of a service that repeats no call: for one that starts something and takes no token."""
        name = f"{service}, once"
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make_client(service, attempts=1)
            client: EC2Client = self._clients[name]
        return client

    def in_region(self, region: str) -> "AwsConnection":
        """The same credentials in another Region."""
        with self._lock:
            if region == self._settings.region:
                return self
            return self._elsewhere.setdefault(region, AwsConnection(replace(self._settings, region=region)))

    def renew(self) -> None:
        """Forget clients and credentials, so that the next call reads renewed ones from where they come from."""
        with self._lock:
            self._clients.clear()
            self._session = None
            elsewhere = list(self._elsewhere.values())
        for connection in elsewhere:
            connection.renew()

    def _make_client(self, service: str, attempts: int = _ATTEMPTS) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            max_pool_connections=32,
            user_agent_extra="pulumi-vmimport",
            # Our own CRC-32 goes with each part: a digest for the signature as well, or a second checksum in botocore's
            # way, costs a third of an upload's CPU. Over plain HTTP botocore signs the body all the same.
            s3={"payload_signing_enabled": False},
            request_checksum_calculation="when_required",
        )
        return self._made_session().client(  # type: ignore[call-overload]
            service,
            region_name=self._settings.region,
            endpoint_url=dict(self._settings.endpoints).get(service),
            config=config,
        )

    def _made_session(self) -> boto3.Session:
        with self._lock:
            if self._session is None:
                self._session = _session(self._settings)
            return self._session


def _session(settings: AwsSettings) -> boto3.Session:
    base = botocore.session.get_session()
    base.register_component("data_loader", _LOADER)
    session = boto3.Session(
        botocore_session=base,
        region_name=settings.region,
        profile_name=settings.profile,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        aws_session_token=settings.token,
    )
    if settings.assume_role_arn is None:
        return session
    source = session._session  # noqa: SLF001 - boto3 has no public way to assume a role given by ARN
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.create_client,
        source_credentials=source.get_credentials(),
        role_arn=settings.assume_role_arn,
        extra_args={"RoleSessionName": "pulumi-vmimport"},
    )
    assumed = boto3.Session(region_name=settings.region)
    assumed._session._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined] # noqa: SLF001 - as above
        refresh_using=fetcher.fetch_credentials, method="assume-role"
    )
    return assumed


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in {"[", "{"} else value
