"""How a Python program calls a function: in its own process, or through the native provider where that one is used.

As with the functions of Pulumi's SDKs, the plain form returns the result at once, and the `_output` form accepts
outputs and returns an output: https://www.pulumi.com/docs/iac/concepts/functions/provider-functions/
"""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypedDict, TypeVar, cast

import pulumi
from pulumi.runtime import invoke, invoke_output
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.functions.catalog import FUNCTIONS, FunctionEntry
from pulumi_vmimport.lifecycle.explicit_provider import (
    known_settings_of_provider,
    provider_of_settings,
    settings_of_provider,
)
from pulumi_vmimport.lifecycle.function import FunctionError
from pulumi_vmimport.lifecycle.host_choice import is_native
from pulumi_vmimport.lifecycle.host_properties import AWS_PROVIDER
from pulumi_vmimport.lifecycle.native_identity import PACKAGE
from pulumi_vmimport.lifecycle.native_program import provider_of_stack, stack_configuration
from pulumi_vmimport.lifecycle.program_values import contains_output, to_bag
from pulumi_vmimport.lifecycle.property_bag import read_bag

if TYPE_CHECKING:
    from pulumi_vmimport.functions.local_calls import LocalAnswer

ResultT = TypeVar("ResultT")

# What Pulumi adds to the words of a provider.
_OF_PULUMI = re.compile(r"^(invoke of \S+ failed: )?(invocation of \S+ returned an error: )?")
_PACKAGES = {"aws", PACKAGE}


class FunctionCallError(VmimportError, pulumi.RunError):
    """A function of a program failed. As a RunError it ends the program with its text and no traceback."""


class CallScope(TypedDict, total=False):
    """Where a function reads, and as whom."""

    region: str | None
    """The Region. Default: that of the explicit `aws.Provider`, else that of the stack's configuration, else that of
    the environment or the profile."""
    profile: str | None
    """The profile of the shared AWS files. Default: the credentials of the explicit provider, else those of the
    stack."""
    assume_role_arn: str | None
    """The ARN of a role to assume. Default: the roles of the explicit provider, else those of the stack."""


class OutputCallScope(TypedDict, total=False):
    """As CallScope, for a function whose arguments may be outputs."""

    region: pulumi.Input[str | None]
    profile: pulumi.Input[str | None]
    assume_role_arn: pulumi.Input[str | None]


@dataclass(frozen=True)
class ProgramFunction(Generic[ResultT]):
    """A function as a program calls it."""

    inputs_type: type[Any]
    result_type: type[ResultT]

    def call(self, arguments: Mapping[str, Any], opts: pulumi.InvokeOptions | None) -> ResultT:
        """The result for plain arguments. Raises: FunctionCallError; pulumi's errors of the native provider."""
        for name in (name for name, value in arguments.items() if contains_output(value)):
            raise self._error(
                f"{name}: expected a plain value, got an Output; call {self._name}_output, which accepts outputs"
            )
        bag = self._bag(arguments)
        provider = self._explicit("aws", opts)
        if provider is not None:
            settings = known_settings_of_provider(provider)
            if settings is None:
                raise self._error(
                    f"preview does not know the settings of the explicit provider yet; call {self._name}_output, whose "
                    "result is unknown until then"
                )
            bag[AWS_PROVIDER] = settings
        if _is_served():
            return self._read(self._invoked(bag, opts))
        return self._received(self._call_here(bag, stack_configuration()))

    def call_output(self, arguments: Mapping[str, Any], opts: pulumi.InvokeOptions | None) -> "pulumi.Output[ResultT]":
        """The result as an output. In preview it is unknown while an argument or a dependency is."""
        bag = self._bag(arguments)
        provider = self._explicit("aws", opts)
        if provider is not None:
            bag[AWS_PROVIDER] = settings_of_provider(provider)
        if _is_served():
            answered = invoke_output(self._entry.token, bag, self._served_options(opts))
            return answered.recover(self._raise).apply(self._read)
        configuration = stack_configuration()

        async def call_in_thread(known: Sequence[Any]) -> ResultT:
            # A call may take seconds, in which other resources of the program have to be declared.
            return self._received(await asyncio.to_thread(self._call_here, known[0], configuration))

        ready: pulumi.Output[Any] = pulumi.Output.all(bag, *_dependencies(opts))
        return cast("pulumi.Output[ResultT]", ready.apply(call_in_thread))

    @property
    def _entry(self) -> FunctionEntry:
        prefix = self.inputs_type.__name__.removesuffix("Inputs")
        return next(entry for entry in FUNCTIONS if entry.class_name == prefix)

    @property
    def _name(self) -> str:
        return self._entry.python_names[0]

    def _error(self, text: str) -> FunctionCallError:
        return FunctionCallError(f"{self._name}: {text}")

    def _bag(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: os.fspath(v) if isinstance(v, os.PathLike) else v for name, v in arguments.items()}
        return to_bag(self.inputs_type, {name: v for name, v in given.items() if v is not None})

    def _explicit(self, package: str, opts: pulumi.InvokeOptions | None) -> pulumi.ProviderResource | None:
        """The provider of a package in the options of the call, or that of the parent in them."""
        if opts is None:
            return None
        if opts.provider is not None and opts.provider.package not in _PACKAGES:
            raise self._error(f"expected an aws.Provider as provider, got one of {opts.provider.package}")
        options = pulumi.ResourceOptions(parent=opts.parent, provider=opts.provider)
        return provider_of_settings(package, options)

    def _served_options(self, opts: pulumi.InvokeOptions | None) -> pulumi.InvokeOptions:
        """The options of a call of the native provider: its own provider, with the stack's configuration by default."""
        provider = self._explicit(PACKAGE, opts) or (None if _is_mocked() else provider_of_stack())
        if isinstance(opts, pulumi.InvokeOutputOptions):
            return pulumi.InvokeOutputOptions(provider=provider, depends_on=opts.depends_on)
        return pulumi.InvokeOptions(provider=provider)

    def _invoked(self, bag: Mapping[str, Any], opts: pulumi.InvokeOptions | None) -> Any:
        try:
            return invoke(self._entry.token, bag, self._served_options(opts)).value
        except Exception as error:  # noqa: BLE001 - Pulumi raises no narrower one for the error of a provider
            self._raise(error)

    def _raise(self, error: Exception) -> NoReturn:
        if isinstance(error, FunctionCallError):
            raise error
        raise self._error(_OF_PULUMI.sub("", str(error), count=1)) from error

    def _call_here(self, bag: Mapping[str, Any], configuration: Mapping[str, Any]) -> "LocalAnswer":
        # A program loads the SDKs of the calls when it makes the first one.
        from pulumi_vmimport.functions.local_calls import answer  # noqa: PLC0415

        try:
            return answer(self._entry.name, bag, configuration)
        except FunctionError as error:
            raise self._error(str(error)) from error

    def _received(self, answered: "LocalAnswer") -> ResultT:
        for text in answered.warnings:
            pulumi.log.warn(f"{self._name}: {text}")
        return self._read(answered.result)

    def _read(self, bag: Any) -> ResultT:
        result, problems = read_bag(self.result_type, bag or {})
        if problems:
            raise self._error("; ".join(f"the result has another form: {p.path}: {p.reason}" for p in problems))
        return result


def _is_served() -> bool:
    """Whether the engine answers the call: with the native provider, or the mocks of a unit test."""
    return is_native() or _is_mocked()


def _is_mocked() -> bool:
    return isinstance(get_monitor(), MockMonitor)


def _dependencies(opts: pulumi.InvokeOptions | None) -> list[Any]:
    """What is known once the resources of `depends_on` exist."""
    given = getattr(opts, "depends_on", None)
    if given is None:
        return []

    def ids(resources: Any) -> pulumi.Output[Any]:
        listed = resources if isinstance(resources, Sequence) else [resources]
        return pulumi.Output.all(*(getattr(each, "id", each.urn) for each in listed))

    return [pulumi.Output.from_input(given).apply(ids)]
