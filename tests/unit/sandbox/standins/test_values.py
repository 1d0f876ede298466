import json
from typing import Any

import pytest
from google.protobuf import struct_pb2

from pulumi_vmimport_sandbox.standins.values import (
    COMPUTED,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    differences,
    has_unknown,
    plain,
    respelled,
    same,
    top,
    wire,
)

ASSET = "c44067f5952c0a294b673a41bacd8c17"


def test_whole_numbers_and_structures_survive_the_wire() -> None:
    properties = {"memory": 4096, "share": 0.5, "on": True, "name": "web", "disks": [{"size": 40}], "tags": {}}
    assert plain(wire(properties)) == properties
    assert isinstance(plain(wire(properties))["memory"], int)


def test_none_is_omitted_from_the_wire() -> None:
    assert plain(wire({"a": None, "b": 1})) == {"b": 1}


def test_secrets_are_unwrapped_wherever_they_are() -> None:
    struct = struct_pb2.Struct()
    struct.update({"password": {SIGNATURE: SECRET, "value": "p"}, "list": [{SIGNATURE: SECRET, "value": {"a": 1}}]})
    assert plain(struct) == {"password": "p", "list": [{"a": 1}]}


def test_an_unknown_value_is_detected_at_any_depth() -> None:
    assert has_unknown({"rules": [{"id": UNKNOWN}]})
    assert not has_unknown({"rules": [{"id": "a"}]})


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param('{"b": 1, "a": [2]}', '{"a":[2],"b":1}', True, id="one JSON document, two layouts"),
        pytest.param('{"a": 1}', '{"a": 2}', False, id="another JSON document"),
        pytest.param("[LocalDS_0] a.vmdk", "[LocalDS_0] a.vmdk", True, id="brackets that are no JSON"),
        pytest.param({"a": None, "b": []}, {}, True, id="empty and absent"),
        pytest.param(None, {}, True, id="nothing and an empty structure"),
        pytest.param(False, None, False, id="false is a value"),
        pytest.param(
            {SIGNATURE: ASSET, "hash": "1", "path": "a"}, {SIGNATURE: ASSET, "hash": "1", "path": "b"}, True, id="asset"
        ),
        pytest.param({SIGNATURE: ASSET, "hash": "1"}, {SIGNATURE: ASSET, "hash": "2"}, False, id="another content"),
    ],
)
def test_equivalent_values_are_the_same(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal


def test_the_value_of_the_program_is_kept_if_it_is_equivalent() -> None:
    value = '{\n "Version": "2012-10-17"\n}'
    assert respelled(value, json.dumps({"Version": "2012-10-17"}), {}) == value


def test_values_that_the_service_chose_are_not_inputs() -> None:
    value = [{"label": "system", "size": 40}]
    live = [{"label": "system", "size": 50, "uuid": "6000C29", "diskMode": "persistent", "eagerlyScrub": False}]
    defaults = {"uuid": COMPUTED, "diskMode": "persistent"}
    assert respelled(value, live, defaults) == [{"label": "system", "size": 50}]


def test_values_beyond_the_defaults_of_the_service_are_drift() -> None:
    value, live = [{"label": "system"}], [{"label": "system", "diskMode": "nonpersistent"}]
    assert respelled(value, live, {"diskMode": "persistent"}) == live


def test_a_manually_changed_list_is_returned_as_it_is() -> None:
    assert respelled([{"path": "a.iso"}], [], {}) == []
    assert respelled([], [{"path": "a.iso", "key": 3000}], {"key": COMPUTED}) == [{"path": "a.iso"}]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="none"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, [("b", "add")], id="added"),
        pytest.param({"a": 1, "b": 2}, {"a": 1}, [("b", "delete")], id="left out"),
        pytest.param({"disks": [{"size": 1}]}, {"disks": [{"size": 2}]}, [("disks[0].size", "update")], id="nested"),
        pytest.param({"c": [{"p": 1}]}, {"c": []}, [("c[0]", "delete")], id="taken out of a list"),
        pytest.param(
            {"tags": {}}, {"tags": {"vmimport:stack": "a"}}, [('tags["vmimport:stack"]', "add")], id="quoted name"
        ),
        pytest.param({"a": "x"}, {"a": UNKNOWN}, [("a", "update")], id="not known yet"),
        pytest.param({"__defaults": []}, {"__defaults": ["a"]}, [], id="the SDK's own notes"),
    ],
)
def test_differences_are_listed_by_path(old: Any, new: Any, found: list[tuple[str, str]]) -> None:
    assert list(differences(old, new)) == found


@pytest.mark.parametrize(
    ("path", "name"), [("rules[0].id", "rules"), ('tags["a.b"]', "tags"), ("policy", "policy"), ("a.b", "a")]
)
def test_a_path_starts_with_a_property(path: str, name: str) -> None:
    assert top(path) == name
