"""The list in terminals of several widths, and in a pipe."""

import io
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len

from pulumi_vmimport.cli.orphans.found_resource import FoundResource
from pulumi_vmimport.cli.orphans.orphan_report import show
from pulumi_vmimport.cli.orphans.ownership import Assessment, Owner
from pulumi_vmimport.lifecycle.identity import RESOURCE_TAG, STACK_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

HEADING = "account 123456789012, " + ", ".join(f"eu-west-{number}" for number in range(40))
ARN = f"arn:aws:iam::123456789012:role/service/{'vmimport-' * 12}web"
KEY = f"s3://images-of-web/{'nightly builds/' * 60}web.ova"
TASK = "import-ami-0123456789abcdef0"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def assessed(
    id_: str, kind: OrphanKind = OrphanKind.IMAGE_IMPORT, name: str = "ImportImage::web", state: str = "pending (1%)"
) -> Assessment:
    created = datetime.now(UTC) - timedelta(hours=3)
    tags = {STACK_TAG: "shop/dev", RESOURCE_TAG: name}
    resource = FoundResource(kind=kind, id=id_, region="eu-west-1", state=state, tags=tags, created=created)
    return Assessment(resource, Owner.ORPHAN, "the state of shop/dev does not contain its id")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `show` prints into a terminal of a width, or into a pipe."""

    def run(found: list[Assessment], width: int | None = None, **environment: str) -> list[str]:
        output = Terminal() if width else io.StringIO()
        monkeypatch.setenv("COLUMNS", str(width or 80))
        monkeypatch.setenv("TERM", "xterm")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdout", output)
        show(HEADING, found)
        return re.sub(r"\x1b\[[\d;]*m", "", output.getvalue()).splitlines()

    return run


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 200])
@pytest.mark.parametrize("id_", [TASK, ARN, KEY], ids=["id", "arn", "key"])
def test_no_id_is_broken_or_cut_at_any_width(shown: Any, id_: str, width: int) -> None:
    assert sum(id_ in line for line in shown([assessed(id_), assessed(TASK[:-1])], width)) == 1


@pytest.mark.parametrize("width", [80, 120])
def test_only_what_cannot_be_broken_exceeds_the_width_of_the_terminal(shown: Any, width: int) -> None:
    found = [assessed(TASK), assessed(ARN, OrphanKind.ROLE), assessed("wsb-0123456789")]
    too_long = [line for line in shown(found, width) if cell_len(line) > width]
    assert all(ARN in line and len(line) < len(ARN) + 20 for line in too_long)


def test_a_terminal_that_is_wide_enough_shows_a_table(shown: Any) -> None:
    lines = shown([assessed(TASK)], 130)
    assert "OWNER   KIND               ID" in "\n".join(lines)
    (line,) = [line for line in lines if TASK in line]
    assert "pending (1%)" in line


def test_a_narrow_terminal_shows_one_fact_on_a_line(shown: Any) -> None:
    lines = shown([assessed(TASK)], 80)
    at = lines.index("orphan  image import task")
    facts = dict(line.split(maxsplit=1) for line in lines[at + 1 : at + 7])
    assert facts == {
        "id": TASK,
        "region": "eu-west-1",
        "stack": "shop/dev",
        "resource": "ImportImage::web",
        "state": "pending (1%)",
        "age": "3 h",
    }


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1"}], ids=["plain", "forced-color"])
def test_a_pipe_gets_one_line_for_each_resource(shown: Any, environment: dict[str, str]) -> None:
    lines = shown([assessed(KEY), assessed(TASK), assessed(ARN)], **environment)
    assert lines[0] == HEADING
    assert [re.split(r" {2,}", line)[2] for line in lines[1:5]] == ["ID", KEY, TASK, ARN]
    assert all(line == line.rstrip() for line in lines)


def test_names_with_wide_and_control_characters_keep_the_columns(shown: Any) -> None:
    found = [assessed("ami-1", name="ImportImage::\u6771\u4eac"), assessed("ami-2", name="ImportImage::a\nb\x1b[2J")]
    _, header, wide, control, _ = shown(found)
    assert "ImportImage::a\\nb\\x1b[2J" in control
    assert cell_len(wide[: wide.index("pending")]) == control.index("pending") == header.index("STATE")
