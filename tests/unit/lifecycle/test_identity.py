import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from pulumi_vmimport.lifecycle.identity import COMPLETION_TAG, Identity, completion_tag, is_adoptable, is_reserved_tag
from pulumi_vmimport.lifecycle.schema import updatable

URN = "urn:pulumi:prod::shop::my:index:Line$pulumi-python:dynamic/vmimport:ImportImage::web server"


@dataclass(frozen=True)
class Inputs:
    key: str
    tags: str | None = updatable()


def test_tags_name_the_stack_and_the_resource_in_characters_that_aws_accepts() -> None:
    tags = Identity(URN).tags(Inputs("a"))
    assert tags["vmimport:stack"] == "shop/prod"
    assert tags["vmimport:resource"] == "ImportImage::web server"
    assert all(re.fullmatch(r"[\w +\-=._:/@]{1,255}", v) for v in tags.values())


def test_the_token_is_stable_and_changes_with_identity_inputs_and_attempt() -> None:
    identity = Identity(URN)
    token = identity.token(Inputs("a"))
    assert token == Identity(URN).token(Inputs("a", tags="x"))
    others = {
        Identity(URN + "2").token(Inputs("a")),
        identity.token(Inputs("b")),
        identity.token(Inputs("a"), "import-ami-1"),
    }
    assert token not in others
    assert len(others) == 3
    assert len(token) == 64


def test_tokens_and_tags_are_those_of_earlier_versions() -> None:
    """A later version finds the task that an earlier one started."""
    identity = Identity(URN)
    assert identity.token(Inputs("a")) == "7d6a54eb60e92623d525e55f7b9aed501ac7c4d4afbb5a36652d2c75f9da4b07"
    tags = identity.tags(Inputs("a"))
    assert tags["vmimport:identity"] == "5858a4a9a77196baf045b791ca2ad34b"
    assert tags["vmimport:inputs"] == "8d66adb40252060bf4559fee27a62693"


def test_a_long_name_is_shortened_to_the_limit_of_a_tag_value() -> None:
    assert len(Identity(URN + "x" * 400).tags(Inputs("a"))["vmimport:resource"]) == 255


def test_tags_of_the_library_and_of_aws_are_reserved() -> None:
    assert [is_reserved_tag(k) for k in ("vmimport:identity", "aws:backup", "Name")] == [True, True, False]


@pytest.mark.parametrize(
    "value",
    ["", "yes", "done by hand", "2026-13-45T99:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1"],
)
def test_a_resource_whose_completion_tag_was_edited_by_hand_is_not_reused(value: str) -> None:
    assert not is_adoptable({COMPLETION_TAG: value})


def test_a_completed_resource_is_reused_within_an_hour_whatever_the_form_of_the_time() -> None:
    now = datetime.now(UTC)
    assert is_adoptable({})
    assert is_adoptable(completion_tag())
    assert is_adoptable({COMPLETION_TAG: now.replace(tzinfo=None).isoformat()})
    assert not is_adoptable({COMPLETION_TAG: (now - timedelta(hours=2)).replace(tzinfo=None).isoformat()})
