"""What BYOL Checker reported in a guest, and the steps of the preparation for its codes."""

import re

from pulumi_vmimport.guest.preparation_steps import steps_by_code
from pulumi_vmimport.resources.guest_installation.guest_installation import GuestInstallationState
from pulumi_vmimport.resources.guest_installation.installation_log import InstallationLog, LogEntry

SUCCESS = "success"
_STEP = "byol-checker"
_WORD = re.compile(r"\w+")


def advice(failure: LogEntry) -> str:
    """For a failure that BYOL Checker reported, the step of the preparation for each code; empty for any other."""
    if failure.step != _STEP:
        return ""
    steps = {code: [step for step in ids if step != _STEP] for code, ids in steps_by_code().items()}
    codes = [word for word in _WORD.findall(failure.message) if steps.get(word)]
    named = "; ".join(f"{code}: {', '.join(steps[code])}" for code in dict.fromkeys(codes))
    return f"; the steps of the preparation for these codes: {named}" if named else ""


def missing_result(state: GuestInstallationState, log: InstallationLog) -> str | None:
    """What to report if the guest is prepared without the success of the BYOL Checker that was supplied; else None."""
    if state.byol_checker is None or log.checker == SUCCESS:
        return None
    return (
        f"the guest reports that it is prepared, but of BYOL Checker {log.checker or 'nothing'}, expected {SUCCESS}; "
        "run the checker at its console, or remove byol_checker, which installs the guest again"
    )
