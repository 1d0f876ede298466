"""What keeps the service role from a task's buckets, objects and keys.

The trust policy, the policies of the role, its permissions boundary, the bucket policies and the key policies count.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import kms_keys
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, effect, undecided_denials
from pulumi_vmimport.aws.iam.service_role import Refusal, ServiceRole
from pulumi_vmimport.aws.s3 import bucket_encryption, bucket_policies, s3_locations
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.kms_key_use import KeyUse
from pulumi_vmimport.shown_value import shown_value

_NETWORK_KEYS = {
    "aws:sourceip": "aws:SourceIp", "aws:sourcevpc": "aws:SourceVpc", "aws:sourcevpce": "aws:SourceVpce",
    "aws:vpcsourceip": "aws:VpcSourceIp",
}  # fmt: skip

Permission = tuple[str, str]
"""An action and the ARN of its resource"""


@dataclass(frozen=True, kw_only=True)
class RequiredAccess:
    """What a task does as the service role."""

    import_buckets: Sequence[str] = ()
    import_objects: Sequence[tuple[str, str]] = ()
    """Bucket and key of each image to read; for a bucket without one, every object counts"""
    export_buckets: Sequence[str] = ()
    kms_key_arns: Sequence[str] = ()
    """The keys that encrypt the result"""
    license_manager: bool = False


@dataclass(frozen=True)
class AccessCheck:
    """Compares a role with the access that a task requires. Without `fresh`, answers of AWS may be some seconds old."""

    run: Run
    role: ServiceRole
    access: RequiredAccess
    fresh: bool

    def problems(self) -> Iterator[str]:
        """Every reason why the role is insufficient, each with its remedy."""
        if not self.role.trusts_vm_import():
            trust = iam_documents.trust_policy()["Statement"][0]
            yield (
                f"role {shown_value(self.role.name)} does not let {iam_documents.SERVICE_PRINCIPAL} assume it "
                "with external id "
                f"{iam_documents.EXTERNAL_ID}; add to its trust policy: {json.dumps(trust)}"
            )
        for statement in self._statements:
            yield from self._refusals(statement)
        yield from self._bucket_denials()
        yield from self._key_problems()

    def doubts(self) -> Iterator[str]:
        """The Deny statements of bucket policies that apply to requests from outside of a network."""
        found: dict[str, set[str]] = defaultdict(set)
        for action, resource in (pair for statement in self._statements for pair in self._permissions(statement)):
            bucket = _bucket_in(resource)
            if action.startswith("s3:") and (policy := self._bucket_policies.get(bucket)):
                keys = undecided_denials(policy, Request(action, resource, self.context, self.role.arn))
                found[bucket] |= keys & _NETWORK_KEYS.keys()
        for bucket, keys in found.items():
            if keys:
                yield (
                    f"the policy of bucket {shown_value(bucket)} may deny access to role "
                    f"{shown_value(self.role.name)}: a Deny statement "
                    f"depends on {', '.join(_NETWORK_KEYS[key] for key in sorted(keys))}, and VM Import/Export reaches "
                    "the bucket from the network of AWS; exempt the role from the statement"
                )

    @property
    def _statements(self) -> list[Mapping[str, Any]]:
        buckets = [*self.access.import_buckets, *(bucket for bucket, _ in self.access.import_objects)]
        policy = iam_documents.role_policy(
            import_buckets=list(dict.fromkeys(buckets)),
            export_buckets=self.access.export_buckets,
            kms_key_arns=self.access.kms_key_arns,
            license_manager=self.access.license_manager,
            partition=self.run.aws.partition,
        )
        statements: list[Mapping[str, Any]] = policy["Statement"]
        return statements

    def _refusals(self, statement: Mapping[str, Any]) -> Iterator[str]:
        """What the role's own policies and its boundary refuse of the permissions in a statement."""
        found: dict[Refusal, list[Permission]] = defaultdict(list)
        for action, resource in self._permissions(statement):
            refusal = self.role.refusal(action, resource, self.context)
            if refusal is Refusal.NOT_ALLOWED and self._bucket_effect(action, resource) is Effect.ALLOW:
                continue  # within an account, the policy of either side suffices
            if refusal is not None:
                found[refusal].append((action, resource))
        for refusal, permissions in found.items():
            yield self._refusal_text(refusal, _listed(permissions), statement)

    def _refusal_text(self, refusal: Refusal, permissions: str, statement: Mapping[str, Any]) -> str:
        name = self.role.name
        if refusal is Refusal.NOT_ALLOWED:
            return f"role {shown_value(name)} lacks {permissions}; add to its policies: {json.dumps(statement)}"
        if refusal is Refusal.DENIED:
            return (
                f"a Deny statement in the policies of role {shown_value(name)} denies {permissions}, and no Allow "
                "statement can "
                "override it; remove the Deny statement"
            )
        return (
            f"the permissions boundary {self.role.boundary_arn} of role {shown_value(name)} does not allow "
            f"{permissions}, and no "
            "policy of the role can override it; ask the owner of the boundary to allow it"
        )

    def _permissions(self, statement: Mapping[str, Any]) -> Iterator[Permission]:
        """The permissions in a statement; for a bucket with known objects, those on the objects."""
        objects: dict[str, list[str]] = defaultdict(list)
        for bucket, key in self.access.import_objects:
            objects[self._bucket_arn(bucket) + "/*"].append(f"{self._bucket_arn(bucket)}/{key}")
        for action, resource in iam_documents.required_permissions(statement):
            is_read = action in iam_documents.READ_ACTIONS and "s3:PutObject" not in statement["Action"]
            for each in objects.get(resource, [resource]) if is_read else [resource]:
                yield action, each

    def _bucket_denials(self) -> Iterator[str]:
        """What the policies of the buckets deny."""
        denied: dict[str, list[Permission]] = defaultdict(list)
        for statement in self._statements:
            for action, resource in self._permissions(statement):
                if self._bucket_effect(action, resource) is Effect.DENY:
                    denied[_bucket_in(resource)].append((action, resource))
        for bucket, permissions in denied.items():
            yield (
                f"the policy of bucket {shown_value(bucket)} denies role {shown_value(self.role.name)} "
                f"{_listed(permissions)}, and no Allow "
                "statement can override it; exempt the role from the Deny statement in the bucket policy"
            )

    def _key_problems(self) -> Iterator[str]:
        """What keeps the role from the keys of the images and of the result."""
        images: dict[str, list[str]] = defaultdict(list)
        places: list[tuple[str, str | None]] = [
            *self.access.import_objects,
            *((b, None) for b in self.access.import_buckets),
        ]
        for bucket, key in places:
            place = f"s3://{bucket}/{key or ''}"
            with warn_on_aws_error(self.run, f"encryption of {place}"):
                if key_arn := self._source_key(bucket, key):
                    images[key_arn].append(place)
        for key_arn, uris in images.items():
            use = f"which encrypts {', '.join(uris)}"
            yield from self._key_use(key_arn, use, "s3").problems(["kms:Decrypt"])
        for key_arn in filter(_is_key_arn, self.access.kms_key_arns):
            use = "which encrypts the result"
            yield from self._key_use(key_arn, use, "ec2").key_policy_problems(iam_documents.KMS_ACTIONS)

    def _source_key(self, bucket: str, key: str | None) -> str | None:
        """The ARN of the KMS key of an image; for an image that does not exist yet, that of the bucket."""
        head = s3_locations.head_object(self.run.aws, bucket, key) if key is not None else None
        if head is not None:
            return head.get("SSEKMSKeyId") if str(head.get("ServerSideEncryption", "")).startswith("aws:kms") else None
        setting = bucket_encryption.kms_setting(self.run.aws, bucket)
        if setting is None or not setting.get("KMSMasterKeyID"):  # every role may use the AWS managed key through S3
            return None
        found = kms_keys.find(self.run.aws, str(setting["KMSMasterKeyID"]))
        return found.arn if found else None

    def _key_use(self, key_arn: str, purpose: str, via: str) -> KeyUse:
        return KeyUse(self.run, self.role, key_arn, purpose, via, self.context, self.fresh)

    def _bucket_effect(self, action: str, resource: str) -> Effect:
        if not action.startswith("s3:"):
            return Effect.NONE
        policy = self._bucket_policies.get(_bucket_in(resource))
        return effect([policy], Request(action, resource, self.context, self.role.arn)) if policy else Effect.NONE

    @cached_property
    def _bucket_policies(self) -> Mapping[str, Mapping[str, Any]]:
        """The policies of the buckets, as far as they can be read."""
        names = [*self.access.import_buckets, *self.access.export_buckets, *(b for b, _ in self.access.import_objects)]
        found: dict[str, Mapping[str, Any]] = {}
        for bucket in dict.fromkeys(names):
            with warn_on_aws_error(self.run, f"policy of bucket {bucket}"):
                try:
                    found[bucket] = bucket_policies.read(self.run.aws, bucket, fresh=self.fresh)
                except ClientError as error:
                    if error_code(error) != "NoSuchBucket":  # the check of the bucket reports it
                        raise
        return found

    @property
    def context(self) -> dict[str, str]:
        """The condition keys whose values are the same in every request of VM Import/Export for this role."""
        return {
            "aws:securetransport": "true",
            "aws:principalarn": self.role.arn,
            "aws:principalaccount": self.role.account_id,
            "aws:requestedregion": str(self.run.aws.region),
        }

    def _bucket_arn(self, bucket: str) -> str:
        return f"arn:{self.run.aws.partition}:s3:::{bucket}"


def _is_key_arn(text: str) -> bool:
    """Whether a text names one key; `*` means any key."""
    return re.fullmatch(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+", text) is not None


def _bucket_in(arn: str) -> str:
    return arn.rpartition(":::")[2].partition("/")[0]


def _listed(permissions: Iterable[Permission]) -> str:
    return ", ".join(f"{action} on {resource}" for action, resource in permissions)
