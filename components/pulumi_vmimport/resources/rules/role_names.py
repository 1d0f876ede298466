"""The names of the service role of VM Import/Export."""

import re
from collections.abc import Iterator

from pulumi_vmimport.lifecycle.contract import Problem, is_known
from pulumi_vmimport.shown_value import shown_value

DEFAULT_ROLE = "vmimport"
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")


def role_name_problems(role_name: str | None) -> Iterator[Problem]:
    """The problems of the input alone."""
    if is_known(role_name) and role_name is not None and not ROLE_NAME.fullmatch(role_name):
        yield Problem(
            "roleName", f"expected 1 to 64 letters, digits and _+=,.@- characters, got {shown_value(role_name)}"
        )
