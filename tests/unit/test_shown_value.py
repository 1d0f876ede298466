from enum import Enum
from pathlib import PurePosixPath
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.shown_value import shown_value


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
    assert len(shown_value("x" * 10_000)) == len(shown_value(["x"] * 10_000)) == 120
    assert shown_value(["x"] * 10_000).endswith("...")
