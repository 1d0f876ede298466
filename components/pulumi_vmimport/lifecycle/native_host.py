"""Serves the lifecycles to the engine as a native provider, by Pulumi's provider protocol.

Source: https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/README.html
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Lifecycle
from pulumi_vmimport.lifecycle.engine import Call
from pulumi_vmimport.lifecycle.function import Function
from pulumi_vmimport.lifecycle.function_calls import FunctionCall
from pulumi_vmimport.lifecycle.host_properties import IDENTITY, SUPPLIED_INPUTS, UNREAD_INPUTS
from pulumi_vmimport.lifecycle.host_run import HostSettings
from pulumi_vmimport.lifecycle.native_calls import NativeBag, inputs_to_send, outputs_to_send
from pulumi_vmimport.lifecycle.native_constructs import Constructs
from pulumi_vmimport.lifecycle.native_errors import reported
from pulumi_vmimport.lifecycle.native_identity import identity_urn, resource_of
from pulumi_vmimport.lifecycle.native_provider_settings import changed_settings, provider_problems, provider_settings
from pulumi_vmimport.lifecycle.native_values import message_of, received, to_send
from pulumi_vmimport.lifecycle.resource_operations import ResourceOperations
from pulumi_vmimport.lifecycle.type_validation import suggestion


@dataclass(frozen=True)
class Package:
    """What the provider serves."""

    version: str
    schema: Callable[[], str]
    """Reads the schema of the package, in JSON"""
    resources: frozenset[str]
    lifecycle_of: Callable[[str], type[Lifecycle[Any, Any]]]
    function_of: Callable[[str], Function[Any, Any]]
    construct: Callable[[Any], Any]
    """Creates the component of a ConstructRequest; returns its ConstructResponse"""


class NativeHost(provider_pb2_grpc.ResourceProviderServicer):
    """The provider `vmimport`."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._settings = HostSettings.read({}, os.environ)
        self._knows_suppliers = False
        self._constructs = Constructs()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._package.version)

    def Handshake(self, request: Any, context: Any) -> Any:
        self._knows_suppliers = bool(request.accepts_outputs_in_check)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=False,
            accept_outputs=False,
            accepts_outputs_in_check=self._knows_suppliers,
        )

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=self._package.schema())

    def CheckConfig(self, request: Any, context: Any) -> Any:
        # For a property, the engine would print its value as Go does, `{[1 2]}`, and `{<nil>}` for one in a structure.
        failures = [
            provider_pb2.CheckFailure(property="", reason=f"{path}: {reason}")
            for path, reason in provider_problems(received(request.news).values)
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        # A resource of which other settings make another one is replaced by its own Diff: Region and account.
        changed = changed_settings(received(request.old_inputs).values, received(request.news).values)
        return _diff_response(bool(changed), dict.fromkeys(changed, "UPDATE"))

    def Configure(self, request: Any, context: Any) -> Any:
        self._settings = provider_settings(received(request.args).values)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    @reported
    def Check(self, request: Any, context: Any) -> Any:
        news, olds = NativeBag.of(request.news), NativeBag.of(request.olds)
        operations = self._operations(request, context, news)
        checked, problems = operations.check(olds.values, self._bag(request, news))
        if not news.is_of_python:
            checked.pop(SUPPLIED_INPUTS, None)
        return provider_pb2.CheckResponse(
            inputs=message_of(inputs_to_send(operations.lifecycle.inputs_type, checked, news)),
            failures=[provider_pb2.CheckFailure(property="", reason=problem) for problem in problems],
        )

    @reported
    def Diff(self, request: Any, context: Any) -> Any:
        news, olds = NativeBag.of(request.news), NativeBag.of(request.olds, request.old_inputs)
        found = self._operations(request, context, news).diff(request.id, olds.values, self._bag(request, news))
        response = _diff_response(found.exist, found.kinds)
        response.replaces.extend(found.replaces)
        response.deleteBeforeReplace = found.delete_before_replace
        return response

    @reported
    def Create(self, request: Any, context: Any) -> Any:
        news = NativeBag.of(request.properties)
        operations, bag = self._operations(request, context, news), self._bag(request, news)
        id, outputs = ("", operations.planned_outputs({}, bag)) if request.preview else operations.create(bag)
        return provider_pb2.CreateResponse(id=id, properties=_outputs(operations, outputs, news))

    @reported
    def Update(self, request: Any, context: Any) -> Any:
        news, olds = NativeBag.of(request.news), NativeBag.of(request.olds, request.old_inputs)
        operations, bag = self._operations(request, context, news, olds), self._bag(request, news)
        if request.preview:
            outputs = operations.planned_outputs(olds.values, bag)
        else:
            outputs = operations.update(request.id, olds.values, bag)
        return provider_pb2.UpdateResponse(properties=_outputs(operations, outputs, news, olds))

    @reported
    def Read(self, request: Any, context: Any) -> Any:
        state, inputs = NativeBag.of(request.properties, request.inputs), NativeBag.of(request.inputs)
        operations = self._operations(request, context, inputs, state)
        if IDENTITY in state.values:
            found = operations.read(request.id, state.values)
        else:
            found = operations.read_existing(request.id, self._bag(request, state), is_import=not state.values)
        if found is None:
            return provider_pb2.ReadResponse()
        # Check receives the recorded inputs without the state. Those of `get` stay as the program has them.
        is_managed = IDENTITY in state.values or not state.values
        unread = {name: value for name, value in found.outputs.items() if is_managed and name == UNREAD_INPUTS}
        recorded = {**found.inputs, **unread}
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=_outputs(operations, found.outputs, state, inputs),
            inputs=message_of(inputs_to_send(operations.lifecycle.inputs_type, recorded, inputs, state)),
        )

    @reported
    def Delete(self, request: Any, context: Any) -> Any:
        state = NativeBag.of(request.properties, request.old_inputs)
        self._operations(request, context, state).delete(request.id, state.values)
        return empty_pb2.Empty()

    @reported
    def Invoke(self, request: Any, context: Any) -> Any:
        arguments = NativeBag.of(request.args)
        function = self._package.function_of(request.tok.rpartition(":")[2])
        called = FunctionCall(function, self._settings, arguments.values, Call(request, context))
        response = provider_pb2.InvokeResponse(
            failures=[provider_pb2.CheckFailure(property=p.path, reason=redact_urls(p.reason)) for p in called.problems]
        )
        if not called.problems:
            result = message_of(to_send(function.result_type, called.result()))
            getattr(response, "return").CopyFrom(result)  # a keyword of Python
        return response

    @reported
    def Construct(self, request: Any, context: Any) -> Any:
        return self._constructs.result(lambda: self._package.construct(request), context)

    def Cancel(self, request: Any, context: Any) -> Any:
        engine.cancelled.set()
        self._constructs.end()
        return empty_pb2.Empty()

    def _bag(self, request: Any, bag: NativeBag) -> dict[str, Any]:
        """The property bag with what a Python program or the dynamic provider passes in it."""
        supplied = () if bag.is_of_python else tuple(sorted(bag.received.supplied))
        own = {IDENTITY: identity_urn(request.urn, self._package.resources)}
        return {**own, **({SUPPLIED_INPUTS: supplied} if supplied else {}), **bag.values}

    def _operations(self, request: Any, context: Any, inputs: NativeBag, *others: NativeBag) -> ResourceOperations:
        resource = resource_of(request.urn)
        if resource not in self._package.resources:
            raise CleanFailureError(
                "there is no custom resource of this type, and components cannot be imported or read by an id; "
                + suggestion(resource, self._package.resources)
            )
        lifecycle = self._package.lifecycle_of(resource)()

        def as_recorded(outputs: Mapping[str, Any], _: Mapping[str, Any]) -> Mapping[str, Any]:
            return outputs_to_send(lifecycle.state_type, outputs, inputs, *others)

        return ResourceOperations(
            resource,
            lifecycle,
            self._settings,
            Call(request, context),
            as_recorded=as_recorded,
            knows_suppliers=inputs.is_of_python or self._knows_suppliers,
            in_python=inputs.is_of_python,
        )


def _outputs(operations: ResourceOperations, outputs: Mapping[str, Any], *origins: NativeBag) -> struct_pb2.Struct:
    return message_of(outputs_to_send(operations.lifecycle.state_type, outputs, *origins))


def _diff_response(exist: bool, kinds: Mapping[str, str]) -> Any:
    some = provider_pb2.DiffResponse.DIFF_SOME if exist else provider_pb2.DiffResponse.DIFF_NONE
    response = provider_pb2.DiffResponse(changes=some, diffs=list(kinds), hasDetailedDiff=bool(kinds))
    for name, kind in kinds.items():
        response.detailedDiff[name].kind = provider_pb2.PropertyDiff.Kind.Value(kind)
    return response
