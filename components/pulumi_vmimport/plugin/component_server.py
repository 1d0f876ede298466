"""Creates the components for programs in other languages, by `Construct` of Pulumi's provider protocol."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import grpc
import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer

from pulumi_vmimport.components.component_base import Component, InvalidInputsError
from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.engine import address
from pulumi_vmimport.lifecycle.type_validation import problem_list
from pulumi_vmimport.plugin.wire_arguments import arguments_of, in_schema_spelling, outputs_of
from pulumi_vmimport.version import __version__

_MODULES = {entry.name: entry.module for entry in COMPONENTS}


class ComponentError(VmimportError):
    """A component could not be created."""


class _Components(Provider):
    """The components of the package, as the SDK's server creates them."""

    def __init__(self) -> None:
        super().__init__(__version__)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        component_type, arguments_type = _types_of(resource_type)
        component = component_type(name, arguments_of(arguments_type, inputs), options)
        return ConstructResult(urn=component.urn, state=outputs_of(component))


def construct(request: Any) -> Any:
    """The component that a request describes, with its children registered.

    Raises: ComponentError with all problems of its inputs, in the spelling of the schema.
    """
    # The settings of the SDK are context variables, and this thread has its own: components do not see each other's.
    servicer = ProviderServicer(_Components(), sys.argv[1:], address() or "")
    try:
        return asyncio.run(servicer.Construct(request, _Context()))
    except InvalidInputsError as error:
        raise ComponentError(_message(request, error)) from None
    except Exception as error:  # noqa: BLE001 - the SDK raises Exception itself
        # The SDK raises an exception of its own, whose text ends with the stack.
        cause = error.__context__ or error
        raise cause if isinstance(cause, VmimportError) else ComponentError(str(cause)) from None


def _message(request: Any, error: InvalidInputsError) -> str:
    _, arguments_type = _types_of(request.type)
    return problem_list([in_schema_spelling(arguments_type, problem) for problem in error.problems])


def _types_of(token: str) -> tuple[Callable[..., Component], type[Mapping[str, Any]]]:
    name = token.rpartition(":")[2]
    module = import_module(f"pulumi_vmimport.{_MODULES[name]}")
    return getattr(module, name), getattr(module, f"{name}Args")


class _Context:
    """What the SDK's server uses of the context of an asynchronous call."""

    async def abort_with_status(self, status: Any) -> None:
        raise grpc.RpcError(status.details)
