"""Whether what an import makes can be encrypted as asked (IMG-05)."""

from collections.abc import Iterator

from pulumi_vmimport.aws.ec2 import kms_keys
from pulumi_vmimport.aws.ec2.kms_keys import KmsKey
from pulumi_vmimport.aws.service_errors import error_message, is_aws_error
from pulumi_vmimport.aws.tables.known_failures import with_explanation
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set


def encryption_problems(encrypted: bool | None, kms_key_id: str | None) -> Iterator[Problem]:
    """The problems of the two inputs alone."""
    if is_known(kms_key_id) and kms_key_id is not None and not kms_key_id.strip():
        yield Problem("kmsKeyId", f"expected the id, ARN or alias of a key, got {kms_key_id!r}")
        return
    if is_known(kms_key_id, encrypted) and kms_key_id is not None and not encrypted:
        yield Problem("kmsKeyId", "needs encrypted = true, got a key without encryption; set encrypted or drop the key")


def look_up_key(run: Run, kms_key_id: str | None) -> Iterator[Problem]:
    """Whether EBS can use the key. Not being allowed to look is a warning."""
    if kms_key_id is None or not is_set(kms_key_id) or run.supplied_by_resource("kmsKeyId"):
        return
    if kms_key_id.startswith("arn:") and (region := kms_key_id.split(":")[3]) != run.aws.region:
        reason: str | None = f"is in {region}, expected {run.aws.region}, the Region of the import"
    else:
        try:
            key = kms_keys.find(run.aws, kms_key_id)
        except Exception as error:
            if not is_aws_error(error):
                raise
            run.warn(f"key {kms_key_id} not checked before the run: {with_explanation(error_message(error))}")
            return
        reason = key.problem if key else "is not in the Region; give the id, ARN or alias of a symmetric key there"
    if reason:
        yield Problem("kmsKeyId", f"key {kms_key_id!r} {reason} (IMG-05)")


def key_of(run: Run, kms_key_id: str | None) -> KmsKey | None:
    """The key, where one is given, is there and may be looked at."""
    if kms_key_id is None or not is_set(kms_key_id):
        return None
    try:
        return kms_keys.find(run.aws, kms_key_id)
    except Exception as error:
        if not is_aws_error(error):
            raise
        return None  # look_up_key has said so
