"""Fail on code that nothing uses: vulture with a reasoned allow-list. `make lint` runs it.

Arguments, inputs, states, outputs of resources, results of functions and members of enums are not judged: property
bags, AWS responses and users' programs read them by name. Neither are imports: ruff judges those.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

ROOT = Path(__file__).resolve().parents[1]
CODE = ("components", "sandbox", "stacks", "examples", "benchmarks", "docs", "tools", "tests")
# Unused code in these is an error; the rest is read only for what it uses.
JUDGED = ("components", "sandbox", "tools")
# Name: who calls it.
ALLOWED: dict[str, str] = {
    "__dir__": "Python, for the lazily imported public names",
    "__getattr__": "Python, for the lazily imported public names",
    "_missing_": "enum, for other spellings of a value",
    "fmt": "botocore, for the message of an exception",
    "list_commands": "click",
    "get_command": "click",
    "ordered_attributes": "expat",
    "abort_with_status": "the server of Pulumi's SDK",
    "buffer_text": "expat",
    "StartElementHandler": "expat",
    "EndElementHandler": "expat",
    "CharacterDataHandler": "expat",
    "StartDoctypeDeclHandler": "expat",
    "GetSchema": "Pulumi's engine, by gRPC",
    "Attach": "Pulumi's engine, by gRPC",
    "automated_parameter_parsing": "moto, to parse a request by its model",
    "log_request": "werkzeug",
    "source_image_region": "moto's templates",
    "start_time": "moto's templates",
    "state_message": "moto's templates",
    "ena_support": "moto's templates",
    "error_details": "moto's to_dict",
    "key_manager": "moto's to_dict",
    "default_version_number": "moto's launch templates",
    "floppy_drives": "the JSON report, which is written from the fields",
    "serialize_as_secret_always": "Pulumi's dynamic provider",
    "upload_start": "the request to EC2, which is written from the fields",
    "upload_end": "the request to EC2, which is written from the fields",
    "upload_size": "the request to EC2, which is written from the fields",
    "set_default_version": "the request to Image Builder, which is written from the fields",
    "data_type": "the request to Image Builder, which is written from the fields",
    "secure_boot_enabled": "the request to Image Builder, which is written from the fields",
    "disk_image_size_gib": "the result of getImportImageTask, which is written from the fields",
    "curves": "the template of the report",
    "points": "the template of the report",
    "tiles": "the template of the report",
    "license_configuration_arn": "the request to EC2, which is written from the fields",
}
# The structures of functions, the public Python functions, and the classes that `function_of` finds by their names.
_FUNCTIONS = ROOT / "components" / "pulumi_vmimport" / "functions"
_READ_BY_NAME = re.compile(r"(Args|Inputs|State|Enum|Flag|TypedDict|Resource|CaseInsensitiveEnum|Scope)$")


@cache
def _read_by_name(file: Path) -> frozenset[int]:
    """The lines of a file that declare what is read by its name."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    if file.parent == _FUNCTIONS:
        functions = [c.lineno for c in classes if any(ast.unparse(base).startswith("Function[") for base in c.bases)]
        functions += [f.lineno for f in nodes if isinstance(f, ast.FunctionDef) and f.name.startswith("get_")]
        structures = [c for c in classes if "dataclass" in " ".join(map(ast.unparse, c.decorator_list))]
        return frozenset([*functions, *(statement.lineno for c in structures for statement in c.body)])
    declaring = [c for c in classes if any(map(_READ_BY_NAME.search, [c.name, *map(ast.unparse, c.bases)]))]
    return frozenset(statement.lineno for c in declaring for statement in c.body)


def _is_dead(item: Item) -> bool:
    file = Path(item.filename).resolve()
    if file.relative_to(ROOT).parts[0] not in JUDGED or item.name in ALLOWED or item.typ == "import":
        return False
    return item.first_lineno not in _read_by_name(file)


def main() -> int:
    """Check the whole repository."""
    vulture = Vulture()
    vulture.scavenge([str(ROOT / folder) for folder in CODE])
    unused = vulture.get_unused_code(min_confidence=60)
    dead = [item for item in unused if _is_dead(item)]
    stale = sorted(ALLOWED.keys() - {item.name for item in unused})
    lines = [
        *(f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.message}" for item in dead),
        *(f"{name}: in ALLOWED, and not reported any more" for name in stale),
    ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
