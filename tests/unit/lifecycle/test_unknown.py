import pytest

from pulumi_vmimport.lifecycle.unknown import UNKNOWN, is_known, is_set


def test_fails_to_test_an_unknown_value_for_truth() -> None:
    with pytest.raises(TypeError, match="is_known"):
        bool(UNKNOWN)


def test_an_unknown_value_is_neither_known_nor_set() -> None:
    assert [is_known(value) for value in (UNKNOWN, None, "", 0)] == [False, True, True, True]
    assert [is_set(value) for value in (UNKNOWN, None, "", 0)] == [False, False, True, True]
    assert not is_known("a", UNKNOWN)
