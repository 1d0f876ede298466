"""Meaning and remedy of the error codes of WorkSpaces images: workspace_image_errors.toml."""

from collections.abc import Iterable, Mapping, Sequence
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
    checker: str | None = None
    assumed: bool = False

    def explanation(self, steps: Sequence[str] = ()) -> str:
        """Meaning, remedy and steps of the preparation, for a message."""
        label = "step" if len(steps) == 1 else "steps"
        return "; ".join([self.meaning, self.remedy, *([f"preparation {label} {', '.join(steps)}"] if steps else [])])


@dataclass(frozen=True)
class ImageErrorTable:
    """The error codes, and where they are from."""

    errors: Mapping[str, KnownImageError]
    """By code."""
    source: str
    checked: str
    """The ISO date on which the sources were read."""


@cache
def table() -> ImageErrorTable:
    """The table in this package."""
    data = read_table("workspace_image_errors")
    by_code = {entry["code"]: KnownImageError(**entry) for entry in data["error"]}
    return ImageErrorTable(by_code, data["source"], data["checked"].isoformat())


def explain(errors: Iterable[ImageError], steps: Mapping[str, Sequence[str]]) -> str:
    """All errors of an image in AWS's words, with meaning and remedy of the known codes.

    `steps` has the steps of the preparation by the code that they prevent.
    """
    return "; ".join(_explain_error(error, steps.get(error.code, ())) for error in errors) or "no error code"


def _explain_error(error: ImageError, steps: Sequence[str]) -> str:
    known = table().errors.get(error.code)
    return f"{error} ({known.explanation(steps)})" if known else str(error)
