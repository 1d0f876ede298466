"""What VM Import/Export cannot export, and to which buckets: licenses, disks, the bucket's settings.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/limits-image-export.html, vmexport-limits.html and
vmexport-prerequisites.html.
"""

from collections.abc import Callable, Generator, Iterable, Iterator

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_fixed

from pulumi_vmimport.aws.s3 import export_buckets, s3_names
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Problem, Run, is_known
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.ec2_tasks.export_state import ExportInputs
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error
from pulumi_vmimport.resources.rules.bucket_rules import bucket_problems
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.shown_value import shown_value

LARGEST_GIB = 1024
_DESCRIPTION_LENGTH = 255
# A key has at most 1,024 bytes, of which export-ami-<17 digits>.<format> uses up to 33.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_PREFIX_BYTES = 990
_BYOL = "BYOL"
_LINUX = "Linux/UNIX"
_PATH = "s3Bucket"

BucketCheck = Callable[[Run, str], Iterable[str]]
"""Returns the reasons why an existing bucket is unsuitable for an export."""


def check(inputs: ExportInputs) -> Iterator[Problem]:
    """The problems of the inputs that both exports have."""
    if is_known(inputs.s3_bucket) and (reason := s3_names.bucket_name_problem(inputs.s3_bucket)):
        yield Problem(_PATH, reason)
    prefix, description = inputs.s3_prefix, inputs.description
    if is_known(prefix) and prefix is not None and (prefix.startswith("/") or len(prefix.encode()) > _PREFIX_BYTES):
        yield Problem(
            "s3Prefix", f"expected at most {_PREFIX_BYTES} bytes without a leading slash, got {shown_value(prefix)}"
        )
    if is_known(description) and description is not None and len(description) > _DESCRIPTION_LENGTH:
        yield Problem("description", f"expected at most {_DESCRIPTION_LENGTH} characters, got {len(description)}")
    yield from aws_input_problems(inputs)
    if is_known(inputs.tags):
        yield from tag_problems(inputs.tags)


def look_up_bucket(run: Run, inputs: ExportInputs, bucket_check: BucketCheck) -> Generator[Problem, None, bool]:
    """The problems of the bucket as it is before the export. Returns whether it is known to exist in the Region.

    If the stack manages the bucket, unsuitable settings are a warning, because the same run may change them.
    """
    bucket = inputs.s3_bucket
    if not is_known(bucket):
        return False
    with warn_on_aws_error(run, f"bucket {bucket}"):
        if not (
            yield from bucket_problems(
                run, _PATH, bucket, input_path=_PATH, use="export", create="create it with ExportBucket"
            )
        ):
            return False
        for reason in bucket_check(run, bucket):
            if run.supplied_by_resource(_PATH):
                run.warn(f"{_PATH}: {reason}")
            else:
                yield Problem(_PATH, reason)
    return True


def require_usable_bucket(run: Run, inputs: ExportInputs, bucket_check: BucketCheck) -> None:
    """Check a bucket that the stack manages again, after the stack has created it. Raises: CleanFailureError.

    S3 may return earlier settings of a bucket for a moment.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
    """
    if not run.supplied_by_resource(_PATH):
        return

    def show(attempt: RetryCallState) -> None:
        reason = attempt.outcome.result()[0] if attempt.outcome else ""
        run.status(f"waiting for bucket {inputs.s3_bucket} to become usable: {reason}")

    retrying = Retrying(
        retry=retry_if_result(bool),
        stop=stop_after_attempt(POLLS_BEFORE_GONE),
        wait=wait_fixed(run.poll_seconds),
        sleep=run.wait,
        before_sleep=show,
        retry_error_callback=lambda attempt: attempt.outcome.result() if attempt.outcome else [],
    )
    if reasons := retrying(lambda: list(bucket_check(run, inputs.s3_bucket))):
        raise CleanFailureError("; ".join(reasons))


def bucket_reasons(run: Run, bucket: str) -> Iterator[str]:
    """Why the bucket is unsuitable for any export. Not being allowed to read its settings is a warning."""
    with warn_on_aws_error(run, f"owner of bucket {bucket}"):
        if not export_buckets.is_owned_by_caller(run.aws, bucket):
            yield (
                f"bucket {shown_value(bucket)} belongs to another account, expected a bucket of account "
                f"{run.aws.account_id}"
            )
            return
    with warn_on_aws_error(run, f"encryption of bucket {bucket}"):
        if algorithm := export_buckets.kms_algorithm(run.aws, bucket):
            yield (
                f"bucket {shown_value(bucket)} encrypts with a KMS key ({algorithm}), expected SSE-S3 (AES256); "
                "create a bucket "
                "with ExportBucket"
            )


def license_problems(
    run: Run, path: str, subject: str, platform_details: str | None, product_codes: tuple[str, ...]
) -> Iterator[Problem]:
    """Software that AWS licenses cannot be exported."""
    if product_codes:
        codes = ", ".join(product_codes)
        yield Problem(path, f"{subject} comes from AWS Marketplace (product code {codes}) and cannot be exported")
    if platform_details is None or platform_details.startswith(_LINUX):
        return
    if _BYOL not in platform_details:
        yield Problem(
            path,
            f"{subject} runs {platform_details} with a license from AWS and cannot be exported; expected a machine "
            "imported with your own license (license_type BYOL)",
        )
    elif platform_details.startswith("Windows"):
        run.warn(
            f"{subject} runs {platform_details}: the VM Import/Export guide both excludes Windows from exports and "
            "includes imported Windows machines; EC2 decides when the task starts"
        )


def disk_problems(path: str, disk: str, size_gib: int, *, encrypted: bool) -> Iterator[Problem]:
    """The problems of one disk: encryption and size."""
    if encrypted:
        yield Problem(
            path, f"{disk} is encrypted, expected an unencrypted disk; copy its data to an unencrypted volume"
        )
    if size_gib > LARGEST_GIB:
        yield Problem(path, f"{disk} has {size_gib} GiB, expected at most {LARGEST_GIB} GiB")
