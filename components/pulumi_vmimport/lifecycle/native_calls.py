"""The property bags of one request to the native provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.lifecycle.host_properties import (
    AWS_PROVIDER,
    IDENTITY,
    SUPPLIED_INPUTS,
    UNREAD_INPUTS,
    VSPHERE_PROVIDER,
)
from pulumi_vmimport.lifecycle.native_values import ReceivedBag, received, to_send

# Pulumi shows no properties whose names begin with two underscores.
_HIDDEN = {IDENTITY: "__identity", UNREAD_INPUTS: "__unreadInputs"}
_SHOWN = {hidden: name for name, hidden in _HIDDEN.items()}
# A Python program passes these with each resource; the state of a resource needs none of them twice.
_ONLY_INPUTS = (SUPPLIED_INPUTS, AWS_PROVIDER, VSPHERE_PROVIDER)


@dataclass(frozen=True)
class NativeBag:
    """A property bag of a request, with the names that the hosts use."""

    received: ReceivedBag
    values: dict[str, Any]

    @classmethod
    def of(cls, message: Any, inputs: Any = None) -> "NativeBag":
        """The inputs or the state in a message, with what only the recorded inputs contain."""
        bag = received(message)
        values = {_SHOWN.get(name, name): value for name, value in bag.values.items()}
        recorded = received(inputs).values if inputs is not None else {}
        added = (*_ONLY_INPUTS, *(name for name in values.get(UNREAD_INPUTS) or () if name not in values))
        return cls(bag, {**values, **{name: recorded[name] for name in added if name in recorded}})

    @property
    def is_of_python(self) -> bool:
        """Whether the inputs are those of a class of this library, and not of a generated SDK."""
        return SUPPLIED_INPUTS in self.values


def outputs_to_send(of: type, outputs: Mapping[str, Any], *origins: NativeBag) -> dict[str, Any]:
    """The outputs of a resource for a message."""
    kept = {_HIDDEN.get(name, name): value for name, value in outputs.items() if name not in _ONLY_INPUTS}
    return to_send(of, kept, *(origin.received for origin in origins))


def inputs_to_send(of: type, inputs: Mapping[str, Any], *origins: NativeBag) -> dict[str, Any]:
    """The inputs of a resource for a message."""
    kept = {_HIDDEN.get(name, name): value for name, value in inputs.items() if name != IDENTITY}
    return to_send(of, kept, *(origin.received for origin in origins))
