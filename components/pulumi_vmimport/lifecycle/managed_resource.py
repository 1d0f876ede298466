"""The Pulumi side of a resource: arguments in, outputs out, a lifecycle behind."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from os import PathLike, fspath
from typing import Any, NotRequired, Self, TypedDict, TypeVar, Unpack, cast, get_args, get_origin

import pulumi
from pulumi import dynamic
from pulumi.resource import create_urn

from pulumi_vmimport.lifecycle.dynamic_host import IDENTITY, SUPPLIED_INPUTS, host_for
from pulumi_vmimport.lifecycle.program_arguments import program_arguments
from pulumi_vmimport.lifecycle.property_bag import camel, hints, properties, required

T = TypeVar("T")


class AwsArgs(TypedDict):
    """The arguments that every custom resource of AWS has."""

    region: NotRequired[pulumi.Input[str]]
    """The Region. Default: `aws:region` of the stack, else that of the environment or profile. A change replaces."""
    profile: NotRequired[pulumi.Input[str]]
    """The profile of the shared AWS files to use for this resource. Default: the stack's credentials."""
    assume_role_arn: NotRequired[pulumi.Input[str]]
    """The ARN of a role to assume for this resource. Default: none beside the stack's own."""
    timeout_minutes: NotRequired[pulumi.Input[int]]
    """How long one `pulumi up` waits, in minutes; AWS goes on after that and the next `up` resumes. Default: 1440."""


class ManagedResource(dynamic.Resource):
    """A resource whose behaviour is the Lifecycle of the same name in `pulumi_vmimport.resources`.

    A subclass names itself in its class arguments (`module="vmimport", name="ImportImage"`) and annotates its outputs;
    all of them, and the inputs, are attributes.
    """

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
        host = host_for(resource)
        lifecycle = host._lifecycle  # noqa: SLF001 - the two classes are halves of one thing
        given = {k: v for k, v in self._completed(arguments).items() if v is not None}
        props: dict[str, Any] = dict.fromkeys(properties(lifecycle.state_type))
        props |= _on_the_wire(lifecycle.inputs_type, given)
        if opts.id is None:  # an existing thing that is only read belongs to no resource of this stack
            urn = create_urn(resource_name, f"pulumi-python:{self._resource_type_name}", opts.parent)
            props[IDENTITY] = undepending(urn)
            props[SUPPLIED_INPUTS] = (
                ["*"] if opts.depends_on else [camel(k) for k, v in given.items() if _has_output(v)]
            )
        super().__init__(host, resource_name, props, opts)
        for wire_name, field in properties(lifecycle.state_type).items():
            self.__dict__[field.name] = self.__dict__[wire_name]

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        **scope: Unpack[AwsArgs],
    ) -> Self:
        """An existing thing by its id, for its outputs; the stack does not manage it and never deletes it.

        The id is the one that a managed resource of this class has. The update fails when AWS has nothing of this id.
        """
        return cls(resource_name, dict(scope), pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)))

    @staticmethod
    def _completed(arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments with those that a resource derives from others."""
        return arguments


def undepending(output: pulumi.Output[T]) -> pulumi.Output[T]:
    """The value of an output of a resource that is the parent: to depend on one's parent is to depend on oneself."""
    return pulumi.Output.from_input(cast(Awaitable[T], output.future()))


def _on_the_wire(hint: Any, value: Any) -> Any:
    """A program's value as the bag wants it: camelCase keys in the resource's own structures, outputs left in place."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda v: _on_the_wire(hint, v))
    hint = required(hint)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        of, secret = hints(hint), {f.name: f.metadata.get("secret") for f in fields(hint)}
        return {camel(k): _secret_if(secret.get(k), _on_the_wire(of.get(k), v)) for k, v in value.items()}
    if get_origin(hint) is tuple and isinstance(value, Sequence) and not isinstance(value, str):
        return [_on_the_wire(get_args(hint)[0], v) for v in value]
    return value


def _secret_if(is_secret: Callable[[Any], bool] | None, value: Any) -> Any:
    """The value, for Pulumi to encrypt in its state where the field's metadata says so."""
    if is_secret is None:
        return value
    if isinstance(value, pulumi.Output):
        return value.apply(lambda v: _secret_if(is_secret, v))
    return pulumi.Output.secret(value) if isinstance(value, str) and is_secret(value) else value


def _has_output(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_output, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(map(_has_output, value))
    return isinstance(value, pulumi.Output)
