"""Whether a bucket exists in the Region of the resource."""

from collections.abc import Generator

from pulumi_vmimport.aws.s3 import s3_locations
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.shown_value import shown_value

_CREATE = "create it, or use the output of the resource that creates it"


def bucket_problems(
    run: Run, path: str, bucket: str, *, input_path: str, use: str | None, create: str = _CREATE
) -> Generator[Problem, None, bool]:
    """The problem of a bucket that does not exist or is in another Region; none while the stack has yet to create it.

    Args:
        run: the run.
        path: the path of the problem.
        bucket: the name of the bucket.
        input_path: the top-level input; if a resource of the stack supplies it, the bucket may not exist yet.
        use: what the bucket is for, as a verb. None: the bucket may be in any Region.
        create: the remedy for a bucket that does not exist.

    Returns:
        Whether the bucket exists and is in a usable Region.

    Raises:
        ClientError: S3 rejects the call.
    """
    region, expected = s3_locations.bucket_region(run.aws, bucket), run.aws.region
    if region is None:
        if not run.supplied_by_resource(input_path):
            yield Problem(path, f"bucket {shown_value(bucket)} does not exist; {create}")
        return False
    if use is not None and region != expected:
        yield Problem(
            path,
            f"bucket {shown_value(bucket)} is in {region}, expected {expected}; use a bucket in {expected}, or "
            f"{use} in {region}",
        )
        return False
    return True
