"""The inputs `sse` and `kmsKeyId` of the resources that write objects to S3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pulumi_vmimport.aws.s3.encryption_policies import upload_denials
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Problem, Run, is_known
from pulumi_vmimport.resources.rules.encryption_rules import look_up_key
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.object_encryption import ObjectEncryption
from pulumi_vmimport.transfer.s3_object import FoundObject
from pulumi_vmimport.transfer.sse_algorithm import SseAlgorithm

_KMS = (SseAlgorithm.KMS, SseAlgorithm.KMS_DSSE)

StateT = TypeVar("StateT")


@dataclass(frozen=True)
class RequestedEncryption:
    """The two inputs, any of which may be UNKNOWN."""

    sse: SseAlgorithm | None
    kms_key_id: str | None

    def problems(self) -> Iterator[Problem]:
        """The problems of the inputs alone."""
        key = self.kms_key_id
        if not is_known(key) or key is None:
            return
        if not key.strip():
            yield Problem("kmsKeyId", f"expected the id, ARN or alias of a KMS key, got {shown_value(key)}")
        elif is_known(self.sse) and self.sse not in _KMS:
            got = self.sse.value if self.sse else "none"
            yield Problem("kmsKeyId", f"requires sse aws:kms or aws:kms:dsse, got sse {got}; change sse or remove it")

    def look_up(self, run: Run) -> Iterator[Problem]:
        """Why S3 cannot use the KMS key. Not being allowed to read the key is a warning."""
        yield from look_up_key(run, self.kms_key_id, use="bucket")

    def policy_problems(self, run: Run, bucket: str, key: str) -> Iterator[Problem]:
        """Why the policy of an existing bucket denies the upload."""
        given = any(map(run.supplied_by_resource, ("bucket", "key", "sse", "kmsKeyId")))
        if not given and is_known(bucket, key, self.sse, self.kms_key_id):
            algorithm = self.sse and self.sse.value
            for denial in upload_denials(run.aws, bucket, key, algorithm=algorithm, kms_key_id=self.kms_key_id):
                name, got = ("kmsKeyId", self.kms_key_id) if denial.is_about_key else ("sse", algorithm)
                yield Problem(
                    name,
                    f"statement {denial.statement} in the policy of bucket {shown_value(bucket)} denies the "
                    "upload, condition "
                    f"{denial.condition}, got {name} {got or 'none'}; set {name} to a value that the policy accepts",
                )


def encryption_of(inputs: Any) -> ObjectEncryption:
    """The encryption that a resource requests."""
    return ObjectEncryption(inputs.sse, inputs.kms_key_id)


def encryption_inputs(found: FoundObject) -> dict[str, Any]:
    """The two inputs that request the encryption of an existing object."""
    is_supported = found.sse is None or found.sse in set(SseAlgorithm)
    sse: Any = found.sse and (SseAlgorithm(found.sse) if is_supported else UNKNOWN)
    return {"sse": sse, "kms_key_id": found.kms_key_id if sse in _KMS else None}


def with_encryption_drift(state: StateT, found: FoundObject) -> StateT:
    """The state with the encryption of the object, where it differs from the requested one."""
    requested: Any = state
    if encryption_of(requested).is_of(found):
        return state
    sse = SseAlgorithm(found.sse) if found.sse in set(SseAlgorithm) else None
    key = found.kms_key_id if requested.kms_key_id is not None else None
    drifted: StateT = replace(requested, sse=sse, kms_key_id=key)
    return drifted
