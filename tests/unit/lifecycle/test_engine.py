import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.engine import Call


@pytest.fixture(autouse=True)
def unknown_address(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine's address is not known."""
    monkeypatch.setattr(sys, "argv", ["pulumi-resource-vmimport"])
    engine._engine.cache_clear()
    yield
    engine._engine.cache_clear()


def test_a_request_without_a_timeout_has_none() -> None:
    assert Call(request=None, context=SimpleNamespace()).timeout_seconds == 0


def test_without_a_context_the_runtime_reports_the_error() -> None:
    class Mute:
        """A context that takes no metadata."""

    engine.one_line_error(None, "why")
    engine.one_line_error(Call(request=None, context=Mute()), "why")


def test_without_the_address_of_the_engine_nothing_is_logged_or_watched() -> None:
    before = threading.active_count()
    engine.log("urn", "text")
    engine.end_with_engine()
    assert threading.active_count() == before


def test_a_log_message_to_an_engine_that_has_exited_does_not_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pulumi.dynamic", "127.0.0.1:1"])
    engine.log("urn", "text")
