from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_vmimport.cli.orphans.ownership import judge
from pulumi_vmimport.cli.orphans.stack_export import StackExport
from pulumi_vmimport.cli.orphans.thing import Kind, Thing
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, IDENTITY_TAG, STACK_TAG

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def thing(
    id: str, kind: Kind = Kind.IMAGE, *kin: str, stack: str = "shop/dev", settled: bool = False, **values: Any
) -> Thing:
    tags = {IDENTITY_TAG: "web", STACK_TAG: stack} | ({COMPLETION_TAG: "2026-11-21T00:00:00+00:00"} if settled else {})
    about = {"state": "there", **values}
    return Thing(kind=kind, id=id, region="eu-west-1", tags=tags, kin=frozenset(kin), **about)


def export(*names: str, pending: Any = (), sealed: Any = ()) -> StackExport:
    return StackExport("shop/dev", NOW, frozenset(names), frozenset(pending), frozenset(sealed))


def owners(things: list[Thing], of: StackExport | None, blind: Any = ()) -> list[str]:
    return [each.owner.value for each in judge(things, of, blind)]


TASK = thing("import-ami-1", Kind.IMAGE_IMPORT)
IMAGE = thing("ami-1", Kind.IMAGE, "import-ami-1", "snap-1", has_own_tags=False)
SNAPSHOT = thing("snap-1", Kind.SNAPSHOT, "import-ami-1", has_own_tags=False)


@pytest.mark.parametrize(
    ("things", "of", "expected"),
    [
        pytest.param([TASK], None, ["unknown"], id="no-export"),
        pytest.param([TASK], export(), ["orphan"], id="not-named"),
        pytest.param([TASK], export("import-ami-1"), ["owned"], id="named"),
        pytest.param([IMAGE, SNAPSHOT], export(), ["orphan", "orphan"], id="ami-and-snapshot"),
        pytest.param([IMAGE, SNAPSHOT], export("import-ami-1"), ["owned", "owned"], id="made-by-an-owned-task"),
        pytest.param([IMAGE, SNAPSHOT], export("ami-1"), ["owned", "owned"], id="snapshot-of-an-owned-ami"),
        pytest.param([IMAGE, SNAPSHOT], export("snap-1"), ["owned", "owned"], id="ami-of-an-owned-snapshot"),
        pytest.param([TASK], export(pending=["web"]), ["pending"], id="creation-cut-off"),
        pytest.param([TASK], export("import-ami-1", pending=["web"]), ["owned"], id="named-and-to-be-replaced"),
        pytest.param([IMAGE], export(sealed=["web"]), ["owned"], id="outputs-are-encrypted"),
        pytest.param([thing("ami-1", stack="shop/prod")], export(), ["other stack"], id="other-stack"),
        pytest.param([thing("ami-1", stack="shop/old")], export("ami-1"), ["owned"], id="stack-was-renamed"),
        pytest.param(
            [thing("ami-1", state="available")], export(), ["unknown"], id="complete-maybe-under-another-name"
        ),
        pytest.param(
            [thing("ami-1", Kind.IMAGE, "import-ami-1", has_own_tags=False, settled=True)],
            export(),
            ["unknown"],
            id="settled",
        ),
        pytest.param([thing("ami-1"), thing("ami-2")], export("ami-1"), ["owned", "orphan"], id="strangers"),
    ],
)
def test_whose_a_thing_is(things: list[Thing], of: StackExport | None, expected: list[str]) -> None:
    assert owners(things, of) == expected


def test_what_was_made_after_the_state_was_written_is_no_orphan_that_the_export_could_prove() -> None:
    before, after = NOW.replace(year=2025), NOW.replace(year=2027)
    assert owners([thing("ami-1", created=before), thing("ami-2", created=after)], export()) == ["orphan", "unknown"]


def test_what_an_orphaned_task_completed_later_is_an_orphan_all_the_same() -> None:
    assert owners([thing("ami-1", has_own_tags=False, created=NOW.replace(year=2027))], export()) == ["orphan"]


def test_there_are_no_orphans_where_not_all_of_ec2_was_seen() -> None:
    assert owners([TASK, IMAGE], export(), blind={"eu-west-1"}) == ["unknown", "unknown"]
    assert owners([TASK], export(), blind={"us-east-1"}) == ["orphan"]


def test_an_upload_whose_key_says_no_stack_is_nobodys() -> None:
    upload = Thing(kind=Kind.UPLOAD, id="s3://bucket/web.ova", region="eu-west-1", state="")
    assert owners([upload], export()) == ["unknown"]
    assert owners([upload], export("s3://bucket/web.ova")) == ["owned"]
    assert owners([upload], export(pending=["s3://bucket/web.ova"])) == ["pending"]
