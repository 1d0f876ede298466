"""The run that the host passes to a lifecycle has the Region, deadline and supplied inputs of the resource."""

from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle import resource_operations
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.contract import Created, Lifecycle, Run
from pulumi_vmimport.lifecycle.resource_host import DynamicHost


@dataclass(frozen=True, kw_only=True)
class PlaceState(AwsInputs):
    seen: str | None = None


class PlaceLifecycle(Lifecycle[AwsInputs, PlaceState]):
    """Records what its run looks like."""

    inputs_type = AwsInputs
    state_type = PlaceState

    def __init__(self) -> None:
        self.runs: list[Any] = []

    def create(self, run: Run, inputs: AwsInputs) -> Created[PlaceState]:
        self.runs.append(run)
        return Created("place-1", PlaceState(**vars(inputs)))

    def read(self, run: Run, id: str, state: PlaceState) -> PlaceState | None:
        self.runs.append(run)
        return state

    def update(self, run: Run, id: str, state: PlaceState, inputs: AwsInputs) -> PlaceState:
        return state

    def delete(self, run: Run, id: str, state: PlaceState) -> None:
        self.runs.append(run)


@pytest.mark.parametrize("call", ["create", "read", "delete"])
def test_every_call_has_the_region_of_the_resource_and_not_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(AwsConnection, "account_id", "123456789012")
    monkeypatch.setattr(
        resource_operations, "_created", set()
    )  # a delete after a create in one process is a replacement
    lifecycle = PlaceLifecycle()
    host = DynamicHost("Place", lifecycle)
    bag = {
        "__provider": "p",
        "identity": "urn:pulumi:dev::shop::Place::web",
        "region": "us-west-2",
        "timeoutMinutes": 7,
    }
    arguments = (bag,) if call == "create" else ("place-1", bag)
    getattr(host, call)(*arguments)
    (run,) = lifecycle.runs
    assert (run.aws.region, run.timeout_seconds) == ("us-west-2", 420.0)
