"""Clients for an AWS on this machine: botocore's, as boto3 would load its transfer manager at every start."""

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
"""The provider settings that are served: all concern only how to reach AWS."""

GONE = frozenset(
    {
        "404",  # HeadBucket and HeadObject: an answer to HEAD has no body that could hold a code
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
"""Codes that say a thing is not there. Sources: the Errors sections of the EC2, S3 and IAM API references."""

_PARTITIONS = {"cn": ("aws-cn", "amazonaws.com.cn"), "us-gov": ("aws-us-gov", "amazonaws.com")}


class Aws:
    """The service behind the stand-in for aws: one set of credentials, any Region, one loopback endpoint."""

    def __init__(self, settings: Properties) -> None:
        if unknown := {name for name in settings if not name.startswith("__")} - SETTINGS:
            raise Rejected(
                f"the sandbox's stand-in for aws has no provider setting {', '.join(sorted(unknown))}; "
                f"it has {', '.join(sorted(SETTINGS))}"
            )
        region = settings.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise Rejected("missing region configuration: set aws:region or AWS_REGION")
        self.region: str = region
        endpoints = settings.get("endpoints") or "[]"
        listed = json.loads(endpoints) if isinstance(endpoints, str) else endpoints  # nested settings come as JSON
        self._endpoints = {name: url for entry in listed for name, url in entry.items()}
        self._session: Any = botocore.session.Session()
        if "accessKey" in settings:
            self._session.set_credentials(settings["accessKey"], settings.get("secretKey", ""), settings.get("token"))
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # a session may not make two clients at a time

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of a service in a Region, by default the provider's."""
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
        """Call an operation, named as in AWS's API reference.

        Raises:
            Gone: AWS says that what the call is about is not there.
            Refused: AWS says no for any other reason, in its own words.
        """
        client = self.client(service, region)
        return translate_errors(operation, lambda: client._make_api_call(operation, params))  # noqa: SLF001 - the one by API name

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
    """The answer of a call, with its failures told as a stand-in tells them."""
    try:
        return call()
    except ClientError as error:
        code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        outcome = NotFound if code in GONE else Rejected
        raise outcome(f"{operation}: {code}: {words}") from error
    except BotoCoreError as error:
        raise Rejected(f"{operation}: {error}") from error
