import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.orphans.stack_export import StackExport, read_export
from pulumi_vmimport.lifecycle.identity import Identity

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
HIDDEN = {**SECRET, "ciphertext": "v1:3vH0dA=="}
URN = "urn:pulumi:dev::shop::vmimport:index:ByolWorkspaceImage$pulumi-python:dynamic/vmimport:ImportImage::web"


def read(deployment: Any, expected: str | None = None, version: Any = 3) -> StackExport:
    return read_export(json.dumps({"version": version, "deployment": deployment}).encode(), expected)


def resource(**parts: Any) -> dict[str, Any]:
    return {"urn": URN, "custom": True, **parts}


def test_every_string_of_a_custom_resource_counts_whatever_its_parents_are() -> None:
    outputs = {"imageId": "ami-1", "snapshotIds": ["snap-1", "snap-2"], "deep": [{"key": "s3://a/b"}], "size": 3}
    export = read({"resources": [resource(id="import-ami-1", inputs={"bucket": "b"}, outputs=outputs)]})
    assert export.values == {"import-ami-1", "b", "ami-1", "snap-1", "snap-2", "s3://a/b"}
    assert export.stack == "shop/dev"


def test_outputs_of_components_and_of_the_stack_do_not_count() -> None:
    stack = {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "outputs": {"imageId": "ami-1"}}
    assert read({"resources": [stack]}).values == frozenset()


def test_encrypted_outputs_count_and_encrypted_inputs_do_not() -> None:
    inputs, identity = {"diskContainers": [{"url": HIDDEN}], "identity": URN}, Identity(URN).key
    open_outputs = {**inputs, "imageId": "ami-1"}
    assert read({"resources": [resource(inputs=inputs, outputs=open_outputs)]}).encrypted == frozenset()
    assert read({"resources": [resource(inputs=inputs, outputs={**inputs, "imageId": HIDDEN})]}).encrypted == {identity}
    assert read({"resources": [resource(inputs=inputs, outputs=HIDDEN)]}).encrypted == {identity}


def test_secrets_exported_in_plain_text_count() -> None:
    outputs = {"imageId": {**SECRET, "plaintext": '"ami-1"'}, "odd": {**SECRET, "plaintext": "{"}}
    export = read({"resources": [resource(outputs=outputs)]})
    assert export.values == {"ami-1"}
    assert export.encrypted == frozenset()


def test_an_interrupted_create_is_pending_by_identity_and_by_its_s3_uri() -> None:
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


def test_an_alias_keeps_the_identity_of_a_resource() -> None:
    renamed = {"urn": URN + "-new", "custom": True, "inputs": {"identity": URN + "-new"}}
    export = read({"resources": [{**renamed, "outputs": {"identity": URN, "imageId": HIDDEN}}]})
    assert export.encrypted == {Identity(URN).key}


def test_the_time_of_the_state_is_read_when_the_manifest_has_one() -> None:
    manifest = {"time": "2026-11-22T01:52:57.659153706Z"}
    assert read({"manifest": manifest}, "shop/dev").updated == datetime(2026, 11, 22, 1, 52, 57, 659153, tzinfo=UTC)
    for unclear in ({"time": "yesterday"}, {}, None, {"time": 3}):
        assert read({"manifest": unclear}, "shop/dev").updated is None


def test_an_empty_export_is_of_the_expected_stack_or_of_the_stack_that_pulumi_cloud_records() -> None:
    assert read({"resources": None}, "shop/dev").stack == "shop/dev"
    cloud = {"secrets_providers": {"type": "service", "state": {"project": "shop", "stack": "dev"}}}
    assert read(cloud).stack == "shop/dev"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            b"", "cannot read the stack export: expected the JSON of `pulumi stack export`: Expecting value", id="empty"
        ),
        pytest.param(b'{"version": 3, "deploym', "cannot read the stack export: expected the JSON", id="cut-off"),
        pytest.param(b"\xff\xfe\xfa", "cannot read the stack export: expected the JSON", id="no-text"),
        pytest.param(b"[]", "has no deployment", id="list"),
        pytest.param(b'{"version": 3}', "has no deployment", id="no-deployment"),
        pytest.param(b'{"version": 9, "deployment": {}}', "version 9, expected 3 or 4", id="version"),
        pytest.param(b'{"version": 3, "deployment": {}}', "does not name its stack; add --stack", id="no-resources"),
        pytest.param(b'{"version": 3, "deployment": {"resources": {}}}', "does not name its stack", id="none"),
        pytest.param(b'{"version": 3, "deployment": {"resources": {"a": 1}}}', "resources is not a list", id="no-list"),
        pytest.param(
            b'{"version": 3, "deployment": {"resources": [{"id": "x"}]}}', "resources[0] has no URN", id="no-urn"
        ),
    ],
)
def test_fails_in_one_line_for_a_damaged_export(text: bytes, words: str) -> None:
    with pytest.raises(CommandError) as failure:
        read_export(text, None)
    assert words in failure.value.message
    assert "\n" not in failure.value.message


def test_fails_for_an_export_of_another_stack_or_of_several() -> None:
    with pytest.raises(CommandError, match=r"is of shop/dev, expected shop/prod \(--stack\)"):
        read({"resources": [resource()]}, "shop/prod")
    with pytest.raises(CommandError, match="several stacks: other/dev, shop/dev"):
        read({"resources": [resource(), {"urn": URN.replace("shop", "other")}]})
