"""The base class of the custom resources, as a Pulumi program uses them."""

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any, ClassVar, NotRequired, Self, TypedDict, Unpack

import pulumi
from pulumi import dynamic
from pulumi.resource import create_urn

from pulumi_vmimport.lifecycle.dynamic_host import HostReference
from pulumi_vmimport.lifecycle.explicit_provider import (
    explicit_provider,
    inherited_provider,
    provider_of_settings,
    settings_of_provider,
)
from pulumi_vmimport.lifecycle.host_choice import is_native
from pulumi_vmimport.lifecycle.host_properties import AWS_PROVIDER, IDENTITY, SUPPLIED_INPUTS, VSPHERE_PROVIDER
from pulumi_vmimport.lifecycle.native_identity import native_type
from pulumi_vmimport.lifecycle.native_program import native_options
from pulumi_vmimport.lifecycle.program_arguments import program_arguments
from pulumi_vmimport.lifecycle.program_values import contains_output, to_bag, without_dependency
from pulumi_vmimport.lifecycle.schema import camel_case, wire_fields


class AwsArgs(TypedDict):
    """The arguments that every custom resource has."""

    region: NotRequired[pulumi.Input[str]]
    """The Region; a change replaces the resource. Default: that of the explicit provider, else that of the stack's
    configuration, else that of the environment or the profile."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files to use for this resource. Default: the credentials of
    the explicit provider, else those of the stack."""
    assume_role_arn: NotRequired[pulumi.Input[str]]
    """The ARN of a role to assume for this resource. Default: the roles of the explicit
    provider, else those of the stack, if any."""
    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one `pulumi up` waits, in minutes. Work in AWS continues after that, and the next `pulumi up` resumes
    it. Default: 1440."""


class ManagedResource(dynamic.Resource):
    """A custom resource, managed by the Lifecycle of the same name in `pulumi_vmimport.resources`.

    A subclass passes its name as a class argument (`module="vmimport", name="ImportImage"`), names the dataclasses of
    its inputs and its state, and annotates its outputs. The outputs and the inputs are attributes.
    """

    _inputs_type: ClassVar[type[Any]]
    _state_type: ClassVar[type[Any]]
    _uses_vsphere = False
    _secret_arguments: ClassVar[tuple[str, ...]] = ()
    """The arguments that the state encrypts, whatever the program passes"""
    _secret_outputs: ClassVar[tuple[str, ...]] = ()
    """The outputs that the state encrypts"""

    def __init__(
        self,
        resource_name: str,
        args: Mapping[str, Any] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        resource = type(self).__name__
        arguments, opts = program_arguments(f"{resource} {resource_name}", args, opts, kwargs)
        arguments = {k: fspath(v) if isinstance(v, PathLike) else v for k, v in arguments.items()}
        opts = opts or pulumi.ResourceOptions()
        given = {k: v for k, v in self._completed(arguments).items() if v is not None}
        supplied = [camel_case(k) for k, v in given.items() if contains_output(v)]
        given |= {k: pulumi.Output.secret(given[k]) for k in self._secret_arguments if k in given}
        props: dict[str, Any] = dict.fromkeys(wire_fields(self._state_type))
        props |= to_bag(self._inputs_type, given)
        native = is_native()
        if not native and opts.import_ is not None:  # the engine would read it without its provider
            raise pulumi.RunError(
                f"{resource} {resource_name}: import_ requires the native provider: add it to the project with "
                f"`pulumi package add`, or read the resource with {resource}.get"
            )
        if native or opts.id is None:
            props[SUPPLIED_INPUTS] = ["*"] if opts.depends_on else supplied
        if not native and opts.id is None:  # with an id the resource is only read: it gets no identity of this stack
            urn = create_urn(resource_name, f"pulumi-python:{self._resource_type_name}", opts.parent)
            props[IDENTITY] = without_dependency(urn)
        explicit = explicit_provider("aws", opts)
        provider = provider_of_settings("aws", opts)
        if provider is not None:
            props[AWS_PROVIDER] = settings_of_provider(provider)
        vsphere = provider_of_settings("vsphere", opts) if self._uses_vsphere else None
        if vsphere is not None:
            props[VSPHERE_PROVIDER] = settings_of_provider(vsphere)
        if self._secret_outputs:
            names = [camel_case(name) for name in self._secret_outputs]
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=names))
        if native:
            opts = native_options(resource, opts)
            pulumi.CustomResource.__init__(self, native_type(resource), resource_name, props, opts)
        else:
            super().__init__(HostReference(resource), resource_name, props, opts)
        if inherited_provider("aws", self) is not explicit:
            raise pulumi.RunError(
                f"{resource} {resource_name}: a transformation replaces its aws.Provider, whose settings cannot be "
                "used; set provider where the resource is declared, or set region and profile"
            )
        for wire_name, field in wire_fields(self._state_type).items():
            self.__dict__[field.name] = self.__dict__[wire_name]

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        **scope: Unpack[AwsArgs],
    ) -> Self:
        """Read an existing resource by its id, for its outputs. The stack does not manage it and never deletes it.

        The id is that of a managed resource of this class (docs/existing_resources.md). The update fails when AWS has
        no resource with this id.
        """
        return cls(resource_name, dict(scope), pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)))

    @staticmethod
    def _completed(arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with those that the resource derives from others."""
        return arguments
