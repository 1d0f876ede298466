"""The strings below the annotated attributes of a class, which Python does not keep at run time."""

import ast
import importlib
import inspect
from functools import cache
from types import ModuleType
from typing import Any

_PACKAGE = "pulumi_vmimport"


@cache
def attribute_docs(of: Any) -> dict[str, str]:
    """The annotated attributes of a class and of its bases in the package that have a string below them."""
    module = importlib.import_module(of.__module__)
    node = _class_nodes(module)[of.__name__]
    docs: dict[str, str] = {}
    for base in node.bases:  # a TypedDict has no bases at run time
        inherited = getattr(module, base.id, None) if isinstance(base, ast.Name) else None
        if getattr(inherited, "__module__", "").startswith(_PACKAGE):
            docs |= attribute_docs(inherited)
    for statement, following in zip(node.body, node.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = _text(following)
            docs |= {statement.target.id: text} if text else {}
    return docs


def _text(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return None


@cache
def _class_nodes(module: ModuleType) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
