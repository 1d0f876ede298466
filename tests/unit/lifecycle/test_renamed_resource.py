"""A resource that was renamed, and a new one with its former name: each owns what it created."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from pulumi_vmimport.lifecycle import engine, resource_operations
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Created, Lifecycle, Run
from pulumi_vmimport.lifecycle.engine import Call
from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.resource_operations import ResourceOperations

WEB = "urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:Thing::web"
OLD = "urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:Thing::old"


@dataclass(frozen=True, kw_only=True)
class ThingInputs(AwsInputs):
    size: int


class ThingLifecycle(Lifecycle[ThingInputs, ThingInputs]):
    inputs_type = state_type = ThingInputs
    uses_aws = False

    def __init__(self) -> None:
        self.created: list[str] = []
        self.deleted: list[str] = []

    def create(self, run: Run, inputs: ThingInputs) -> Created[ThingInputs]:
        self.created.append(run.identity.urn)
        return Created("thing-1", inputs)

    def read(self, run: Run, id: str, state: ThingInputs) -> ThingInputs | None:
        return None

    def update(self, run: Run, id: str, state: ThingInputs, inputs: ThingInputs) -> ThingInputs:
        return inputs

    def delete(self, run: Run, id: str, state: ThingInputs) -> None:
        self.deleted.append(run.identity.urn)


@pytest.fixture
def lifecycle() -> ThingLifecycle:
    return ThingLifecycle()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(resource_operations, "_created", set())
    monkeypatch.setattr(resource_operations, "_renamed", {})
    texts: list[str] = []
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: texts.append(text))
    return texts


def operations(lifecycle: ThingLifecycle, urn: str) -> ResourceOperations:
    def as_recorded(outputs: Mapping[str, Any], bag: Mapping[str, Any]) -> Mapping[str, Any]:
        return outputs

    context = SimpleNamespace(is_active=lambda: True)
    call = Call(SimpleNamespace(urn=urn), context)
    return ResourceOperations("Thing", lifecycle, HostSettings.read({}, {}), call, as_recorded)


def bag(identity: str, size: int = 3) -> dict[str, Any]:
    return {"identity": identity, "region": "eu-west-1", "size": size}


def test_a_new_resource_with_the_former_name_and_the_inputs_of_a_renamed_one_is_refused(
    lifecycle: ThingLifecycle, said: list[str]
) -> None:
    assert not operations(lifecycle, OLD).diff("thing-1", bag(WEB), bag(OLD)).exist
    with pytest.raises(CleanFailureError, match=r"identical to those of Thing old \(thing-1\).* change an input"):
        operations(lifecycle, WEB).create(bag(WEB))
    assert lifecycle.created == []
    operations(lifecycle, WEB).create(bag(WEB, size=4))
    assert lifecycle.created == [WEB]


def test_what_a_renamed_resource_owns_is_not_deleted_with_a_resource_of_its_former_name(
    lifecycle: ThingLifecycle, said: list[str]
) -> None:
    operations(lifecycle, OLD).diff("thing-1", bag(WEB), bag(OLD))
    operations(lifecycle, WEB).delete("thing-1", bag(WEB))
    assert lifecycle.deleted == []
    assert said == ["thing-1 is also that of Thing old, so that it is not deleted"]
    operations(lifecycle, WEB).delete("thing-2", bag(WEB))
    operations(lifecycle, OLD).delete("thing-1", bag(WEB))
    assert lifecycle.deleted == [WEB, WEB]


def test_a_renamed_resource_has_its_new_name_in_messages(lifecycle: ThingLifecycle, said: list[str]) -> None:
    assert operations(lifecycle, OLD).read("thing-1", bag(WEB)) is None
    assert said == ["Thing old: thing-1 was not found, so Pulumi drops it from the state"]
