"""Property names in messages as a Python program writes them: snake_case, where property bags have camelCase."""

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any

from pulumi_vmimport.aws.service_errors import SERVICE_WORDS
from pulumi_vmimport.lifecycle.schema import field_types, wire_fields, without_none
from pulumi_vmimport.lifecycle.type_validation import Problem

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_CAMEL_CASE = re.compile(r"\b[a-z]\w*[A-Z]\w*\b")
# Words of a service and values of the program: between quotes, as `shown_value` writes them, where an apostrophe inside
# a word is none; or a service's error code with its message.
_QUOTED = re.compile(rf"""("[^"]*"|(?<!\w)'[^']*'(?!\w)|{SERVICE_WORDS})""", re.DOTALL)


def in_program_spelling(of: type, problem: Problem) -> str:
    """A problem of a structured type as a message: `disk_containers[0].user_bucket: is required, ...`."""
    path = f"{program_path(of, problem.path)}: " if problem.path else ""
    return path + program_text(of, problem.reason)


def program_path(of: type, path: str) -> str:
    """A property path in the spelling of the program.

    Keys of a map, such as those of tags, and keys of the stack's configuration (`aws:assumeRoles`) stay as they are.
    """
    if ":" in path.partition(".")[0]:
        return path
    written, hint = [], of
    while path:
        member, dot, rest = path.partition(".")
        name, bracket, index = member.partition("[")
        if not (is_dataclass(hint) and isinstance(hint, type)):
            written.append(path if _is_map(hint) else snake_case(path))
            break
        field = wire_fields(hint).get(name)
        written.append((field.name if field else snake_case(name)) + bracket + index)
        hint = _member_type(field_types(hint)[field.name]) if field else object
        path = rest if dot else ""
    return ".".join(written)


def program_text(of: type, text: str) -> str:
    """The text with the names of the type's properties in the spelling of the program.

    Quoted values and the words of a service stay as they are.
    """
    names, parts = _camel_case_names(of), _QUOTED.split(text)
    parts[::2] = [_CAMEL_CASE.sub(lambda found: names.get(found[0], found[0]), part) for part in parts[::2]]
    return "".join(parts)


def snake_case(name: str) -> str:
    """`diskContainers` -> `disk_containers`."""
    return _CAPITAL.sub(r"_\1", name).lower()


def _is_map(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _member_type(hint: Any) -> Any:
    """The type of a field, or of the items of its list, without None."""
    hint = without_none(hint)
    return _member_type(typing.get_args(hint)[0]) if typing.get_origin(hint) in (tuple, list) else hint


@cache
def _camel_case_names(of: type) -> Mapping[str, str]:
    return {wire: name for wire, name in _names(of) if wire != name}


def _names(of: Any) -> Iterator[tuple[str, str]]:
    if is_dataclass(of) and isinstance(of, type):
        types_of = field_types(of)
        for wire, field in wire_fields(of).items():
            yield wire, field.name
            yield from _names(_member_type(types_of[field.name]))
