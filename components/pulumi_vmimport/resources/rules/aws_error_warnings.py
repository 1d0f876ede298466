"""Turns AWS errors of checks before a run into warnings: the run may succeed without the permission to check."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.lifecycle.contract import Run


@contextmanager
def warn_on_aws_error(run: Run, subject: str) -> Iterator[None]:
    """Turn an AWS error in the block into a warning that the subject was not checked, and leave the block.

    Raises: an error of the identity, with which no other check succeeds either.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if is_identity_error(error):
            raise
        run.warn(f"{subject} not checked before the run: {describe_aws_error(error)}")
