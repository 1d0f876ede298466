"""A world without an engine for the tests of components: what they register, and what they get back."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks


@dataclass
class World(Mocks):
    """Makes what is asked for. By token: what functions answer (a text refuses), what resources add to their inputs."""

    region: str = "eu-west-1"
    account_id: str = "123456789012"
    partition: str = "aws"
    preview: bool = False
    answers: dict[str, Mapping[str, Any] | str] = field(default_factory=dict)
    states: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    resources: list[MockResourceArgs] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=dict)
    calls: list[MockCallArgs] = field(default_factory=list)

    def call(self, args: MockCallArgs) -> Any:
        self.calls.append(args)
        answers: dict[str, Any] = {
            "aws:index/getRegion:getRegion": {"region": self.region},
            "aws:index/getPartition:getPartition": {"partition": self.partition},
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": self.account_id},
            "vsphere:index/getDatacenter:getDatacenter": {"id": "datacenter-1"},
            "vsphere:index/getDatastore:getDatastore": {"id": "datastore-9"},
            "vsphere:index/getNetwork:getNetwork": {"id": "network-9"},
            "vsphere:index/getComputeCluster:getComputeCluster": {"resourcePoolId": "resgroup-9"},
            "vsphere:index/getHost:getHost": {"resourcePoolId": "resgroup-8"},
            "vsphere:index/getResourcePool:getResourcePool": {"id": "resgroup-7"},
            **self.answers,
        }
        answer = answers[args.token]
        return ({}, [("", answer)]) if isinstance(answer, str) else answer

    def new_resource(self, args: MockResourceArgs) -> Any:
        if not args.custom:
            self.components[args.name] = args.typ
            return "", args.inputs
        self.resources.append(args)
        added = {} if self.preview else self.states.get(args.typ, dict)(args.inputs)
        return ("" if self.preview else f"{args.name}-id"), {**args.inputs, **added}

    @property
    def tokens(self) -> dict[str, str]:
        """The types of the resources that were made, by name."""
        return {r.name: r.typ for r in self.resources}

    def inputs(self, name: str) -> dict[str, Any]:
        """The inputs of the resource of a name."""
        return next(r.inputs for r in self.resources if r.name == name)

    def deploy(self, program: Callable[[], Any]) -> Any:
        """What the program returns, with the values of its outputs; UNKNOWN where preview does not know."""
        from pulumi_vmimport.component_base import apply_known  # noqa: PLC0415 - not for every test of this folder

        seen: list[Any] = []

        @pulumi.runtime.test  # type: ignore[untyped-decorator] # pulumi's own
        def run() -> Any:
            return apply_known(program(), seen.append)

        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # of the same failure, once for each output that waited
        asyncio.set_event_loop(loop)
        try:
            pulumi.runtime.set_mocks(self, project="shop", stack="dev", preview=self.preview)
            run()
        finally:  # what a failed program leaves behind would fail the next one
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.close()
            asyncio.set_event_loop(None)
        return seen[0]

    def problems(self, program: Callable[[], Any]) -> dict[str, str]:
        """What is wrong with the inputs of the component that the program makes, by path."""
        with pytest.raises(pulumi.InputPropertiesError) as failure:
            self.deploy(program)
        errors = failure.value.errors or []
        assert all(f"\n  {e['property_path']}: {e['reason']}" in str(failure.value) for e in errors)
        return {e["property_path"]: e["reason"] for e in errors}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings that components leave beside themselves."""
    texts: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, resource: texts.append(text))
    return texts


@pytest.fixture
def unknown() -> Callable[[], pulumi.Output[Any]]:
    """Makes an output that preview does not know; only inside of a program."""
    return lambda: pulumi.Output.from_input(pulumi.output.UNKNOWN)


@pytest.fixture
def schema() -> Callable[[type[pulumi.ComponentResource]], Any]:
    """What Pulumi's analyzer makes of a component, as it does for programs in other languages."""

    def analyze(component: type[pulumi.ComponentResource]) -> Any:
        return Analyzer("vmimport").analyze([component])["component_definitions"][component.__name__]

    return analyze
