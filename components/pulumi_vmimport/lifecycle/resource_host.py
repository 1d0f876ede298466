"""Serves a lifecycle to Pulumi's dynamic provider."""

import os
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_vmimport.lifecycle import pulumi_hooks
from pulumi_vmimport.lifecycle.contract import Lifecycle
from pulumi_vmimport.lifecycle.host_properties import AWS_PROVIDER, IDENTITY, PROVIDER, UNREAD_INPUTS, VSPHERE_PROVIDER
from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.native_identity import PACKAGE
from pulumi_vmimport.lifecycle.provider_configuration import unused_keys
from pulumi_vmimport.lifecycle.pulumi_unknowns import from_pulumi, to_pulumi
from pulumi_vmimport.lifecycle.resource_operations import ResourceOperations


class DynamicHost(ResourceProvider):
    """The Pulumi dynamic provider of one kind of resource."""

    def __init__(self, resource: str, lifecycle: Lifecycle[Any, Any]) -> None:
        super().__init__()
        self._resource = resource
        self._lifecycle = lifecycle
        self._settings = HostSettings.read({}, os.environ)
        self._unused_keys: list[str] = []

    def configure(self, req: ConfigureRequest) -> None:
        # The public get() prefixes a key without a namespace with the wrong one.
        config = getattr(req.config, "_props", None)
        found = config if isinstance(config, dict) else {}
        self._settings, self._unused_keys = HostSettings.read(found, os.environ), unused_keys(found)
        pulumi_hooks.install()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        checked, problems = self._operations().check(from_pulumi(_olds), from_pulumi(news))
        # The program of a project with this name has keys of its own.
        if not Identity(str(news.get(IDENTITY, ""))).stack.startswith(f"{PACKAGE}/"):
            problems += self._unused_keys
        # For a property, the engine would print its value as Go does, `map[...]`, and `<nil>` for a nested one.
        return CheckResult(to_pulumi(checked), [CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        found = self._operations().diff(_id, from_pulumi(_olds), from_pulumi(_news))
        pulumi_hooks.show_changes(found.kinds)
        return DiffResult(
            changes=found.exist, replaces=found.replaces, delete_before_replace=found.delete_before_replace
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        id, outputs = self._operations().create(from_pulumi(props))
        return CreateResult(id, outputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._operations().update(_id, from_pulumi(_olds), from_pulumi(_news)))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        bag = self._recorded(props)
        operations = self._operations()
        found = operations.read(id_, bag) if IDENTITY in bag else operations.read_existing(id_, bag)
        if found is None:
            return ReadResult(None, {})
        outputs = {name: value for name, value in found.outputs.items() if name != UNREAD_INPUTS}
        return ReadResult(found.id, outputs, found.inputs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self._operations().delete(_id, self._recorded(_props))

    def _operations(self) -> ResourceOperations:
        return ResourceOperations(
            self._resource, self._lifecycle, self._settings, pulumi_hooks.current_call(), as_recorded=_with_provider
        )

    def _recorded(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The state, with the providers of the recorded inputs: without a diff, `up` records new keys only there."""
        inputs = pulumi_hooks.recorded_inputs(pulumi_hooks.current_call())
        providers = {name: inputs[name] for name in (AWS_PROVIDER, VSPHERE_PROVIDER) if inputs.get(name)}
        bag: dict[str, Any] = from_pulumi({**props, **providers})
        return bag


def _with_provider(outputs: Mapping[str, Any], bag: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs of a call that fails. The runtime adds the provider to those of a call that succeeds."""
    return {**outputs, PROVIDER: bag[PROVIDER]}
