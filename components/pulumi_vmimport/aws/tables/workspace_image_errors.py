"""Meaning and remedy of the error codes of WorkSpaces images: workspace_image_errors.toml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pulumi_vmimport.aws.tables.table_file import read_table
from pulumi_vmimport.aws.workspaces.workspace_images import ImageError


@dataclass(frozen=True, kw_only=True)
class KnownImageError:
    """An error code. The comment at the top of workspace_image_errors.toml describes the fields."""

    code: str
    meaning: str
    remedy: str
    steps: tuple[str, ...]
    checker: str | None = None
    assumed: bool = False

    @property
    def explanation(self) -> str:
        """Meaning, remedy and steps of the preparation, for a message."""
        label = "step" if len(self.steps) == 1 else "steps"
        return f"{self.meaning}; {self.remedy}; {label} {', '.join(self.steps)}"


@dataclass(frozen=True)
class ImageErrorTable:
    """The error codes, and what their fields refer to."""

    errors: Mapping[str, KnownImageError]
    """By code."""
    steps: Mapping[str, str]
    source: str
    guide: str
    checked: str
    """The ISO date on which the sources were read."""


@cache
def table() -> ImageErrorTable:
    """The table in this package."""
    data = read_table("workspace_image_errors")
    errors = (KnownImageError(**{**entry, "steps": tuple(entry["steps"])}) for entry in data["error"])
    by_code = {error.code: error for error in errors}
    return ImageErrorTable(by_code, data["steps"], data["source"], data["guide"], data["checked"].isoformat())


def explain(errors: Iterable[ImageError]) -> str:
    """All errors of an image in AWS's words, with meaning and remedy of the known codes."""
    return "; ".join(map(_explain_error, errors)) or "no error code"


def _explain_error(error: ImageError) -> str:
    known = table().errors.get(error.code)
    return f"{error} ({known.explanation})" if known else str(error)
