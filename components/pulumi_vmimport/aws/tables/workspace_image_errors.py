"""Why a WorkSpaces image could not be made and what to do: the codes of workspace_image_errors.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pulumi_vmimport.aws.workspaces.workspace_images import ImageError


@dataclass(frozen=True, kw_only=True)
class KnownImageError:
    """One code. What the fields are is told at the top of workspace_image_errors.toml."""

    code: str
    meaning: str
    remedy: str
    steps: tuple[str, ...]
    checker: str | None = None
    assumed: bool = False

    @property
    def explanation(self) -> str:
        """Meaning, remedy and steps, as one clause of a message."""
        return f"{self.meaning}: {self.remedy}, {' and '.join(self.steps)}"


@dataclass(frozen=True)
class ImageErrors:
    """The known codes, and what their fields refer to."""

    errors: Mapping[str, KnownImageError]
    """By code."""
    steps: Mapping[str, str]
    source: str
    guide: str
    checked: str
    """When the sources were read, an ISO date."""


@cache
def table() -> ImageErrors:
    """The table as the package has it."""
    text = resources.files(__package__).joinpath("workspace_image_errors.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    errors = (KnownImageError(**{**entry, "steps": tuple(entry["steps"])}) for entry in data["error"])
    by_code = {error.code: error for error in errors}
    return ImageErrors(by_code, data["steps"], data["source"], data["guide"], data["checked"].isoformat())


def explain(errors: Iterable[ImageError]) -> str:
    """All the errors of an image with the service's words, and meaning and remedy where the code is known."""
    return "; ".join(map(_explained, errors)) or "no error code"


def _explained(error: ImageError) -> str:
    known = table().errors.get(error.code)
    return f"{error} ({known.explanation})" if known else str(error)
