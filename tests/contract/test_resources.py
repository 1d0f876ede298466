"""Rules for how every custom resource is declared."""

import importlib
import inspect
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_overloads, get_type_hints, is_typeddict

import pulumi
import pytest

from pulumi_vmimport.lifecycle.contract import Condition, Lifecycle
from pulumi_vmimport.lifecycle.dynamic_host import host_for
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.lifecycle.resource_host import DynamicHost
from pulumi_vmimport.lifecycle.schema import camel_case, field_types, without_none

# The tokens in states. Never change one; a new resource adds a line.
TOKENS = {
    "CopyWorkspaceImage": "pulumi-python:dynamic/vmimport:CopyWorkspaceImage",
    "CreateUpdatedWorkspaceImage": "pulumi-python:dynamic/vmimport:CreateUpdatedWorkspaceImage",
    "CreateWorkspaceImage": "pulumi-python:dynamic/vmimport:CreateWorkspaceImage",
    "GuestInstallation": "pulumi-python:dynamic/vmimport:GuestInstallation",
    "DirectSnapshot": "pulumi-python:dynamic/vmimport:DirectSnapshot",
    "DiskImageUpload": "pulumi-python:dynamic/vmimport:DiskImageUpload",
    "DistributeImage": "pulumi-python:dynamic/vmimport:DistributeImage",
    "DistributionSettings": "pulumi-python:dynamic/vmimport:DistributionSettings",
    "ExportImage": "pulumi-python:dynamic/vmimport:ExportImage",
    "FastLaunch": "pulumi-python:dynamic/vmimport:FastLaunch",
    "ImportCustomWorkspaceImage": "pulumi-python:dynamic/vmimport:ImportCustomWorkspaceImage",
    "ImportDiskImage": "pulumi-python:dynamic/vmimport:ImportDiskImage",
    "ImportImage": "pulumi-python:dynamic/vmimport:ImportImage",
    "ImportSnapshot": "pulumi-python:dynamic/vmimport:ImportSnapshot",
    "ImportVmImage": "pulumi-python:dynamic/vmimport:ImportVmImage",
    "ImportWorkspaceImage": "pulumi-python:dynamic/vmimport:ImportWorkspaceImage",
    "InstanceExport": "pulumi-python:dynamic/vmimport:InstanceExport",
    "PreparationFiles": "pulumi-python:dynamic/vmimport:PreparationFiles",
    "RoleReadiness": "pulumi-python:dynamic/vmimport:RoleReadiness",
    "VirtualMachineExport": "pulumi-python:dynamic/vmimport:VirtualMachineExport",
    "WorkspaceBundle": "pulumi-python:dynamic/vmimport:WorkspaceBundle",
    "WorkspaceImagePermissions": "pulumi-python:dynamic/vmimport:WorkspaceImagePermissions",
    "WorkspacesAccount": "pulumi-python:dynamic/vmimport:WorkspacesAccount",
}
# Outputs that repeat an input on purpose, as their docstrings explain.
REPEATED = {
    "DiskImageUpload": {"bucket", "key"},
    "FastLaunch": {"max_parallel_launches", "target_resource_count"},
    "GuestInstallation": {"uuid"},
    "ImportImage": {"description", "image_name", "imds_support"},
    "RoleReadiness": {"role_name"},
    "VirtualMachineExport": {"bucket", "key"},
    "WorkspaceImagePermissions": {"image_id"},
}
SCOPE = {"region", "profile", "assume_role_arn", "timeout_minutes"}


def test_type_tokens_are_unchanged(all_declared: Sequence[Any]) -> None:
    assert {d.name: f"pulumi-python:{d.resource._resource_type_name}" for d in all_declared} == TOKENS


def test_a_module_defines_one_resource_at_most(resource_modules: Sequence[Any]) -> None:
    for module in resource_modules:
        defined = [name for name in vars(module) if _is_defined(module, name, ManagedResource)]
        assert len(defined) <= 1, module.__name__


def test_every_lifecycle_has_its_resource(resource_modules: Sequence[Any]) -> None:
    for module in resource_modules:
        for name in vars(module):
            if _is_defined(module, name, Lifecycle) and "inputs_type" in vars(getattr(module, name)):
                assert module.__name__.endswith("_lifecycle"), name
                light = importlib.import_module(module.__name__.removesuffix("_lifecycle"))
                resource = getattr(light, name.removesuffix("Lifecycle"), None)
                assert isinstance(resource, type), name
                assert issubclass(resource, ManagedResource), name


def test_a_resource_and_its_lifecycle_agree_on_inputs_and_state(declared: Any) -> None:
    assert declared.resource._inputs_type is declared.lifecycle.inputs_type
    assert declared.resource._state_type is declared.lifecycle.state_type


def _is_defined(module: Any, name: str, base: type) -> bool:
    value = getattr(module, name)
    return isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__


def test_host_for_resolves_every_resource_by_its_name(declared: Any) -> None:
    host = host_for(declared.name)
    assert isinstance(host, DynamicHost)
    assert type(host._lifecycle) is type(declared.lifecycle)


def test_a_resource_is_named_like_the_operation_it_documents(declared: Any) -> None:
    named = re.findall(r"/API_(\w+)\.html", inspect.getdoc(declared.resource) or "")
    assert named in ([], [declared.name])


def test_the_state_extends_the_inputs(declared: Any) -> None:
    assert issubclass(declared.lifecycle.state_type, declared.lifecycle.inputs_type)
    assert all(f.default is not MISSING for f in fields(declared.lifecycle.state_type) if f.name in declared.outputs)


def test_arguments_are_the_inputs(declared: Any) -> None:
    differing = list(_differing(declared.args, declared.lifecycle.inputs_type, declared.args.__name__))
    assert differing == []


def _differing(args: Any, inputs: type, path: str) -> list[str]:
    """Where a TypedDict of arguments and a dataclass of inputs do not fit: names, what is required, types."""
    arguments = get_type_hints(args, localns={"Output": pulumi.Output, "T": Any})
    by_name: dict[str, Field[Any]] = {f.name: f for f in fields(inputs)}
    found = [f"{path}.{name}: exists on one side only" for name in arguments.keys() ^ by_name.keys()]
    for name in arguments.keys() & by_name.keys():
        is_required = by_name[name].default is MISSING and by_name[name].default_factory is MISSING
        if is_required is not (name in args.__required_keys__):
            found.append(f"{path}.{name}: required by the inputs: {is_required}, by the arguments: {not is_required}")
        found += _mismatch(_plain(arguments[name]), without_none(field_types(inputs)[name]), f"{path}.{name}")
    return found


def _mismatch(argument: Any, hint: Any, path: str) -> list[str]:
    origin, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and is_typeddict(argument):
        return _differing(argument, hint, path)  # type: ignore[arg-type] # a dataclass, as is_dataclass does not narrow
    if origin is tuple and get_origin(argument) is list:
        return _mismatch(_plain(get_args(argument)[0]), inner[0], f"{path}[]")
    if isinstance(origin, type) and issubclass(origin, Mapping) and get_origin(argument) is dict:
        return _mismatch(_plain(get_args(argument)[1]), inner[1], f"{path}{{}}")
    allowed = _members(hint)
    if allowed:
        return [] if _is_literal(argument, allowed) else [f"{path}: {argument}, expected Literal{allowed}"]
    return [] if argument is hint else [f"{path}: {argument} for {hint}"]


def _members(hint: Any) -> list[Enum]:
    """The members of an enumeration that an input accepts; none for other types."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return list(hint) if isinstance(hint, type) and issubclass(hint, Enum) else []


def _is_literal(argument: Any, allowed: Sequence[Enum]) -> bool:
    """Whether type checkers accept exactly the values that the inputs accept."""
    return get_origin(argument) is Literal and {type(allowed[0])(value) for value in get_args(argument)} == set(allowed)


def _plain(hint: Any) -> Any:
    """An argument's type without pulumi.Input."""
    if get_origin(hint) is not Union:
        return hint
    forms = [form for form in get_args(hint) if get_origin(form) not in _OUTPUTS]
    assert len(forms) == 1, hint
    return forms[0]


_OUTPUTS = {Awaitable, pulumi.Output}


def test_outputs_are_what_the_state_adds(declared: Any) -> None:
    annotated = set(declared.documented_outputs())
    assert annotated - REPEATED.get(declared.name, set()) == declared.outputs
    assert annotated & declared.inputs == REPEATED.get(declared.name, set())


def test_outputs_have_the_types_of_the_state(declared: Any) -> None:
    recorded = field_types(declared.lifecycle.state_type)
    for name in declared.documented_outputs():
        annotated = declared.resource.__annotations__[name]
        assert get_origin(annotated) is pulumi.Output, name
        assert _mismatch(without_none(get_args(annotated)[0]), without_none(recorded[name]), name) == []


def test_every_argument_and_output_is_documented(declared: Any) -> None:
    docs = declared.documented_args() | declared.documented_outputs()
    assert [name for name, text in docs.items() if not text or not text.rstrip().endswith((".", ":"))] == []
    assert declared.args.__dict__.get("__doc__")
    assert declared.resource.__dict__.get("__doc__")


def test_a_resource_accepts_keyword_arguments_beside_the_dictionary(declared: Any) -> None:
    by_dictionary, by_keywords = get_overloads(declared.resource.__init__)
    assert "args" in inspect.signature(by_dictionary).parameters
    keywords = inspect.signature(by_keywords).parameters["kwargs"]
    assert get_args(keywords.annotation) == (declared.args,)


def test_arguments_that_change_in_place_are_documented_as_such(declared: Any) -> None:
    updatable = {f.name for f in fields(declared.lifecycle.inputs_type) if f.metadata.get("updatable")}
    text = " ".join((inspect.getdoc(declared.args) or "").split())
    sentence = re.search(
        r"(?:Changes to|A change of any but) ([a-z_, ]+?) (?:are applied in place|replaces|exports)", text
    )
    assert sentence, "the docstring of the arguments does not list those that change in place"
    assert set(re.findall(r"[a-z_]+", sentence[1])) - {"and", "or"} == updatable
    if declared.lifecycle.uses_aws:
        assert "a change replaces" in (declared.documented_args()["region"] or "")


def test_every_property_has_one_spelling_on_the_wire(declared: Any) -> None:
    names = [f.name for f in fields(declared.lifecycle.state_type)]
    assert len({camel_case(name).lower() for name in names}) == len(names)
    assert not {"id", "urn", "identity", "from_resources"} & set(names)


@pytest.mark.parametrize("scope", sorted(SCOPE))
def test_every_resource_has_the_arguments_of_aws(declared: Any, scope: str) -> None:
    assert scope in declared.inputs or (scope != "timeout_minutes" and not declared.lifecycle.uses_aws)


def test_a_resource_that_records_unfinished_states_distinguishes_them(declared: Any) -> None:
    lifecycle = declared.lifecycle
    empty = lifecycle.state_type(**dict.fromkeys(f.name for f in fields(lifecycle.state_type)))
    records = any(
        "run.record(" in inspect.getsource(cls) for cls in type(lifecycle).__mro__ if cls not in (Lifecycle, object)
    )
    assert (lifecycle.condition(empty) is Condition.READY) is not records


def test_a_broken_resource_is_explained_with_its_id_and_status(declared: Any) -> None:
    lifecycle = declared.lifecycle
    classes = [cls for cls in type(lifecycle).__mro__ if cls not in (Lifecycle, object)]
    can_break = any("Condition.BROKEN" in inspect.getsource(cls) for cls in classes)
    empty: dict[str, Any] = dict.fromkeys(f.name for f in fields(lifecycle.state_type))
    output = {camel_case(name): name for name in empty}.get(lifecycle.condition_output, "")
    assert output or not can_break
    explained = 0
    for status in ("deleted", "cancelled", "deregistered", "error", "ERROR") if can_break else ():
        state = lifecycle.state_type(**empty | {output: status})
        if lifecycle.condition(state) is Condition.BROKEN:
            reason = lifecycle.describe_broken("id-1", state)
            assert "id-1" in reason
            assert status in reason
            explained += 1
    assert bool(explained) is can_break
