"""What the package declares: each custom resource with its parts, found by walking, so that new ones are covered."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from pulumi_vmimport import resources
from pulumi_vmimport.lifecycle.contract import Lifecycle
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource


@dataclass(frozen=True)
class Declared:
    """One custom resource: its Pulumi class and arguments are of one module, its lifecycle of `<module>_lifecycle`."""

    name: str
    module: ModuleType
    resource: type[ManagedResource]
    lifecycle: Lifecycle[Any, Any]
    args: Any

    @property
    def inputs(self) -> set[str]:
        return {f.name for f in fields(self.lifecycle.inputs_type)}

    @property
    def outputs(self) -> set[str]:
        """What the state has beyond the inputs."""
        return {f.name for f in fields(self.lifecycle.state_type)} - self.inputs

    def documented_args(self) -> dict[str, str | None]:
        """The attribute docstrings of the arguments, those of their bases included."""
        return attribute_docs(self.args)

    def documented_outputs(self) -> dict[str, str | None]:
        return attribute_docs(self.resource)


def defined_in(module: ModuleType, base: type) -> list[type[Any]]:
    """The subclasses of base that a module defines itself."""
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, base)]
    return [found for found in classes if found.__module__ == module.__name__ and found is not base]


def attribute_docs(of: Any) -> dict[str, str | None]:
    """The annotated attributes of a class and of its bases in this package, each with the string below it."""
    module = importlib.import_module(of.__module__)
    node = _class_nodes(module)[of.__name__]
    docs: dict[str, str | None] = {}
    for base in node.bases:
        inherited = getattr(module, base.id, None) if isinstance(base, ast.Name) else None
        if inherited is not ManagedResource and getattr(inherited, "__module__", "").startswith("pulumi_vmimport"):
            docs |= attribute_docs(inherited)
    for statement, following in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            docs[statement.target.id] = _text(following)
    return docs


def _text(statement: ast.stmt) -> str | None:
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return str(statement.value.value) if is_text else None  # type: ignore[attr-defined] # checked in the line above


@cache
def _class_nodes(module: ModuleType) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


@cache
def modules() -> tuple[ModuleType, ...]:
    found = pkgutil.walk_packages(resources.__path__, resources.__name__ + ".")
    return tuple(importlib.import_module(info.name) for info in found)


@cache
def declared_resources() -> tuple[Declared, ...]:
    return tuple(_declared())


def _declared() -> Iterator[Declared]:
    for module in modules():
        for resource in defined_in(module, ManagedResource):
            name = resource.__name__
            half = importlib.import_module(f"{module.__name__}_lifecycle")
            lifecycle, args = getattr(half, name + "Lifecycle"), getattr(module, name + "Args")
            yield Declared(name, module, resource, lifecycle(), args)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "declared" in metafunc.fixturenames:
        found = declared_resources()
        metafunc.parametrize("declared", found, ids=[declared.name for declared in found])


@pytest.fixture
def documented() -> Callable[[Any], dict[str, str | None]]:
    """The attribute docstrings of a class by the attributes' names."""
    return attribute_docs


@pytest.fixture
def all_declared() -> tuple[Declared, ...]:
    return declared_resources()


@pytest.fixture
def resource_modules() -> tuple[ModuleType, ...]:
    return modules()
