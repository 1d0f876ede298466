"""Whether EBS can encrypt the result of an import as requested.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html, KmsKeyId.
"""

from collections.abc import Generator, Iterator

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ebs_encryption, kms_keys
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known, is_set
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.shown_value import shown_value

_PATH = "kmsKeyId"


def encryption_problems(encrypted: bool | None, kms_key: str | None, path: str = _PATH) -> Iterator[Problem]:
    """The problems of the two inputs alone."""
    if is_known(kms_key) and kms_key is not None and not kms_key.strip():
        yield Problem(path, f"expected a KMS key, got {shown_value(kms_key)}")
        return
    if is_known(kms_key, encrypted) and kms_key is not None and not encrypted:
        yield Problem(path, f"requires encrypted = true; set encrypted or remove {path}")


def look_up_key(run: Run, kms_key_id: str | None, *, use: str = "import", path: str = _PATH) -> Iterator[Problem]:
    """Why EBS or S3 cannot use the key. Not being allowed to read the key is a warning."""
    if kms_key_id is None or not is_set(kms_key_id) or run.supplied_by_resource(path):
        return
    with warn_on_aws_error(run, f"key {kms_key_id}"):
        yield from find_key(run.aws, path, kms_key_id, use)


def find_key(
    aws: AwsConnection, path: str, kms_key_id: str, use: str
) -> Generator[Problem, None, kms_keys.EncryptionKey | None]:
    """The key in the connection's Region; None after the problem that it cannot be used.

    Raises:
        ClientError: KMS rejects the call.
    """
    if kms_key_id.startswith("arn:") and (region := kms_key_id.split(":")[3]) != aws.region:
        yield Problem(
            path,
            f"key {shown_value(kms_key_id)} is in {region}, expected a key in {aws.region}, the Region of the {use}",
        )
        return None
    key = kms_keys.find(aws, kms_key_id)
    if key is None:
        yield Problem(
            path,
            f"key {shown_value(kms_key_id)} does not exist in {aws.region}; use the id, ARN or alias of a symmetric "
            "key",
        )
    elif key.problem:
        yield Problem(path, f"key {shown_value(kms_key_id)} {key.problem}")
        return None
    return key


def key_arns(run: Run, encrypted: bool | None, kms_key_id: str | None) -> list[str]:
    """The ARN of the key that the service role must have access to, as far as it can be read.

    Without `kms_key_id`, this is the key of the account with which EBS encrypts, unless AWS manages it.
    """
    if not is_known(kms_key_id, encrypted):
        return []
    found: list[str] = []
    subject = f"key {kms_key_id}" if kms_key_id else "the default key of EBS"
    with warn_on_aws_error(run, f"permissions of the service role on {subject}"):
        id = kms_key_id or _default_key_id(run, encrypted)
        key = kms_keys.find(run.aws, id) if id else None
        found += [key.arn] if key else []
    return found


def _default_key_id(run: Run, encrypted: bool | None) -> str | None:
    """The key of the account that encrypts a result without a key of its own; None if there is none."""
    if not encrypted and not ebs_encryption.is_default(run.aws, fresh=False):
        return None
    return ebs_encryption.customer_managed_default_key(run.aws, fresh=False)
