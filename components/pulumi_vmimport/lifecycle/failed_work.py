"""Removes what a failed operation left in AWS, without losing the reason of the failure."""

from collections.abc import Callable

from pulumi_vmimport.aws.service_errors import is_aws_error
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.contract import PartialFailureError
from pulumi_vmimport.lifecycle.error_reporting import describe_error


def remove_failed_work(failure: str, remove: Callable[[], object]) -> None:
    """Call `remove` after a failure.

    Raises: PartialFailureError, with the failure first, if AWS rejects the removal or the run is cancelled in it.
    """
    try:
        remove()
    except Exception as error:
        if not is_aws_error(error) and not isinstance(error, VmimportError):
            raise
        raise PartialFailureError(
            f"{failure}; what it left could not be removed: {describe_error(error)}; run `pulumi up` again, which "
            "removes it, or `pulumi destroy`"
        ) from error
