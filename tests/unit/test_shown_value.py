import ast
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

import pulumi
import pytest

import pulumi_vmimport
from pulumi_vmimport.shown_value import shown_bytes, shown_value

PACKAGE = Path(pulumi_vmimport.__file__).parent


class Kind(Enum):
    RAW = "raw"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("QCOW", "'QCOW'"),
        (r"C:\disks\web.vhd", r"'C:\disks\web.vhd'"),
        ("it's", '"it\'s"'),
        ("a\nb\x1b", r"'a\x0ab\x1b'"),
        ("größe", "'größe'"),
        (None, "none"),
        (True, "true"),
        (3.0, "3"),
        (2.5, "2.5"),
        (["a", None], "['a', none]"),
        ({"team": {"name": "web"}, "size": 1.0}, "{team: {name: 'web'}, size: 1}"),
        (Kind.RAW, "'raw'"),
        (b"secret", "6 bytes"),
        (PurePosixPath("/web.ova"), "a PurePosixPath"),
    ],
)
def test_a_value_has_no_notation_of_a_language(value: Any, text: str) -> None:
    assert shown_value(value) == text


def test_an_output_is_named_by_its_type() -> None:
    assert shown_value(pulumi.Output.from_input) == "a function"


def test_a_long_value_is_cut() -> None:
    assert shown_value("x" * 10_000) == f"'{'x' * 1100}...'"
    assert len(shown_value(["x"] * 10_000)) == 120
    assert shown_value(["x"] * 10_000).endswith("...")


def test_a_key_of_s3_is_never_cut() -> None:
    assert shown_value("k" * 1024) == f"'{'k' * 1024}'"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"conectix", "'conectix'"),
        (b"KDMV", "'KDMV'"),
        (b"PK\x03\x04", "50 4b 03 04"),
        (bytes(4), "00 00 00 00"),
        (b"caf\xc3\xa9", "63 61 66 c3 a9"),
        (b"", "nothing"),
    ],
)
def test_bytes_of_a_file_are_text_or_hexadecimal(data: bytes, text: str) -> None:
    assert shown_bytes(data) == text


def formats() -> list[str]:
    """Each place of the package where Python formats a value: `{x!r}`, `{x!a}`, `repr`, `%r`."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_conversion = isinstance(node, ast.FormattedValue) and node.conversion in {ord("r"), ord("a")}
            is_call = isinstance(node, ast.Name) and node.id == "repr"
            is_percent = isinstance(node, ast.Constant) and isinstance(node.value, str) and "%r" in node.value
            if isinstance(node, ast.expr) and (is_conversion or is_call or is_percent):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    return found


def test_no_message_shows_the_notation_of_python() -> None:
    allowed = {"__init__.py"}  # an AttributeError in the words of Python
    assert [place for place in formats() if place.partition(":")[0] not in allowed] == []
