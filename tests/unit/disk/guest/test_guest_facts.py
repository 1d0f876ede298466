"""Facts of a guest survive JSON, and invalid JSON is refused with every problem."""

import json

import pytest

from pulumi_vmimport.disk.disk_errors import InvalidGuestFactsError
from pulumi_vmimport.disk.guest.guest_facts import Fact, GuestFacts, GuestSystem, Origin

FACTS = GuestFacts(
    GuestSystem.WINDOWS,
    (
        Fact("service.wuauserv.start", 3, r"SYSTEM\ControlSet001\Services\wuauserv\Start"),
        Fact("accounts", [{"name": "Administrator", "enabled": True, "rid": 500}], r"SAM\SAM\Domains\Account\Users"),
        Fact("restart.pending_file_renames", None, r"SYSTEM\ControlSet001\Control\Session Manager"),
        Fact("domain.sid", evidence="SECURITY", unknown="the hive is damaged"),
    ),
    Origin.GUEST,
)


def test_facts_survive_json() -> None:
    assert GuestFacts.from_json(FACTS.to_json()) == FACTS
    nothing = GuestFacts(None, unknown="partition 1 is encrypted with BitLocker")
    assert GuestFacts.from_json(nothing.to_json()) == nothing


def test_a_fact_that_was_not_read_is_unknown() -> None:
    assert FACTS.fact("domain.name").unknown == "not read"
    nothing = GuestFacts(None, unknown="partition 1 is encrypted with BitLocker")
    assert nothing.fact("domain.name").unknown == "partition 1 is encrypted with BitLocker"


def test_later_facts_replace_earlier_ones() -> None:
    changed = FACTS.with_facts(Fact("service.wuauserv.start", 4, "SYSTEM"), Fact("windows.build", "19045", "SOFTWARE"))
    assert changed.fact("service.wuauserv.start").value == 4
    assert changed.fact("windows.build").value == "19045"
    assert len(changed.facts) == len(FACTS.facts) + 1


def test_a_fact_shows_its_evidence_and_value() -> None:
    shown = [fact.shown() for fact in FACTS.facts]
    assert shown[0] == r"SYSTEM\ControlSet001\Services\wuauserv\Start = 3"
    assert shown[2] == r"SYSTEM\ControlSet001\Control\Session Manager is absent"
    assert shown[3] == "SECURITY: unknown, the hive is damaged"
    assert len(Fact("long", "x" * 1000).shown()) < 300


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        pytest.param("{", ("expected JSON",), id="no-json"),
        pytest.param("[" * 100_000, ("expected JSON",), id="deep"),
        pytest.param("[]", ("expected an object, got list",), id="a-list"),
        pytest.param(
            json.dumps({"schema": 2, "origin": "x", "system": "dos", "facts": 1}),
            ("schema: expected one of 1, got 2", 'origin: expected one of "disk", "guest", got "x"', "system", "facts: expected a list"),
            id="every-field",
        ),
        pytest.param(
            json.dumps({"schema": 1, "origin": "disk", "system": None, "facts": [
                {"id": "a", "value": 1.5}, {"id": "a", "value": 1, "unknown": "x"}, 3, {"value": 1, "evidence": 2},
            ]}),
            ("facts[0]: value: expected no fractions", "facts[1]: expected either value or unknown", "facts[2]: expected an object",
             "facts[3]: id: expected a string", "facts[3]: evidence: expected a string", "a occurs twice"),
            id="every-fact",
        ),
    ],
)  # fmt: skip
def test_fails_on_invalid_json_with_every_problem(document: str, problems: tuple[str, ...]) -> None:
    with pytest.raises(InvalidGuestFactsError) as raised:
        GuestFacts.from_json(document)
    assert len(raised.value.problems) == len(problems)
    assert all(words in str(raised.value) for words in problems)
