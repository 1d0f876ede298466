"""Turns AWS errors of checks before a run into warnings: the run may succeed without the permission to check."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.aws.tables.known_failures import with_explanation
from pulumi_vmimport.lifecycle.contract import Run


@contextmanager
def warn_on_aws_error(run: Run, subject: str) -> Iterator[None]:
    """Turn an AWS error in the block into a warning that the subject was not checked, and leave the block."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        run.warn(f"{subject} not checked before the run: {with_explanation(error_message(error))}")
