import pytest
from tests.unit.disk.registry.accounts import sid

from pulumi_vmimport.disk.registry.security_identifier import sid_text, sids


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (sid(32, 544), "S-1-5-32-544"),
        (sid(), "S-1-5"),
        (sid(*range(15)), "S-1-5-0-1-2-3-4-5-6-7-8-9-10-11-12-13-14"),
        (b"\1\1\0\0\0\0\1\0" + b"\xff" * 4, "S-1-256-4294967295"),
        (sid(18) + b"more", "S-1-5-18"),
        (sid(*range(16)), None),
        (sid(32, 544)[:-1], None),
        (sid()[:-1], None),
        (b"\2" + sid(18)[1:], None),
        (b"", None),
    ],
)
def test_an_identifier_is_read_as_windows_writes_it(data: bytes, text: str | None) -> None:
    assert sid_text(data) == text


def test_identifiers_follow_each_other_up_to_the_first_invalid_one() -> None:
    assert list(sids(sid(18) + sid(32, 544) + b"\7" + sid(19))) == ["S-1-5-18", "S-1-5-32-544"]
    assert list(sids(b"")) == []
