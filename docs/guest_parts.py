"""The steps of the guest preparation and the releases of Windows, for the tables of the documentation."""

from collections.abc import Sequence

from pulumi_vmimport.guest.preparation_steps import windows_steps
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES, WINDOWS_SERVERS

Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def steps() -> Table:
    """A row for each step, in the order in which they run."""
    rows = [
        (
            f"`{step.id}`",
            ", ".join(step.profiles),
            f"{'Test only: ' if step.is_assertion else ''}{step.summary}",
            ", ".join(f"`{code}`" for code in step.codes),
            step.doubts.replace("|", "\\|"),
        )
        for step in windows_steps()
    ]
    return ("step", "profiles", "state", "error codes of WorkSpaces", "what is not published or was not verified"), rows


def releases() -> Table:
    """A row for each release of Windows that can be installed."""
    rows = [
        (
            f"`{name}`",
            "EC2" if release.is_server else "WorkSpaces BYOL, EC2",
            str(release.build),
            "any" if release.is_server else release.firmware,
            f"`{release.guest_id}`",
            release.source if release.is_server or release.is_listed else f"{release.source}; AWS does not list it",
        )
        for name, release in {**WINDOWS_RELEASES, **WINDOWS_SERVERS}.items()
    ]
    return ("`windows_release`", "for", "build", "firmware", "guest id", "source"), rows
