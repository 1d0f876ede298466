"""Mocks for unit tests of programs that use this library: no engine, no AWS, outputs with values.

Pulumi's own mocks return the inputs of a resource as its outputs, so every output of a custom resource would be None.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from pulumi_vmimport.functions.catalog import FUNCTIONS, function_of
from pulumi_vmimport.lifecycle.schema import camel_case, field_types, wire_fields, without_none
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of

__all__ = ["VmimportMocks"]

_FUNCTIONS = {entry.token: entry.name for entry in FUNCTIONS}
_TOKENS = {f"pulumi-python:dynamic/vmimport:{entry.name}": entry.name for entry in RESOURCES}
# The functions that the components call, with the results of an account in eu-west-1.
_CALLS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
    "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
    "aws:index/getRegion:getRegion": {"region": "eu-west-1", "name": "eu-west-1"},
    "aws:iam/getRole:getRole": {"arn": "arn:aws:iam::123456789012:role/vmimport", "assumeRolePolicy": "{}", "tags": {}},
}


class VmimportMocks(Mocks):
    """Mocks for `pulumi.runtime.set_mocks`.

    Each output of a custom resource has a value: a string names the resource and the output (`web-imageId`), a number
    is 1, a list and a map have one item. `outputs` overrides values by class and by output, in snake case:
    `VmimportMocks(outputs={"ImportImage": {"image_id": "ami-0123456789abcdef0"}})`. `calls` holds the results of
    provider functions by token. Resources of other packages have their inputs as outputs. `resources` lists every
    registered resource, for assertions on its inputs.
    """

    def __init__(
        self,
        outputs: Mapping[str, Mapping[str, Any]] | None = None,
        calls: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.resources: list[MockResourceArgs] = []
        self._outputs = outputs or {}
        self._calls = {**_CALLS, **(calls or {})}
        if unknown := sorted(self._outputs.keys() - set(_TOKENS.values())):
            raise ValueError(f"outputs: there is no resource {', '.join(unknown)}")

    def call(self, args: MockCallArgs) -> Any:
        """The result of a provider function; its arguments when no result is set. This library's have samples."""
        function = _FUNCTIONS.get(args.token)
        if function is None:
            return {**args.args, **self._calls.get(args.token, {})}
        sample = _sample_structure(function_of(function).result_type, function)
        same = {name: value for name, value in args.args.items() if name in sample}
        return {**sample, **same, **self._calls.get(args.token, {})}

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        """The id and the outputs of a resource."""
        self.resources.append(args)
        resource = _TOKENS.get(args.typ)
        id = args.resource_id or f"{args.name}-id"
        return id, {**self._state(resource, args), **_given(args.inputs)} if resource else dict(args.inputs)

    def _state(self, resource: str, args: MockResourceArgs) -> dict[str, Any]:
        lifecycle = lifecycle_of(resource)
        outputs = field_types(lifecycle.state_type).keys() - field_types(lifecycle.inputs_type).keys()
        overrides = self._outputs.get(resource, {})
        if unknown := sorted(overrides.keys() - outputs):
            raise ValueError(f"outputs: {resource} has no output {', '.join(unknown)}")
        types = field_types(lifecycle.state_type)
        sample = {name: _sample(types[name], f"{args.name}-{camel_case(name)}") for name in outputs}
        return {camel_case(name): value for name, value in {**sample, **overrides}.items()}


def _given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a custom resource without the outputs, which it registers as None."""
    return {name: value for name, value in inputs.items() if value is not None}


def _sample_structure(of: type, text: str) -> dict[str, Any]:
    """A value of a structured type, as a property bag."""
    types = field_types(of)
    return {name: _sample(types[f.name], f"{text}-{name}") for name, f in wire_fields(of).items()}


def _sample(hint: Any, text: str) -> Any:
    """A value of a type."""
    hint = without_none(hint)
    if hint is bool:
        return True
    if hint in {int, float}:
        return 1
    if hint is str:
        return text
    if is_dataclass(hint) and isinstance(hint, type):
        return _sample_structure(hint, text)
    if get_origin(hint) is tuple:
        return [_sample(get_args(hint)[0], text)]
    return {text: text} if get_origin(hint) is Mapping else [text]
