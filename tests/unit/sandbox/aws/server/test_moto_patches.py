"""moto's applications inside the sandbox."""

import ast
import gc
from collections.abc import Iterator

import pytest

from pulumi_vmimport_sandbox.aws.server import moto_patches


@pytest.fixture
def parse_at_each_collection() -> Iterator[None]:
    """Run the garbage collector as often as possible, each time with code that parses, as a finalizer might."""

    def parse(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            ast.parse("a.b['c'].d()")

    before = gc.get_threshold()
    gc.callbacks.append(parse)
    gc.set_threshold(1, 1, 1)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(parse)


@pytest.mark.usefixtures("parse_at_each_collection")
def test_a_finalizer_that_parses_code_does_not_break_the_routes_of_a_service() -> None:
    assert moto_patches._create_backend_app("sts")
    assert gc.isenabled()
