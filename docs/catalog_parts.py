"""The parts of pages that show the catalog of resources, and the type stub of the package."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pulumi_vmimport.aws.configuration.configuration_keys import CONFIGURATION_KEYS
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.public_names import public_modules
from pulumi_vmimport.resources.catalog import RESOURCES
from pulumi_vmimport.resources.catalog_entry import Actions
from pulumi_vmimport.resources.orphan_kinds import HANDLING, OrphanKind

_OPERATIONS = ("check", "create", "read", "update", "delete")
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


def resource_actions() -> Iterator[tuple[str, Table]]:
    """For each resource its name, and its actions by operation."""
    for entry in RESOURCES:
        rows = [(operation, _grouped(getattr(entry.actions, operation))) for operation in _OPERATIONS]
        if entry.actions.implied:
            rows.append(("also required by AWS", _grouped(entry.actions.implied)))
        yield entry.name, (["operation", "actions"], [row for row in rows if row[1]])


def orphan_actions() -> Table:
    """The actions that listing and removing each kind of orphan needs."""
    rows = [
        (kind.value, _grouped(of.list_actions), _grouped(of.remove_actions))
        for kind, of in HANDLING.items()
        if of.list_actions
    ]
    return ["kind", "list", "`--remove`"], [*rows, ("all", f"`{_IDENTITY}`; `--all-regions`: `{_ALL_REGIONS}`", "")]


def configuration_keys() -> Table:
    """The effect of each configuration key of pulumi-aws."""
    return ["key", "effect"], [(f"`{key}`", effect) for key, effect in CONFIGURATION_KEYS.items()]


def orphan_kinds() -> Table:
    """How each kind of orphan is recognized, and the resources that leave it."""
    left_by = {kind: [f"`{r.name}`" for r in (*RESOURCES, *COMPONENTS) if kind in r.orphans] for kind in OrphanKind}
    rows = [(kind.value, ", ".join(left_by[kind]), of.recognized_by) for kind, of in HANDLING.items()]
    return ["kind", "left by", "recognized by"], rows


def resources_without_orphans() -> str:
    """The resources that leave no orphans, as a list."""
    return "\n".join(f"- `{entry.name}`: {entry.no_orphans}." for entry in RESOURCES if entry.no_orphans)


def every_action(actions: Actions) -> set[str]:
    """The actions of all operations of a resource, without the implied ones."""
    return {action for operation in _OPERATIONS for action in getattr(actions, operation)}


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


def _grouped(actions: Iterable[str]) -> str:
    """`ec2:CreateTags`, `DescribeImages`: the service once, at its first action."""
    by_service: dict[str, list[str]] = {}
    for action in dict.fromkeys(actions):
        service, _, name = action.partition(":")
        by_service.setdefault(service, []).append(name)
    return "; ".join(_of_service(service, sorted(names)) for service, names in by_service.items())


def _of_service(service: str, names: Sequence[str]) -> str:
    first, *others = names
    return ", ".join([f"`{service}:{first}`", *(f"`{name}`" for name in others)])


_TITLES: Mapping[str, str] = {
    "distribution.md": "distribution",
    "exports.md": "exports",
    "fast_launch.md": "EC2 Fast Launch",
    "permissions.md": "permissions",
    "snapshots.md": "snapshots",
    "supported_systems.md": "supported systems",
    "uploads.md": "uploads",
    "workspaces_images.md": "WorkSpaces images",
}


def _title(page: str) -> str:
    return _TITLES[page]
