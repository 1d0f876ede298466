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

from pulumi_vmimport.aws.read_cache import ReadCache

if TYPE_CHECKING:
    from types_boto3_ebs import EBSClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client
    from types_boto3_sts import STSClient
    from types_boto3_workspaces import WorkSpacesClient

# botocore's standard mode waits 0.05 s * 2^n after a server error and 1 s * 2^n after throttling: with its default of
# three attempts a call fails within a tenth of a second of the first server error.
# Source: https://docs.aws.amazon.com/boto3/latest/guide/retries.html
_ATTEMPTS = 8
# Shared by all sessions: loading EC2's service model takes longer than a call.
_LOADER = Loader()
_CONNECT_SECONDS = 10
_READ_SECONDS = 60


@dataclass(frozen=True)
class AwsSettings:
    """Region, credentials and endpoints. Default of each: boto3's own chain (environment, profile, instance ...)."""

    region: str | None = None
    profile: str | None = None
    assume_role_arn: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    endpoints: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_pulumi_config(cls, config: Mapping[str, Any], environment: Mapping[str, str]) -> "AwsSettings":
        """The settings in the `aws:` keys of a stack's configuration, with AWS_REGION, which boto3 does not read."""
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
        """These settings, overridden by those of a resource: its profile replaces all credentials of the stack."""
        own = replace(self, region=region or self.region)
        if profile is not None:
            own = replace(own, profile=profile, access_key=None, secret_key=None, token=None, assume_role_arn=None)
        if assume_role_arn is not None:
            own = replace(own, assume_role_arn=assume_role_arn)
        return own


class AwsConnection:
    """boto3 clients with the same settings, created on first use and shared by all threads."""

    def __init__(self, settings: AwsSettings, cache_seconds: float = 0.0) -> None:
        self._settings = settings
        self._cache_seconds = cache_seconds
        self.reads = ReadCache(cache_seconds)
        """Answers that the resources of a run share for `cache_seconds`. Default: each reads for itself."""
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._other_regions: dict[str, AwsConnection] = {}

    @property
    def region(self) -> str | None:
        """The Region of the settings, or else of boto3's own chain."""
        return self._settings.region or self._shared_session().region_name

    @cached_property
    def account_id(self) -> str:
        """The account of the credentials (sts:GetCallerIdentity)."""
        return self.client("sts").get_caller_identity()["Account"]

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov` ..., from the Region."""
        return self._shared_session().get_partition_for_region(self.region or "us-east-1")

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
        with self._lock:  # boto3 clients are thread-safe, but their creation is not
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def client_without_retries(self, service: Literal["ec2"]) -> "EC2Client":
        """A boto3 client without retries, for an operation that starts a task and has no ClientToken."""
        name = f"{service}, without retries"
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
            return self._other_regions.setdefault(
                region, AwsConnection(replace(self._settings, region=region), self._cache_seconds)
            )

    def refresh_credentials(self) -> None:
        """Drop clients and credentials, so that the next call reads the credentials from their source again."""
        with self._lock:
            self._clients.clear()
            self._session = None
            others = list(self._other_regions.values())
        for connection in others:
            connection.refresh_credentials()

    def _make_client(self, service: str, attempts: int = _ATTEMPTS) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            max_pool_connections=32,
            user_agent_extra="pulumi-vmimport",
            # Each part is sent with a CRC-32 of the transfer package: a digest in the signature, or a checksum of
            # botocore on top, costs a third of an upload's CPU time. Over plain HTTP botocore signs the body anyway.
            s3={"payload_signing_enabled": False},
            request_checksum_calculation="when_required",
        )
        return self._shared_session().client(  # type: ignore[call-overload]
            service,
            region_name=self._settings.region,
            endpoint_url=dict(self._settings.endpoints).get(service),
            config=config,
        )

    def _shared_session(self) -> boto3.Session:
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
    source = session._session  # noqa: SLF001 - boto3 has no public way to assume a role by its ARN
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
