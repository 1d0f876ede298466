"""Whether the service role of VM Import/Export will do, told before a task is started and when one is refused."""

import re
import time
from collections.abc import Callable, Iterator, Sequence

from pulumi_vmimport.aws.iam import service_role
from pulumi_vmimport.aws.service_errors import error_message, is_aws_error
from pulumi_vmimport.aws.tables.known_failures import with_explanation
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known

DEFAULT_ROLE = "vmimport"
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
# IAM is eventually consistent; a role is usable everywhere some seconds after it was written, rarely minutes.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_PROPAGATION_SECONDS = 300.0


def role_name_problems(role_name: str | None) -> Iterator[Problem]:
    """The problems of the input alone."""
    if is_known(role_name) and role_name is not None and not ROLE_NAME.fullmatch(role_name):
        yield Problem("roleName", f"expected 1 to 64 of letters, digits and _+=,.@-, got {role_name!r}")


def role_problems(
    run: Run,
    role_name: str | None,
    *,
    import_buckets: Sequence[str] = (),
    export_buckets: Sequence[str] = (),
    kms_key_arns: Sequence[str] = (),
    license_manager: bool = False,
) -> Iterator[Problem]:
    """What the role lacks for these buckets and keys. Not being allowed to look is a warning."""
    name = role_name or DEFAULT_ROLE
    try:
        role = service_role.find(run.aws, name)
    except Exception as error:
        if not is_aws_error(error):
            raise
        run.warn(f"role {name} not checked before the run: {with_explanation(error_message(error))}")
        return
    if role is None:
        yield Problem("roleName", f"there is no role {name!r} in the account; create it with VmimportRole")
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
        yield Problem("roleName", f"role {name!r} lacks {missing}; add it, or let VmimportRole make a role of its own")


class RoleRefusals:
    """Whether a refusal for the role passes by itself: the role is right, IAM has only not spread it yet."""

    def __init__(self, run: Run, is_lacking: Callable[[], bool]) -> None:
        self._run = run
        self._is_lacking = is_lacking
        self._first: float | None = None

    def pass_by_themselves(self, error: Exception) -> bool:
        """Whether to ask again after a while; shows what is waited for."""
        role = service_role.rejected_role(error)
        if role is None:
            return False
        if self._first is None:
            self._first = time.monotonic()
            if self._is_lacking():
                return False
        self._run.status(f"waiting for IAM to spread role {role}")
        return time.monotonic() - self._first < _PROPAGATION_SECONDS
