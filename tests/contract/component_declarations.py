"""What a component declares, from its code: the names of components, custom resources and objects of pulumi-aws."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pulumi_vmimport
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.resources.catalog import RESOURCES

_PACKAGE = Path(pulumi_vmimport.__file__).parent
_COMPONENTS = "pulumi_vmimport.components."
_MODULES = {component.name: component.module for component in COMPONENTS}
_NAMES = {*_MODULES, *(resource.name for resource in RESOURCES)}


def declarations(component: str) -> set[str]:
    """The names of what the code of a component reaches, functions of other modules included."""
    tree = _tree(_MODULES[component])
    found = set[str]()
    new: list[tuple[str, ast.AST]] = [(_MODULES[component], node) for node in tree.body]
    seen = {id(node) for _, node in new}
    while new:
        module, node = new.pop()
        found |= set(_declared_in(node, _provider_names(module)))
        for used in _used_definitions(module, node):
            if id(used[1]) not in seen:
                seen.add(id(used[1]))
                new.append(used)
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse((_PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))


@cache
def _provider_names(module: str) -> dict[str, str]:
    """The names that a module imports from pulumi-aws, each as `aws.module.Name`."""
    return {
        alias.asname or alias.name: f"{imported.module.replace('pulumi_aws', 'aws', 1)}.{alias.name}"
        for imported in ast.walk(_tree(module))
        if isinstance(imported, ast.ImportFrom) and imported.module and imported.module.split(".")[0] == "pulumi_aws"
        for alias in imported.names
    }


def _declared_in(node: ast.AST, provider: dict[str, str]) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            name = ast.unparse(call.func)
            first, dot, rest = name.partition(".")
            name = f"{provider[first]}{dot}{rest}" if first in provider else name
            if name in _NAMES:
                yield name
            elif name.startswith("aws.") and not name.endswith("Args"):
                yield name.removesuffix("_output")


def _used_definitions(module: str, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The functions and classes of the components that a definition names."""
    tree = _tree(module)
    places = {
        alias.asname or alias.name: (imported.module.removeprefix("pulumi_vmimport."), alias.name)
        for imported in tree.body
        if isinstance(imported, ast.ImportFrom) and (imported.module or "").startswith(_COMPONENTS)
        if imported.module is not None
        for alias in imported.names
    }
    for name in {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}:
        at, of = places.get(name, (module, name))
        if at in _MODULES.values() and at != module:
            continue  # another component, which has its own row
        for definition in _tree(at).body:
            if isinstance(definition, (ast.FunctionDef, ast.ClassDef)) and definition.name == of:
                yield at, definition
