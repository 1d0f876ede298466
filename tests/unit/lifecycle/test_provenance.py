"""Tags that lead from an image to its source."""

import pytest

from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, INPUTS_TAG, Identity
from pulumi_vmimport.lifecycle.provenance import (
    image_fact,
    machine_fact,
    object_fact,
    provenance_of,
    several,
    source_tags,
)
from pulumi_vmimport.resources.rules.tag_rules import MOST_TAGS

FACTS = {
    "virtualMachine": "4222c0de-0000-1111-2222-333344445555 2026-11-28T10:00:00.5Z",
    "diskSha256": "ab" * 32,
    "object": "s3://images-of-web/web.ova",
    "importTask": "import-ami-0123456789abcdef0",
    "image": "us-east-1 ami-0123456789abcdef0",
}


def test_the_tags_give_back_the_facts() -> None:
    assert provenance_of(source_tags(FACTS)) == FACTS


def test_stack_and_resource_come_from_the_tags_of_the_identity() -> None:
    identity = Identity("urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:ImportImage::web")
    assert provenance_of(identity.owner_tags) == {"stack": "shop/dev", "resource": "ImportImage::web"}


def test_tags_of_other_purposes_are_no_facts() -> None:
    assert provenance_of({"team": "web", "vmimport:identity": "x", "vmimport:source-object": ""}) == {}


def test_the_tags_of_source_and_identity_and_the_users_are_at_most_fifty() -> None:
    own = {*Identity("urn:pulumi:dev::shop::t::web").owner_tags, INPUTS_TAG, COMPLETION_TAG}
    assert MOST_TAGS + len(own) + len(source_tags(FACTS)) <= 50


@pytest.mark.parametrize("version_id", [None, "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"])
@pytest.mark.parametrize("key", ["web.ova", "a/" * 120 + "web.ova", "é" * 300 + ".ova"])
def test_a_long_key_keeps_its_end_within_the_255_characters_of_a_tag(key: str, version_id: str | None) -> None:
    fact = object_fact("images-of-web", key, version_id)
    assert len(fact) <= 255
    assert fact.endswith(key[-7:])
    assert fact.removeprefix(f"{version_id} ").startswith("s3://images-of-web/")
    assert ("..." in fact) == (len(f"{version_id or ''} s3://images-of-web/{key}".strip()) > 255)


def test_digests_of_more_disks_than_fit_are_counted() -> None:
    digests = [f"{number:064x}" for number in range(1, 6)]
    assert several(digests[:3]) == " ".join(digests[:3])
    assert several(digests) == " ".join([*digests[:3], "+2"])
    assert several([]) == ""


def test_characters_that_workspaces_rejects_in_tags_are_replaced() -> None:
    assert source_tags({"object": "s3://b/web (1)&.ova"}) == {"vmimport:source-object": "s3://b/web -1--.ova"}


def test_a_machine_without_a_change_version_is_its_uuid() -> None:
    assert machine_fact("4222c0de", None) == "4222c0de"


def test_the_number_of_earlier_images_stays_right_over_generations() -> None:
    fact = None
    for number in range(1, 31):
        fact = image_fact(f"ami-{number:017x}", "eu-west-1", fact)
    *shown, left_out = str(fact).split()
    assert shown[0] == f"ami-{30:017x}@eu-west-1"
    assert left_out == f"+{30 - len(shown)}"
