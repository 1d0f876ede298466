"""The TOML files of this package."""

from importlib import resources
from typing import Any


def read_table(name: str) -> dict[str, Any]:
    """The content of the TOML file with this name."""
    import tomllib  # noqa: PLC0415 - most programs read no table

    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
