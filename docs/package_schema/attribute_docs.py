"""The strings below the attributes of a class, which Python does not keep at run time."""

import ast
import importlib
import inspect
from functools import cache
from types import ModuleType
from typing import Any

_PACKAGE = "pulumi_vmimport"


@cache
def attribute_docs(of: Any) -> dict[str, str]:
    """The strings below the attributes of a class, a base of it in the package, or the members of an enumeration."""
    module = importlib.import_module(of.__module__)
    node = _class_nodes(module)[of.__name__]
    docs: dict[str, str] = {}
    for base in node.bases:  # a TypedDict has no bases at run time
        inherited = getattr(module, base.id, None) if isinstance(base, ast.Name) else None
        if getattr(inherited, "__module__", "").startswith(_PACKAGE):
            docs |= attribute_docs(inherited)
    for statement, following in zip(node.body, node.body[1:], strict=False):
        text, names = _text(following), _targets(statement)
        docs |= dict.fromkeys(names, text) if text else {}
    return docs


def _targets(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _text(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return None


@cache
def _class_nodes(module: ModuleType) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
