"""Waits for an AMI that is still being created or copied: the operations that use an AMI reject it until then."""

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run

# EC2 rejects a disabled AMI, with the reason; so it is not waited for.
_SETTLED_STATES = frozenset({"available", "disabled"})


def wait_until_available(run: Run, image_id: str) -> None:
    """Wait while an AMI is pending or in an unknown state.

    Raises: CleanFailureError if the AMI failed or was deregistered meanwhile. An AMI that does not exist is left to the
    operation that uses it.
    """
    state, reason = images.state_of(run.aws, image_id)
    if state in images.GONE_STATES and not reason:
        return
    while state not in _SETTLED_STATES | images.GONE_STATES:
        run.status(f"waiting for AMI {image_id}, which is {state}")
        run.wait(run.poll_seconds)
        state, reason = images.state_of(run.aws, image_id)
    if state in images.GONE_STATES:
        words = f': "{reason}"' if reason else ""
        raise CleanFailureError(
            f"AMI {image_id} is {state}, expected available{words}; create it again; nothing was started"
        )
