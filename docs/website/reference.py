"""The pages of resources, components, functions and the provider, from the package schema and the catalogs."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import permission_parts
from website.properties import described, property_table, type_sections
from website.tested_examples import example

from pulumi_vmimport.aws.tables import known_failures
from pulumi_vmimport.aws.tables.known_failures import KnownFailure
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.functions.catalog import FUNCTIONS
from pulumi_vmimport.resources.catalog import RESOURCES

_SCHEMA = Path(__file__).resolve().parents[2] / "components" / "pulumi_vmimport" / "plugin" / "schema.json"
_PREFIX = "vmimport:index:"
_PLURAL = "WorkspaceImage"
"""In the names of the resources that the page on existing resources calls WorkSpaces images."""

_PROVIDER_WORDS = """\
The provider of the native plugin, `vmimport.Provider`, has these inputs; the stack's configuration has them as
`vmimport:<name>`. The dynamic provider of the Python package reads the keys of pulumi-aws and pulumi-vsphere
([configuration](configuration.md))."""


def pages(existing_resources: str) -> dict[str, str]:
    """The pages by their paths in the site; `existing_resources` is the page with the ids to read resources by."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    permissions = dict(permission_parts.resource_actions())
    found = {"provider.md": _provider(schema)}
    resources = [entry for entry in RESOURCES if entry.is_public]
    for entry in resources:
        sections = [
            *_import(entry.name, existing_resources),
            "## Permissions",
            "The actions of the caller's credentials; [permissions](../permissions.md) explains them.",
            _table(*permissions[entry.name]) if entry.actions.needed.called else "None: it calls nothing in AWS.",
            *_errors(entry.name),
        ]
        found[f"resources/{entry.name}.md"] = _resource(schema, entry.name, entry.summary, entry.page, sections)
    head, rows = permission_parts.component_actions()
    rows_of = {row[0]: row for row in rows}
    for component in COMPONENTS:
        sections = ["## Permissions", _table(head[1:], [rows_of[f"`{component.name}`"][1:]]), *_errors(component.name)]
        found[f"components/{component.name}.md"] = _resource(
            schema, component.name, component.summary, component.page, sections
        )
    functions = [entry for entry in FUNCTIONS if _PREFIX + entry.name in schema["functions"]]
    for function in functions:
        found[f"functions/{function.name}.md"] = _function(schema, function.name)
    found["resources/index.md"] = _index("Resources", [(e.name, e.summary) for e in resources])
    found["components/index.md"] = _index("Components", [(c.name, c.summary) for c in COMPONENTS])
    found["functions/index.md"] = _index("Function reference", [(f.name, f.summary) for f in functions])
    return found


def _resource(schema: Any, name: str, summary: str, page: str, sections: Sequence[str]) -> str:
    spec = schema["resources"][_PREFIX + name]
    inputs, outputs = spec.get("inputProperties", {}), spec.get("properties", {})
    types = list(type_sections(schema, [inputs, outputs], are_inputs=True))
    return _page(
        [
            f"# {name}",
            f"*{summary[:1].upper()}{summary[1:]}.* Token: `{_PREFIX}{name}`. Guide: {_guide(page)}.",
            described(spec.get("description", "")),
            *_example(name),
            "## Inputs",
            _spellings(),
            property_table(inputs, spec.get("requiredInputs", ()), are_inputs=True),
            "## Outputs",
            *_outputs(outputs),
            *(["## Types", *types] if types else []),
            *sections,
        ]
    )


def _function(schema: Any, name: str) -> str:
    spec = schema["functions"][_PREFIX + name]
    inputs, outputs = spec.get("inputs", {}), spec.get("outputs", {})
    types = list(type_sections(schema, [inputs, outputs], are_inputs=False))
    return _page(
        [
            f"# {name}",
            f"Token: `{_PREFIX}{name}`. [Functions](../functions.md) explains where functions work.",
            described(spec.get("description", "")),
            *_example(name),
            "## Arguments",
            _spellings(),
            property_table(inputs.get("properties", {}), inputs.get("required", ()), are_inputs=True),
            "## Result",
            *_outputs(outputs.get("properties", {})),
            *(["## Types", *types] if types else []),
        ]
    )


def _provider(schema: Any) -> str:
    spec = schema["provider"]
    types = list(type_sections(schema, [spec["inputProperties"]], are_inputs=True))
    return _page(
        [
            "# Provider",
            described(spec["description"]),
            _PROVIDER_WORDS,
            "## Inputs",
            property_table(spec["inputProperties"], spec.get("requiredInputs", ()), are_inputs=True),
            *(["## Types", *types] if types else []),
        ]
    )


def _index(title: str, rows: Sequence[tuple[str, str]]) -> str:
    listed = [(f"[`{name}`]({name}.md)", summary) for name, summary in rows]
    names = "\n".join(f"{name}.md" for name, _ in rows)
    return _page([f"# {title}", _table(["name", "what it is"], listed), f"```{{toctree}}\n:hidden:\n\n{names}\n```"])


def _example(name: str) -> Iterator[str]:
    if text := example(name):
        yield "## Example"
        yield text


def _outputs(outputs: Mapping[str, Any]) -> Iterator[str]:
    yield property_table(outputs, (), are_inputs=False) if outputs else "None."


def _spellings() -> str:
    return "The second name is that of Python, where it differs."


def _import(name: str, existing_resources: str) -> Iterator[str]:
    yield "## Import"
    cells = _row(name, existing_resources)
    if not cells.get("id", "none").startswith("none"):
        yield "With the [native provider](../native_provider.md):"
        yield f"```bash\npulumi import {_PREFIX}{name} NAME ID\n```"
    yield "\n".join(f"- **{title}:** {_from_folder(cell)}" for title, cell in cells.items() if cell)
    yield "[Existing resources](../existing_resources.md) explains how to read and to import a resource by its id."


def _row(name: str, page: str) -> Mapping[str, str]:
    """The cells of a resource in the table of existing resources, by their headings, without its name."""
    titles: list[str] = []
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")] if line.startswith("|") else []
        if not cells:
            titles = []
        elif not titles:
            titles = cells
        elif titles[0] == "resource" and _names(cells[0], name):
            return dict(zip(titles[1:], cells[1:], strict=False))
    return {}


def _names(cell: str, name: str) -> bool:
    names = re.findall(r"`(\w+)`", cell)
    return name in names or (not names and _PLURAL in name and "WorkSpaces images" in cell)


def _from_folder(cell: str) -> str:
    """The text of a page of docs/ in a page of a folder."""
    return re.sub(r"\]\((?![a-z]+:|#)", "](../", cell)


def _errors(name: str) -> Iterator[str]:
    """The known failures that name the resource."""
    yield "## Errors"
    table = known_failures.table()
    named = [failure for failure in table.failures if re.search(rf"\b{name}\b", _words(failure))]
    if named:
        rows = [
            (f"[{f.id}](../troubleshooting.md#{f.id.lower()})", f"`{f.message}`" if f.message else str(f.symptom))
            for f in named
        ]
        yield _table(["entry", "AWS's message, or what you observe"], rows)
    also = " [Error codes of WorkSpaces images](../workspace_image_errors.md)." if _PLURAL in name else ""
    yield f"All known failures, with causes and remedies: [troubleshooting](../troubleshooting.md).{also}"


def _words(failure: KnownFailure) -> str:
    return " ".join(filter(None, (failure.cause, failure.remedy, failure.preview, failure.symptom)))


def _guide(page: str) -> str:
    return f"[{page.removesuffix('.md').replace('_', ' ')}](../{page})"


def _table(head: Sequence[str], rows: Any) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
