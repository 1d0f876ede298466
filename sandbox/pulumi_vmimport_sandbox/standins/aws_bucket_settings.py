"""The settings of a bucket that pulumi-aws has as resources of their own: one call to put, get and delete each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from .aws_client import Aws
from .aws_functions import canonical_user_id
from .aws_shapes import from_aws, to_aws
from .resource_kind import ResourceKind
from .values import COMPUTED, Properties

_BUCKET_AND_REGION = frozenset({"bucket", "region"})
_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@dataclass(frozen=True)
class Calls:
    """How the API has a setting: `member` of `put` holds what `said` makes of the inputs."""

    put: str
    get: str
    delete: str
    member: str
    said: Callable[[Properties], Any]
    live: Callable[[dict[str, Any]], Properties]


class BucketSetting(ResourceKind[Aws]):
    """A setting; its id is the bucket."""

    calls: ClassVar[Calls]
    identity_inputs = frozenset({"bucket"})
    replaces = _BUCKET_AND_REGION

    def create(self, service: Aws, inputs: Properties) -> str:
        self._put(service, inputs)
        return str(inputs["bucket"])

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        answer = service.call("s3", self.calls.get, state.get("region"), Bucket=id)
        return {"bucket": id, "region": state.get("region") or service.region, **self.calls.live(answer)}

    def update(self, service: Aws, id: str, olds: Properties, news: Properties) -> None:  # noqa: ARG002
        self._put(service, news)

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        service.call("s3", self.calls.delete, state.get("region"), Bucket=id)

    def _put(self, service: Aws, inputs: Properties) -> None:
        calls = self.calls
        value = calls.said(inputs)
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
        # a rule must have a filter; one that is empty means the whole bucket
        lambda inputs: {"rules": [{"filter": {"prefix": ""}, **rule} for rule in inputs["rules"]]},
        lambda answer: {"rules": from_aws(answer["Rules"])},
    )


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
    """aws:s3/bucketVersioning:BucketVersioning; S3 has no call that takes versioning away, it can be suspended."""

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
    """aws:s3/bucketAcl:BucketAcl with an access control policy; its resource goes and leaves the ACL as it is.

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
        lambda answer: {"accessControlPolicy": {"grants": from_aws(answer["Grants"])}},
    )

    def read(self, service: Aws, id: str, state: Properties) -> Properties:
        found = super().read(service, id, state)
        # An ACL's owner never changes, and moto's is not the one that it names for the account.
        owner = state.get("accessControlPolicy", {}).get("owner") or {"id": canonical_user_id(service, {})["id"]}
        return {**found, "accessControlPolicy": {**found["accessControlPolicy"], "owner": owner}}

    def delete(self, service: Aws, id: str, state: Properties) -> None:
        """Nothing is called."""
