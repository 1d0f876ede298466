"""Whether the policy of a bucket denies an upload because of its encryption headers.

Only statements for every principal whose conditions are all about those headers are evaluated: they deny the upload to
everybody. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.iam.policy_conditions import as_list
from pulumi_vmimport.aws.iam.policy_statements import Effect, Request, effect, statements
from pulumi_vmimport.aws.service_errors import error_code

_ALGORITHM = "s3:x-amz-server-side-encryption"
_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
# Without the permission to read the policy there is nothing to check: the first request of the upload is denied then.
_UNREADABLE = frozenset({"NoSuchBucketPolicy", "AccessDenied", "403", "MethodNotAllowed"})


@dataclass(frozen=True)
class UploadDenial:
    """A statement that denies the upload."""

    statement: str
    """Its Sid, or its position"""
    condition: str
    """Its condition, as JSON"""
    is_about_key: bool
    """Whether the KMS key is the reason, and not the algorithm"""


def upload_denials(
    aws: AwsConnection, bucket: str, key: str, *, algorithm: str | None, kms_key_id: str | None
) -> Iterator[UploadDenial]:
    """The statements of the bucket's policy that deny PutObject with these headers. Raises: botocore's ClientError."""
    try:
        policy: Mapping[str, Any] = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error_code(error) in _UNREADABLE:
            return
        raise
    context = {_ALGORITHM: algorithm, _KEY: kms_key_id}
    request = Request("s3:PutObject", f"arn:{aws.partition}:s3:::{bucket}/{key}", context)
    for number, statement in enumerate(statements(policy), 1):
        condition = statement.get("Condition")
        is_for_all = as_list(statement.get("Principal", [])) in (["*"], [{"AWS": "*"}], [{"AWS": ["*"]}])
        if condition and is_for_all and effect([{"Statement": statement}], request) is Effect.DENY:
            names = {name.lower() for pairs in condition.values() for name in pairs}
            sid = statement.get("Sid") or f"number {number}"
            yield UploadDenial(str(sid), json.dumps(condition), _KEY in names and algorithm is not None)
