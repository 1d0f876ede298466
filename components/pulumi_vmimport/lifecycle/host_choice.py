"""Which provider manages the resources of a Python program: the dynamic one, which needs no plugin, or the native one.

The native one is used where the project names it, as `pulumi package add` does:
https://www.pulumi.com/docs/iac/concepts/projects/project-file/
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

from pulumi_vmimport.lifecycle.native_identity import PACKAGE
from pulumi_vmimport.shown_value import shown_value

HOST_VARIABLE = "PULUMI_VMIMPORT_HOST"
_HOSTS = ("dynamic", "native")
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def is_native() -> bool:
    """Whether the native provider manages the resources of this program.

    The environment variable PULUMI_VMIMPORT_HOST, `native` or `dynamic`, decides. Without it, the project file does:
    native if `plugins.providers` or `packages` has `vmimport`. An inline program has no project file.
    Raises: pulumi.RunError for another value of the variable.
    """
    chosen = os.environ.get(HOST_VARIABLE)
    if chosen in _HOSTS:
        return chosen == "native"
    if chosen:
        raise pulumi.RunError(f"{HOST_VARIABLE}: expected one of {', '.join(_HOSTS)}, got {shown_value(chosen)}")
    root = pulumi.get_root_directory()
    return bool(root) and _names_package(root)


@cache
def _names_package(root: str) -> bool:
    file = next((path for name in _PROJECT_FILES if (path := Path(root) / name).is_file()), None)
    if file is None:
        return False
    # A dependency of the SDK; most programs do not need it.
    import yaml  # type: ignore[import-untyped] # noqa: PLC0415

    project = yaml.safe_load(file.read_text(encoding="utf-8"))
    return isinstance(project, Mapping) and (_is_plugin(project) or _is_package(project))


def _is_plugin(project: Mapping[str, Any]) -> bool:
    providers = (project.get("plugins") or {}).get("providers") or ()
    return any(provider.get("name") == PACKAGE for provider in providers)


def _is_package(project: Mapping[str, Any]) -> bool:
    return PACKAGE in (project.get("packages") or {})
