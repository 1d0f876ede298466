"""The exceptions of the package form the tree that pulumi_vmimport.errors documents."""

import importlib
import inspect
import pkgutil
import re

import pytest

import pulumi_vmimport
from pulumi_vmimport import errors
from pulumi_vmimport.errors import VmimportError

# A program, and the module that only reports where the sandbox is.
_NOT_IMPORTABLE = ("__main__", "pulumi_vmimport.sandbox")
# A line of the tree: four columns for each level, then the class.
_LINE = re.compile(r"^(?P<branches>(?:│   |    |├── |└── )*)(?P<name>\w+Error)\b")


def documented_tree() -> dict[str, str]:
    """Each class of the docstring with its parent."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := _LINE.match(line):
            level = len(match["branches"]) // 4
            path = [*path[:level], match["name"]]
            parents[match["name"]] = path[level - 1] if level else ""
    return parents


def exception_classes() -> set[type[BaseException]]:
    """The public exception classes that the modules of the package define."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(pulumi_vmimport.__path__, "pulumi_vmimport.")
        if not module.name.endswith(_NOT_IMPORTABLE)
    ]
    return {
        cls
        for module in modules
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and issubclass(cls, BaseException)
        if cls.__module__ == module.__name__ and not name.startswith("_")
    }


def test_the_docstring_shows_the_tree_of_the_classes_that_exist() -> None:
    tree = {cls.__name__: cls.__bases__[0].__name__ for cls in exception_classes() if cls is not VmimportError}
    assert documented_tree() == {"VmimportError": "", **tree}


@pytest.mark.parametrize("cls", sorted(exception_classes(), key=repr), ids=lambda cls: str(cls.__name__))
def test_every_public_exception_is_a_vmimport_error(cls: type[BaseException]) -> None:
    assert issubclass(cls, VmimportError)
