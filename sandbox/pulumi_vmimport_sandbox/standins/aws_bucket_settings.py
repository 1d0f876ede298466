"""The bucket settings that are separate resources in pulumi-aws. Each has one call to put, get and delete it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_shapes import from_aws, to_aws
from .resource_kind import ResourceKind
from .values import COMPUTED, Properties

_BUCKET_AND_REGION = frozenset({"bucket", "region"})
# How long the real provider waits until S3 returns a new lifecycle configuration everywhere (measured: 30 to 55 s).
_LIFECYCLE_SECONDS = 40
_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@dataclass(frozen=True)
class Calls:
    """The API calls of a setting. `to_request` converts the inputs to the parameter `member` of `put`."""

    put: str
    get: str
    delete: str
    member: str
    to_request: Callable[[Properties], Any]
    from_response: Callable[[dict[str, Any]], Properties]


class BucketSetting(ResourceKind[Aws]):
    """A setting; its id is the bucket's name."""

    calls: ClassVar[Calls]
    identity_inputs = frozenset({"bucket"})
    replaces = _BUCKET_AND_REGION

    def create(self, service: Aws, inputs: Properties) -> str:
        self._put(service, inputs)
        return str(inputs["bucket"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        response = service.call("s3", self.calls.get, state.get("region"), Bucket=id)
        return {"bucket": id, "region": state.get("region") or service.region, **self.calls.from_response(response)}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        self._put(service, news)

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        service.call("s3", self.calls.delete, state.get("region"), Bucket=id)

    def _put(self, service: Aws, inputs: Properties) -> None:
        calls = self.calls
        value = calls.to_request(inputs)
        if not isinstance(value, str):
            value = to_aws(service.shape("s3", calls.put, calls.member), value, calls.member)
        service.call("s3", calls.put, inputs.get("region"), Bucket=inputs["bucket"], **{calls.member: value})


class PublicAccessBlock(BucketSetting):
    """aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock."""

    inputs = _BUCKET_AND_REGION | set(_PUBLIC_ACCESS)
    required = frozenset({"bucket"})
    defaults: ClassVar = dict.fromkeys(_PUBLIC_ACCESS, False)
    calls = Calls(
        "PutPublicAccessBlock",
        "GetPublicAccessBlock",
        "DeletePublicAccessBlock",
        "PublicAccessBlockConfiguration",
        lambda inputs: {name: inputs.get(name, False) for name in _PUBLIC_ACCESS},
        lambda answer: dict(from_aws(answer["PublicAccessBlockConfiguration"])),
    )


class Encryption(BucketSetting):
    """aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration."""

    inputs = _BUCKET_AND_REGION | {"rules"}
    required = frozenset({"bucket", "rules"})
    calls = Calls(
        "PutBucketEncryption",
        "GetBucketEncryption",
        "DeleteBucketEncryption",
        "ServerSideEncryptionConfiguration",
        lambda inputs: {"rules": inputs["rules"]},
        lambda answer: dict(from_aws(answer["ServerSideEncryptionConfiguration"])),
    )


class Policy(BucketSetting):
    """aws:s3/bucketPolicy:BucketPolicy."""

    inputs = _BUCKET_AND_REGION | {"policy"}
    required = frozenset({"bucket", "policy"})
    calls = Calls(
        "PutBucketPolicy",
        "GetBucketPolicy",
        "DeleteBucketPolicy",
        "Policy",
        lambda inputs: inputs["policy"],
        lambda answer: {"policy": answer["Policy"]},
    )


class LifecycleConfiguration(BucketSetting):
    """aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration."""

    inputs = _BUCKET_AND_REGION | {"rules"}
    required = frozenset({"bucket", "rules"})
    calls = Calls(
        "PutBucketLifecycleConfiguration",
        "GetBucketLifecycleConfiguration",
        "DeleteBucketLifecycle",
        "LifecycleConfiguration",
        # a rule requires a filter; an empty prefix means the whole bucket
        lambda inputs: {"rules": [{"filter": {"prefix": ""}, **rule} for rule in inputs["rules"]]},
        lambda answer: {"rules": from_aws(answer["Rules"])},
    )

    def configure(self, service: Aws, id: str, inputs: Properties) -> None:  # noqa: ARG002
        _wait_on_sandbox_clock(_LIFECYCLE_SECONDS)

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:
        super().update(service, id, olds, news)
        _wait_on_sandbox_clock(_LIFECYCLE_SECONDS)


class OwnershipControls(BucketSetting):
    """aws:s3/bucketOwnershipControls:BucketOwnershipControls."""

    inputs = _BUCKET_AND_REGION | {"rule"}
    required = frozenset({"bucket", "rule"})
    calls = Calls(
        "PutBucketOwnershipControls",
        "GetBucketOwnershipControls",
        "DeleteBucketOwnershipControls",
        "OwnershipControls",
        lambda inputs: {"rules": [inputs["rule"]]},
        lambda answer: {"rule": from_aws(answer["OwnershipControls"]["Rules"][0])},
    )


class Versioning(BucketSetting):
    """aws:s3/bucketVersioning:BucketVersioning; S3 cannot disable versioning, so deletion suspends it."""

    inputs = _BUCKET_AND_REGION | {"versioningConfiguration"}
    required = frozenset({"bucket", "versioningConfiguration"})
    calls = Calls(
        "PutBucketVersioning",
        "GetBucketVersioning",
        "PutBucketVersioning",
        "VersioningConfiguration",
        lambda inputs: inputs["versioningConfiguration"],
        lambda answer: {"versioningConfiguration": {"status": answer.get("Status", "Disabled")}},
    )

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        if self.read(service, id, state)["versioningConfiguration"]["status"] == "Enabled":
            self._put(service, {**state, "bucket": id, "versioningConfiguration": {"status": "Suspended"}})


class Acl(BucketSetting):
    """aws:s3/bucketAcl:BucketAcl with an access control policy; deleting the resource does not change the ACL.

    Source: https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketacl/
    """

    inputs = _BUCKET_AND_REGION | {"accessControlPolicy"}
    required = frozenset({"bucket", "accessControlPolicy"})
    nested_defaults: ClassVar = {"displayName": COMPUTED}
    calls = Calls(
        "PutBucketAcl",
        "GetBucketAcl",
        "",
        "AccessControlPolicy",
        lambda inputs: inputs["accessControlPolicy"],
        lambda answer: {"accessControlPolicy": from_aws({name: answer[name] for name in ("Grants", "Owner")})},
    )

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        """Do nothing, as the real provider."""


def _wait_on_sandbox_clock(seconds: float) -> None:
    """Wait, unless the clock moves only by `advance`, which this process cannot observe."""
    factor = float(os.environ.get("VMIMPORT_SANDBOX_CLOCK_FACTOR") or 0)
    if factor:
        time.sleep(seconds / factor)
