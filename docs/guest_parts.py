"""The steps of the guest preparation, for docs/guest_preparation.md."""

from collections.abc import Sequence

from pulumi_vmimport.guest.preparation_steps import windows_steps

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
