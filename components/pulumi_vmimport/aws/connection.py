"""Sessions and clients for one Region and one set of credentials.

boto3 is imported by the first use: a preview that finds nothing changed makes few calls, and the import takes a third
of the start of the provider's process.
"""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.credential_errors import AccountNotAllowedError, InvalidConfigurationError
from pulumi_vmimport.aws.read_cache import ReadCache
from pulumi_vmimport.call_guard import held

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError
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
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_DATA_READ_SECONDS = 25


class AwsConnection:
    """boto3 clients with the same settings, created on first use and shared by all threads."""

    def __init__(self, settings: AwsSettings, cache_seconds: float = 0.0) -> None:
        self._settings = settings
        self._cache_seconds = cache_seconds
        self.reads = ReadCache(cache_seconds)
        """Answers that the resources of a run share for `cache_seconds`. Default: each reads for itself."""
        self._lock = threading.RLock()
        self._account_lock = threading.Lock()
        self._account: str | None = None
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._other_regions: dict[str, AwsConnection] = {}

    @property
    def region(self) -> str | None:
        """The Region of the settings, or else of boto3's own chain."""
        return self._settings.region or self._shared_session().region_name

    @property
    def settings(self) -> AwsSettings:
        """The settings of the connection."""
        return self._settings

    @property
    def account_id(self) -> str:
        """The account of the credentials (sts:GetCallerIdentity), requested once.

        Raises: AccountNotAllowedError if the settings exclude it.
        """
        sts = self.client("sts")
        with held(self._account_lock, "waiting for the account of the credentials"):
            if self._account is None:
                self._account = sts.get_caller_identity()["Account"]
            account = self._account
        allowed, forbidden = self._settings.allowed_accounts, self._settings.forbidden_accounts
        if (allowed and account not in allowed) or account in forbidden:
            raise AccountNotAllowedError(account, allowed, forbidden)
        return account

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
    def client(self, service: Literal["imagebuilder"]) -> Any: ...
    @overload
    def client(self, service: Literal["kms"]) -> "KMSClient": ...
    @overload
    def client(self, service: Literal["imagebuilder", "organizations", "ssm"]) -> Any: ...
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

    @overload
    def data_client(self, service: Literal["ebs"]) -> "EBSClient": ...
    @overload
    def data_client(self, service: Literal["s3"]) -> "S3Client": ...
    def data_client(self, service: str) -> Any:
        """A boto3 client for requests that move data: no retries, and an error after 25 s without an answer.

        The caller retries. The server answers such a request as soon as it has the data; boto3's own retries would wait
        for minutes without a message.
        """
        name = f"{service}, data"
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make_client(service, attempts=1, read_seconds=_DATA_READ_SECONDS)
            return self._clients[name]

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
            self._account = None
            others = list(self._other_regions.values())
        for connection in others:
            connection.refresh_credentials()

    def _make_client(self, service: str, attempts: int = _ATTEMPTS, read_seconds: int = _READ_SECONDS) -> Any:
        from botocore.config import Config

        from pulumi_vmimport.aws.failed_calls import FailedCall, note_failed_call
        from pulumi_vmimport.aws.guarded_calls import guard_calls

        client = self._settings.client
        config = Config(
            retries=client.retries(attempts),
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=read_seconds,
            max_pool_connections=32,
            # Each part is sent with a CRC-32 of the transfer package: a digest in the signature, or a checksum of
            # botocore on top, costs a third of an upload's CPU time. Over plain HTTP botocore signs the body anyway.
            s3=client.s3_options(payload_signing_enabled=False),
            request_checksum_calculation="when_required",
        )
        made = self._boto_client(service, config)
        if client.bypasses_proxy(made.meta.endpoint_url):
            made = self._boto_client(service, config.merge(Config(proxies={})))

        def note(error: "ClientError", operation: str, members: Mapping[str, Any]) -> None:
            meta = made.meta
            service, region = meta.service_model.signing_name, meta.region_name
            note_failed_call(error, FailedCall(service, operation, region, meta.partition, members, self._decode))

        guard_calls(made, may_repeat=attempts > 1, note=note)
        return made

    def _decode(self, encoded: str) -> str:
        """The details of a denied call that EC2 encodes."""
        return self.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]

    def _boto_client(self, service: str, config: "Config") -> Any:
        region = self._settings.sts_region if service == "sts" else None
        return self._shared_session().client(  # type: ignore[call-overload]
            service,
            region_name=region or self._settings.region,
            endpoint_url=self._settings.client.endpoint(service),
            verify=self._settings.client.verify,
            config=config,
        )

    def _shared_session(self) -> "boto3.Session":
        from pulumi_vmimport.aws.credential_session import session_of

        with self._lock:
            if self._session is None:
                if self._settings.problems:
                    raise InvalidConfigurationError(self._settings.problems)
                self._session = session_of(self._settings)
            return self._session
