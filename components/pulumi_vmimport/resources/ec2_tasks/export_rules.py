"""What makes any export impossible: licences, disks, the bucket (EXP-03, S3-06).

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/limits-image-export.html, vmexport-limits.html and
vmexport-prerequisites.html.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from pulumi_vmimport.aws.s3 import export_buckets, s3_locations
from pulumi_vmimport.aws.service_errors import error_message, is_aws_error
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Problem, Run, is_known
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE
from pulumi_vmimport.resources.ec2_tasks.export_lifecycle import ExportInputs
from pulumi_vmimport.resources.rules.tag_rules import tag_problems

LARGEST_GIB = 1024
_DESCRIPTION_LENGTH = 255
# A key has 1,024 bytes; export-ami-<17 digits>.<ending> takes up to 33 of them.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_PREFIX_BYTES = 990
_BYOL = "BYOL"
_NOWHERE = "nowhere"

ResultT = TypeVar("ResultT")
Settings = Callable[[Run, str], Iterable[str]]
"""Tells why a bucket that is there will not do."""


def check(inputs: ExportInputs) -> Iterator[Problem]:
    """The problems of the inputs that both exports have."""
    if is_known(inputs.s3_bucket) and (reason := s3_locations.bucket_name_problem(inputs.s3_bucket)):
        yield Problem("s3Bucket", reason)
    prefix, description = inputs.s3_prefix, inputs.description
    if is_known(prefix) and prefix is not None and (prefix.startswith("/") or len(prefix.encode()) > _PREFIX_BYTES):
        yield Problem("s3Prefix", f"expected at most {_PREFIX_BYTES} bytes, no slash at the start, got {prefix!r}")
    if is_known(description) and description is not None and len(description) > _DESCRIPTION_LENGTH:
        yield Problem("description", f"expected at most {_DESCRIPTION_LENGTH} characters, got {len(description)}")
    yield from aws_input_problems(inputs)
    if is_known(inputs.tags):
        yield from tag_problems(inputs.tags)


def look_up_bucket(run: Run, inputs: ExportInputs, settings: Settings) -> Iterator[Problem]:
    """What AWS shows of the bucket before the export.

    Of a bucket that the stack makes, what is wrong is a warning: this very run may mend it.
    """
    bucket = inputs.s3_bucket
    if not is_known(bucket):
        return
    region = permitted(run, f"bucket {bucket}", lambda: s3_locations.bucket_region(run.aws, bucket) or _NOWHERE)
    if region is None:
        return
    if region == _NOWHERE:
        if not run.supplied_by_resource("s3Bucket"):
            yield Problem("s3Bucket", f"there is no bucket {bucket!r}; make one with ExportBucket")
        return
    if region != run.aws.region:
        yield Problem(
            "s3Bucket",
            f"bucket {bucket!r} is in {region}, expected {run.aws.region}, the Region of the export; take a bucket "
            "there, or export in the bucket's Region",
        )
        return
    for reason in settings(run, bucket):
        if run.supplied_by_resource("s3Bucket"):
            run.warn(f"s3Bucket: {reason}")
        else:
            yield Problem("s3Bucket", reason)


def refuse_promised_bucket(run: Run, inputs: ExportInputs, settings: Settings) -> None:
    """Raise CleanFailureError where a bucket of the stack will not do now that it is made.

    S3 may show a bucket's settings of a moment ago.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
    """
    if not run.supplied_by_resource("s3Bucket"):
        return
    for _ in range(POLLS_BEFORE_GONE):
        reasons = list(settings(run, inputs.s3_bucket))
        if not reasons:
            return
        run.status(f"waiting for bucket {inputs.s3_bucket} to become usable: {reasons[0]}")
        run.wait(run.poll_seconds)
    raise CleanFailureError("; ".join(reasons))


def bucket_reasons(run: Run, bucket: str) -> Iterator[str]:
    """Why the bucket will do for no export. Not being allowed to look is a warning."""
    if permitted(run, f"owner of bucket {bucket}", lambda: export_buckets.is_owned_by_caller(run.aws, bucket)) is False:
        yield f"bucket {bucket!r} is another account's; exports go to buckets of the own account {run.aws.account_id}"
        return
    encryption = f"encryption of bucket {bucket}"
    algorithm = permitted(run, encryption, lambda: export_buckets.kms_algorithm(run.aws, bucket))
    if algorithm:
        yield (
            f"bucket {bucket!r} encrypts with a KMS key ({algorithm}), expected SSE-S3 (AES256) or nothing (S3-06); "
            "make one with ExportBucket"
        )


def permitted(run: Run, what: str, look: Callable[[], ResultT]) -> ResultT | None:
    """What look finds; None, with a warning, where the caller may not look."""
    try:
        return look()
    except Exception as error:
        if not is_aws_error(error):
            raise
        run.warn(f"{what} not checked before the run: {error_message(error)}")
        return None


def licence_problems(
    run: Run, path: str, what: str, platform_details: str | None, product_codes: tuple[str, ...]
) -> Iterator[Problem]:
    """Software that AWS provides is not exported. Of Windows with an own licence AWS's guide says both (AMB-18)."""
    if product_codes:
        yield Problem(
            path, f"{what} comes from AWS Marketplace (product code {', '.join(product_codes)}) and cannot be exported"
        )
    if platform_details is None or platform_details.startswith("Linux/UNIX"):
        return
    if _BYOL not in platform_details:
        yield Problem(
            path,
            f"{what} runs {platform_details} with a licence of AWS and cannot be exported; expected one that was "
            "imported with your own licence (licenseType BYOL)",
        )
    elif platform_details.startswith("Windows"):
        run.warn(
            f"{what} runs {platform_details}: AWS's guide says that Windows cannot be exported, and elsewhere that an "
            "imported one can; EC2 decides when the task is started"
        )


def disk_problems(path: str, disk: str, size_gib: int, *, encrypted: bool) -> Iterator[Problem]:
    """A disk that is encrypted or too large."""
    if encrypted:
        yield Problem(
            path, f"{disk} is encrypted; expected one that is not; copy its content to a volume without encryption"
        )
    if size_gib > LARGEST_GIB:
        yield Problem(path, f"{disk} has {size_gib} GiB, expected at most {LARGEST_GIB}")
