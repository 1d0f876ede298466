"""Whether the service role of VM Import/Export is sufficient, before a task is started and when EC2 rejects one.

Source: https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.iam import service_role
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error

DEFAULT_ROLE = "vmimport"
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
# IAM is eventually consistent: a change reaches every Region within seconds, rarely minutes.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_PROPAGATION_SECONDS = 300.0


def role_name_problems(role_name: str | None) -> Iterator[Problem]:
    """The problems of the input alone."""
    if is_known(role_name) and role_name is not None and not ROLE_NAME.fullmatch(role_name):
        yield Problem("roleName", f"expected 1 to 64 letters, digits and _+=,.@- characters, got {role_name!r}")


def role_problems(
    run: Run,
    role_name: str | None,
    *,
    import_buckets: Sequence[str] = (),
    export_buckets: Sequence[str] = (),
    kms_key_arns: Sequence[str] = (),
    license_manager: bool = False,
) -> Iterator[Problem]:
    """The permissions that the role lacks for these buckets and keys. Not being allowed to read it is a warning."""
    name = role_name or DEFAULT_ROLE
    with warn_on_aws_error(run, f"role {name}"):
        role = service_role.find(run.aws, name)
        if role is None:
            yield Problem("roleName", f"role {name!r} does not exist in the account; create it with VmimportRole")
            return
        missing = "; ".join(
            role.missing_permissions(
                import_buckets=import_buckets,
                export_buckets=export_buckets,
                kms_key_arns=kms_key_arns,
                license_manager=license_manager,
                partition=run.aws.partition,
            )
        )
        if missing:
            yield Problem(
                "roleName", f"role {name!r} lacks {missing}; grant it, or create a separate role with VmimportRole"
            )


class RoleRefusals:
    """EC2's rejections of the service role during one start: temporary while IAM propagates a sufficient role."""

    def __init__(self, run: Run, is_insufficient: Callable[[], bool]) -> None:
        self._run = run
        self._is_insufficient = is_insufficient
        self._first: float | None = None

    def are_temporary(self, error: ClientError) -> bool:
        """Whether to retry after this error. Shows what the run waits for."""
        role = service_role.rejected_role(error)
        if role is None:
            return False
        if self._first is None:
            self._first = time.monotonic()
            if self._is_insufficient():
                return False
        self._run.status(f"waiting for IAM to propagate role {role}")
        return time.monotonic() - self._first < _PROPAGATION_SECONDS
