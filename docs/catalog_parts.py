"""The parts of pages that show the catalog of resources, and the type stub of the package."""

from collections.abc import Iterable, Mapping, Sequence

import permission_parts

from pulumi_vmimport.aws.configuration.configuration_keys import CONFIGURATION_KEYS
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.functions.catalog import FUNCTIONS
from pulumi_vmimport.lifecycle.provider_configuration import PROVIDER_CONFIGURATION
from pulumi_vmimport.public_names import public_modules
from pulumi_vmimport.resources.catalog import RESOURCES
from pulumi_vmimport.resources.orphan_kinds import HANDLING, OrphanKind

# What `vmimport orphans` calls beside the listings of the kinds.
_ALL_REGIONS, _IDENTITY = "ec2:DescribeRegions", "sts:GetCallerIdentity"

Table = tuple[Sequence[str], Iterable[Sequence[str]]]


def public_classes() -> Table:
    """The resources and components of the README."""
    rows = [(f"`{c.name}`", "component", c.summary, f"[{_title(c.page)}](docs/{c.page})") for c in COMPONENTS]
    rows += [
        (f"`{r.name}`", "resource", r.summary, f"[{_title(r.page)}](docs/{r.page})") for r in RESOURCES if r.is_public
    ]
    return ["name", "kind", "what it is", "documentation"], rows


def functions() -> Table:
    """The functions, with the actions that a call of each needs."""
    rows = [(f"`{f.name}`", f.summary, permission_parts.grouped(f.actions) or "none") for f in FUNCTIONS]
    return ["function", "what it returns", "actions"], rows


def orphan_actions() -> Table:
    """The actions that listing and removing each kind of orphan needs."""
    rows = [
        (kind.value, permission_parts.grouped(of.list_actions), permission_parts.grouped(of.remove_actions))
        for kind, of in HANDLING.items()
        if of.list_actions
    ]
    return ["kind", "list", "`--remove`"], [*rows, ("all", f"`{_IDENTITY}`; `--all-regions`: `{_ALL_REGIONS}`", "")]


def configuration_keys() -> Table:
    """The effect of each configuration key of pulumi-aws."""
    return ["key", "effect"], [(f"`{key}`", effect) for key, effect in CONFIGURATION_KEYS.items()]


def provider_configuration() -> Table:
    """The configuration of the native provider."""
    rows = [
        (f"`{value.name}`", f"{value.description}{' A secret.' if value.is_secret else ''}")
        for value in PROVIDER_CONFIGURATION
    ]
    return ["key", "meaning"], rows


def orphan_kinds() -> Table:
    """How each kind of orphan is recognized, and the resources that leave it."""
    left_by = {kind: [f"`{r.name}`" for r in (*RESOURCES, *COMPONENTS) if kind in r.orphans] for kind in OrphanKind}
    rows = [(kind.value, ", ".join(left_by[kind]), of.recognized_by) for kind, of in HANDLING.items()]
    return ["kind", "left by", "recognized by"], rows


def resources_without_orphans() -> str:
    """The resources that leave no orphans, as a list."""
    return "\n".join(f"- `{entry.name}`: {entry.no_orphans}." for entry in RESOURCES if entry.no_orphans)


def stub() -> str:
    """The text of `__init__.pyi`: the public names for type checkers, each from its own module."""
    names_of: dict[str, list[str]] = {}
    for name, module in public_modules().items():
        names_of.setdefault(module, []).append(name)
    imports = [_stub_import(module, names_of[module]) for module in sorted(names_of)]
    names = "".join(f'    "{name}",\n' for name in public_modules())
    internal = "_MODULES: Mapping[str, str]\n"
    return "\n".join(
        [
            "# Generated from resources/catalog.py by docs/generate.py: `make docs`.",
            "from collections.abc import Mapping",
            "",
            *imports,
            "",
            f"__all__ = [\n{names}]",
            "",
            internal,
        ]
    )


def _stub_import(module: str, names: Sequence[str]) -> str:
    line = f"from pulumi_vmimport.{module} import {', '.join(names)}"
    if len(line) <= 120:  # noqa: PLR2004 - the line length of the formatter
        return line
    return f"from pulumi_vmimport.{module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


_TITLES: Mapping[str, str] = {
    "distribution.md": "distribution",
    "exports.md": "exports",
    "fast_launch.md": "EC2 Fast Launch",
    "guest_preparation.md": "guest preparation",
    "image_builder.md": "Image Builder images",
    "permissions.md": "permissions",
    "snapshots.md": "snapshots",
    "supported_systems.md": "supported systems",
    "uploads.md": "uploads",
    "workspaces_images.md": "WorkSpaces images",
}


def _title(page: str) -> str:
    return _TITLES[page]
