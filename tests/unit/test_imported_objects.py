import gc
from collections.abc import Iterator

import pytest

from pulumi_vmimport.imported_objects import uncollected_imports


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_ignores_what_was_imported_and_sees_what_is_made_later() -> None:
    with uncollected_imports():
        assert not gc.isenabled()
        imported = [object()]
    made = [object()]
    tracked = {id(found) for found in gc.get_objects()}
    assert id(imported) not in tracked
    assert id(made) in tracked
    assert gc.isenabled()


def test_fails_and_the_collector_runs_again() -> None:
    with pytest.raises(ImportError), uncollected_imports():
        raise ImportError("no such module")
    assert gc.isenabled()


def test_a_collector_that_the_program_disabled_stays_disabled_and_nothing_is_frozen() -> None:
    gc.disable()
    try:
        before = gc.get_freeze_count()
        with uncollected_imports():
            pass
        assert not gc.isenabled()
        assert gc.get_freeze_count() == before
    finally:
        gc.enable()
