from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_vmimport.cli.orphans.found_resource import FoundResource
from pulumi_vmimport.cli.orphans.ownership import assess
from pulumi_vmimport.cli.orphans.stack_export import StackExport
from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, IDENTITY_TAG, STACK_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def found(
    id: str,
    kind: OrphanKind = OrphanKind.IMAGE,
    *related: str,
    stack: str = "shop/dev",
    settled: bool = False,
    **values: Any,
) -> FoundResource:
    tags = {IDENTITY_TAG: "web", STACK_TAG: stack} | ({COMPLETION_TAG: "2026-11-21T00:00:00+00:00"} if settled else {})
    about = {"state": "there", **values}
    return FoundResource(kind=kind, id=id, region="eu-west-1", tags=tags, related_ids=frozenset(related), **about)


def export(*names: str, pending: Any = (), encrypted: Any = ()) -> StackExport:
    return StackExport("shop/dev", NOW, frozenset(names), frozenset(pending), frozenset(encrypted))


def owners(resources: list[FoundResource], of: StackExport | None, incomplete_regions: Any = ()) -> list[str]:
    return [each.owner.value for each in assess(resources, of, incomplete_regions)]


TASK = found("import-ami-1", OrphanKind.IMAGE_IMPORT)
IMAGE = found("ami-1", OrphanKind.IMAGE, "import-ami-1", "snap-1", has_own_tags=False)
SNAPSHOT = found("snap-1", OrphanKind.SNAPSHOT, "import-ami-1", has_own_tags=False)


@pytest.mark.parametrize(
    ("resources", "of", "expected"),
    [
        pytest.param([TASK], None, ["unknown"], id="no-export"),
        pytest.param([TASK], export(), ["orphan"], id="not-named"),
        pytest.param([TASK], export("import-ami-1"), ["owned"], id="named"),
        pytest.param([IMAGE, SNAPSHOT], export(), ["orphan", "orphan"], id="ami-and-snapshot"),
        pytest.param([IMAGE, SNAPSHOT], export("import-ami-1"), ["owned", "owned"], id="made-by-an-owned-task"),
        pytest.param([IMAGE, SNAPSHOT], export("ami-1"), ["owned", "owned"], id="snapshot-of-an-owned-ami"),
        pytest.param([IMAGE, SNAPSHOT], export("snap-1"), ["owned", "owned"], id="ami-of-an-owned-snapshot"),
        pytest.param([TASK], export(pending=["web"]), ["pending"], id="interrupted-create"),
        pytest.param([TASK], export("import-ami-1", pending=["web"]), ["owned"], id="named-and-being-replaced"),
        pytest.param([IMAGE], export(encrypted=["web"]), ["owned"], id="outputs-are-encrypted"),
        pytest.param([found("ami-1", stack="shop/prod")], export(), ["other stack"], id="other-stack"),
        pytest.param([found("ami-1", stack="shop/old")], export("ami-1"), ["owned"], id="stack-was-renamed"),
        pytest.param(
            [found("ami-1", state="available")], export(), ["unknown"], id="complete-maybe-under-another-name"
        ),
        pytest.param(
            [found("ami-1", OrphanKind.IMAGE, "import-ami-1", has_own_tags=False, settled=True)],
            export(),
            ["unknown"],
            id="settled",
        ),
        pytest.param([found("ami-1"), found("ami-2")], export("ami-1"), ["owned", "orphan"], id="unrelated"),
    ],
)
def test_the_owner_follows_from_the_export(
    resources: list[FoundResource], of: StackExport | None, expected: list[str]
) -> None:
    assert owners(resources, of) == expected


def test_a_resource_that_is_newer_than_the_state_is_not_an_orphan() -> None:
    before, after = NOW.replace(year=2025), NOW.replace(year=2027)
    assert owners([found("ami-1", created=before), found("ami-2", created=after)], export()) == ["orphan", "unknown"]


def test_a_later_result_of_an_orphaned_task_is_an_orphan() -> None:
    assert owners([found("ami-1", has_own_tags=False, created=NOW.replace(year=2027))], export()) == ["orphan"]


def test_nothing_is_an_orphan_in_a_region_that_was_not_listed_completely() -> None:
    assert owners([TASK, IMAGE], export(), incomplete_regions={"eu-west-1"}) == ["unknown", "unknown"]
    assert owners([TASK], export(), incomplete_regions={"us-east-1"}) == ["orphan"]


def test_the_owner_of_an_upload_whose_key_names_no_stack_is_unknown() -> None:
    upload = FoundResource(kind=OrphanKind.UPLOAD, id="s3://bucket/web.ova", region="eu-west-1", state="")
    assert owners([upload], export()) == ["unknown"]
    assert owners([upload], export("s3://bucket/web.ova")) == ["owned"]
    assert owners([upload], export(pending=["s3://bucket/web.ova"])) == ["pending"]


@pytest.mark.parametrize(
    ("stack", "of", "expected"),
    [
        pytest.param("shop/dev", None, "unknown", id="no-export"),
        pytest.param("shop/dev", export(), "orphan", id="orphaned-image"),
        pytest.param("shop/dev", export("wsi-1"), "unknown", id="owned-image"),
        pytest.param("shop/prod", export(), "other stack", id="image-of-another-stack"),
        pytest.param("shop/dev", export(pending=["wsi-1/111122223333"]), "pending", id="interrupted-create"),
    ],
)
def test_the_owner_of_a_permission_follows_from_its_image(stack: str, of: StackExport | None, expected: str) -> None:
    image = found("wsi-1", OrphanKind.WORKSPACE_IMAGE, stack=stack)
    permission = found("wsi-1/111122223333", OrphanKind.IMAGE_PERMISSION, stack=stack, has_own_tags=False)
    assert owners([image, permission], of)[1] == expected
