import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_vmimport.cli.orphans.stack_export import StackExport, read_export
from pulumi_vmimport.cli.trouble import Trouble
from pulumi_vmimport.lifecycle.identity import Identity

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
HIDDEN = {**SECRET, "ciphertext": "v1:3vH0dA=="}
URN = "urn:pulumi:dev::shop::vmimport:index:ByolWorkspaceImage$pulumi-python:dynamic/vmimport:ImportImage::web"


def read(deployment: Any, named: str | None = None, version: Any = 3) -> StackExport:
    return read_export(json.dumps({"version": version, "deployment": deployment}).encode(), named)


def resource(**parts: Any) -> dict[str, Any]:
    return {"urn": URN, "custom": True, **parts}


def test_every_text_of_a_custom_resource_is_a_name_whatever_its_parents_are() -> None:
    outputs = {"imageId": "ami-1", "snapshotIds": ["snap-1", "snap-2"], "deep": [{"key": "s3://a/b"}], "size": 3}
    export = read({"resources": [resource(id="import-ami-1", inputs={"bucket": "b"}, outputs=outputs)]})
    assert export.names == {"import-ami-1", "b", "ami-1", "snap-1", "snap-2", "s3://a/b"}
    assert export.stack == "shop/dev"


def test_what_a_component_or_the_stack_repeats_is_no_name() -> None:
    stack = {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "outputs": {"imageId": "ami-1"}}
    assert read({"resources": [stack]}).names == frozenset()


def test_encrypted_inputs_hide_nothing_and_encrypted_outputs_seal_the_resource() -> None:
    inputs, identity = {"diskContainers": [{"url": HIDDEN}], "identity": URN}, Identity(URN).key
    open_outputs = {**inputs, "imageId": "ami-1"}
    assert read({"resources": [resource(inputs=inputs, outputs=open_outputs)]}).sealed == frozenset()
    assert read({"resources": [resource(inputs=inputs, outputs={**inputs, "imageId": HIDDEN})]}).sealed == {identity}
    assert read({"resources": [resource(inputs=inputs, outputs=HIDDEN)]}).sealed == {identity}


def test_secrets_that_were_exported_in_the_clear_are_read() -> None:
    outputs = {"imageId": {**SECRET, "plaintext": '"ami-1"'}, "odd": {**SECRET, "plaintext": "{"}}
    export = read({"resources": [resource(outputs=outputs)]})
    assert export.names == {"ami-1"}
    assert export.sealed == frozenset()


def test_a_create_that_was_cut_off_is_pending_by_identity_and_by_its_place_in_s3() -> None:
    inputs = {"identity": URN, "bucket": "images", "key": "web.ova"}
    operations = [
        {"type": "creating", "resource": resource(inputs=inputs)},
        {"type": "deleting", "resource": {"urn": URN + "-2"}},
        {"type": "creating", "resource": {"urn": "urn:pulumi:dev::shop::t::bare"}},
    ]
    export = read({"pending_operations": operations})
    bare = Identity("urn:pulumi:dev::shop::t::bare").key
    assert export.pending == {Identity(URN).key, "s3://images/web.ova", bare}
    assert export.stack == "shop/dev"


def test_the_identity_of_a_resource_survives_its_alias() -> None:
    renamed = {"urn": URN + "-new", "custom": True, "inputs": {"identity": URN + "-new"}}
    export = read({"resources": [{**renamed, "outputs": {"identity": URN, "imageId": HIDDEN}}]})
    assert export.sealed == {Identity(URN).key}


def test_when_the_state_was_written_is_told_where_it_can_be() -> None:
    manifest = {"time": "2026-11-22T01:52:57.659153706Z"}
    assert read({"manifest": manifest}, "shop/dev").written == datetime(2026, 11, 22, 1, 52, 57, 659153, tzinfo=UTC)
    for unclear in ({"time": "yesterday"}, {}, None, {"time": 3}):
        assert read({"manifest": unclear}, "shop/dev").written is None


def test_an_empty_export_is_of_the_stack_that_is_named_or_that_pulumi_cloud_says() -> None:
    assert read({"resources": None}, "shop/dev").stack == "shop/dev"
    cloud = {"secrets_providers": {"type": "service", "state": {"project": "shop", "stack": "dev"}}}
    assert read(cloud).stack == "shop/dev"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(b"", "damaged or none: expected the JSON of `pulumi stack export`: Expecting value", id="empty"),
        pytest.param(b'{"version": 3, "deploym', "damaged or none: expected the JSON", id="cut-off"),
        pytest.param(b"\xff\xfe\xfa", "damaged or none: expected the JSON", id="no-text"),
        pytest.param(b"[]", "has no deployment", id="list"),
        pytest.param(b'{"version": 3}', "has no deployment", id="no-deployment"),
        pytest.param(b'{"version": 9, "deployment": {}}', "is of version 9, expected 3 or 4", id="version"),
        pytest.param(b'{"version": 3, "deployment": {}}', "does not say its stack: add --stack", id="no-resources"),
        pytest.param(b'{"version": 3, "deployment": {"resources": {}}}', "does not say its stack", id="none"),
        pytest.param(b'{"version": 3, "deployment": {"resources": {"a": 1}}}', "resources is no list", id="no-list"),
        pytest.param(
            b'{"version": 3, "deployment": {"resources": [{"id": "x"}]}}', "resources[0] has no URN", id="no-urn"
        ),
    ],
)
def test_fails_in_a_line_for_an_export_that_is_damaged(text: bytes, words: str) -> None:
    with pytest.raises(Trouble) as failure:
        read_export(text, None)
    assert words in failure.value.message
    assert "\n" not in failure.value.message


def test_fails_for_an_export_of_another_stack_or_of_two() -> None:
    with pytest.raises(Trouble, match=r"is of shop/dev, expected shop/prod \(--stack\)"):
        read({"resources": [resource()]}, "shop/prod")
    with pytest.raises(Trouble, match="is of several stacks: other/dev, shop/dev"):
        read({"resources": [resource(), {"urn": URN.replace("shop", "other")}]})
