"""botocore clients for AWS on this machine. boto3 would import its transfer manager at every start."""

import json
import os
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape

from .loopback import require_loopback
from .resource_kind import NotFound, Rejected
from .values import Properties

SETTINGS = frozenset(
    {
        "accessKey",
        "endpoints",
        "maxRetries",
        "region",
        "s3UsePathStyle",
        "secretKey",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
        "version",
    }
)
"""The supported provider settings, which configure only the connection to AWS."""

GONE = frozenset(
    {
        "404",  # HeadBucket and HeadObject: responses to HEAD have no body with a code
        "InvalidAMIID.NotFound",
        "InvalidAMIID.Unavailable",
        "InvalidInstanceID.NotFound",
        "InvalidSnapshot.NotFound",
        "InvalidVolume.NotFound",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchKey",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
"""Codes of errors for missing resources. Sources: the Errors sections of the EC2, S3 and IAM API references."""

_PARTITIONS = {"cn": ("aws-cn", "amazonaws.com.cn"), "us-gov": ("aws-us-gov", "amazonaws.com")}


class Aws:
    """AWS with one set of credentials, all Regions and loopback endpoints."""

    def __init__(self, settings: Properties) -> None:
        if unknown := {name for name in settings if not name.startswith("__")} - SETTINGS:
            raise Rejected(
                f"the sandbox's stand-in for aws does not support the provider setting {', '.join(sorted(unknown))}; "
                f"expected one of {', '.join(sorted(SETTINGS))}"
            )
        region = settings.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise Rejected("missing region configuration: set aws:region or AWS_REGION")
        self.region: str = region
        endpoints = settings.get("endpoints") or "[]"
        listed = json.loads(endpoints) if isinstance(endpoints, str) else endpoints  # nested settings are JSON strings
        self._endpoints = {name: url for entry in listed for name, url in entry.items()}
        self._session: Any = botocore.session.Session()
        if "accessKey" in settings:
            self._session.set_credentials(settings["accessKey"], settings.get("secretKey", ""), settings.get("token"))
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # sessions are not thread-safe

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of a service in a Region. Default: the provider's Region."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._connect(*key)
        return self._clients[key]

    def _connect(self, service: str, region: str) -> Any:
        url = self._endpoints.get(service) or os.environ.get("AWS_ENDPOINT_URL")
        require_loopback(urlsplit(url or "").hostname, "AWS_ENDPOINT_URL", url)
        config = botocore.config.Config(
            s3={"addressing_style": "path"}, retries={"mode": "standard", "total_max_attempts": 5}
        )
        return self._session.create_client(service, region_name=region, endpoint_url=url, config=config)

    def call(self, service: str, operation: str, region: str | None = None, **params: Any) -> dict[str, Any]:
        """Call an operation by its name in the AWS API reference.

        Raises:
            NotFound: The resource does not exist.
            Rejected: AWS rejects the call for another reason; the message is AWS's.
        """
        client = self.client(service, region)
        return translate_errors(operation, lambda: client._make_api_call(operation, params))  # noqa: SLF001 - the public methods have other names

    def shape(self, service: str, operation: str, member: str) -> Shape:
        """The shape of a parameter of an operation."""
        shape: Shape = self.client(service).meta.service_model.operation_model(operation).input_shape.members[member]
        return shape

    def partition(self, region: str | None = None) -> tuple[str, str]:
        """The partition of a Region and the suffix of its service names."""
        name = region or self.region
        for prefix, found in _PARTITIONS.items():
            if name.startswith(f"{prefix}-"):
                return found
        return "aws", "amazonaws.com"


def translate_errors(operation: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The response of a call. Converts errors to NotFound and Rejected."""
    try:
        return call()
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        outcome = NotFound if code in GONE else Rejected
        raise outcome(f"{operation}: {code}: {message}") from error
    except BotoCoreError as error:
        raise Rejected(f"{operation}: {error}") from error
