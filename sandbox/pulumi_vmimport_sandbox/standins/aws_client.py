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
        "allowedAccountIds",
        "assumeRoles",
        "endpoints",
        "forbiddenAccountIds",
        "maxRetries",
        "profile",
        "region",
        "retryMode",
        "s3UsePathStyle",
        "secretKey",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
        "userAgents",
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
        "ResourceNotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
"""Codes of errors for missing resources. Sources: the Errors sections of the API references of the services."""

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
        self._endpoints = {name: url for entry in _listed(settings, "endpoints") for name, url in entry.items()}
        self._session: Any = botocore.session.Session(profile=settings.get("profile"))
        if "accessKey" in settings:
            self._session.set_credentials(settings["accessKey"], settings.get("secretKey", ""), settings.get("token"))
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # sessions are not thread-safe
        for role in _listed(settings, "assumeRoles"):
            self._assume(role)
        self._check_account(_listed(settings, "allowedAccountIds"), _listed(settings, "forbiddenAccountIds"))

    def _assume(self, role: Properties) -> None:
        """Use a role from now on, assumed with the credentials so far."""
        members = {"RoleArn": role.get("roleArn"), "RoleSessionName": role.get("sessionName") or "pulumi"}
        external = {"ExternalId": role["externalId"]} if role.get("externalId") else {}
        keys = self.call("sts", "AssumeRole", **members, **external)["Credentials"]
        self._session.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        self._clients.clear()

    def _check_account(self, allowed: list[Any], forbidden: list[Any]) -> None:
        if not allowed and not forbidden:
            return
        account = self.call("sts", "GetCallerIdentity")["Account"]
        if (allowed and account not in allowed) or account in forbidden:
            raise Rejected(f"AWS account ID not allowed: {account}")

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

        def call() -> dict[str, Any]:  # a client without a profile or Region fails as a call does
            found: dict[str, Any] = self.client(service, region)._make_api_call(operation, params)  # noqa: SLF001 - the public methods have other names
            return found

        return translate_errors(operation, call)

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


def _listed(settings: Properties, name: str) -> list[Any]:
    """A list in the settings; nested settings are JSON strings, in which a program may use Python's names."""
    value = settings.get(name) or "[]"
    found = json.loads(value) if isinstance(value, str) else value
    return [{_camel_case(key): v for key, v in item.items()} if isinstance(item, dict) else item for item in found]


def _camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


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
