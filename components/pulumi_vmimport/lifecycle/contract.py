"""What a resource of this library is, whoever hosts it.

A lifecycle is a plain class over two frozen dataclasses, its inputs and its state (the inputs and what AWS made of
them). It knows nothing of Pulumi; a host lends it a :class:`Run`. It ends in one of three ways: a result; `Failed`,
after it has undone what it made; any other exception, whereupon the host keeps what `Run.keep` was last told, so that
the next run goes on from there.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.property_bag import UNKNOWN, Problem

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession

__all__ = [
    "UNKNOWN",
    "Condition",
    "Created",
    "Failed",
    "Lifecycle",
    "Problem",
    "Run",
    "Stopped",
    "is_given",
    "known",
]

InputsT = TypeVar("InputsT")
StateT = TypeVar("StateT")


class Failed(Exception):  # noqa: N818 - an outcome of the contract, not a defect
    """The call failed for good and nothing of it was left behind; the message says why and what to do."""


class Stopped(Exception):  # noqa: N818 - an outcome of the contract, not a defect
    """The run must end here: cancelled, or past its deadline. AWS goes on; the next run resumes."""


class Condition(Enum):
    """What a recorded state says about the thing it describes."""

    READY = "ready"
    UNFINISHED = "unfinished"  # `update` resumes it
    BROKEN = "broken"  # only a replacement mends it


@dataclass(frozen=True)
class Created(Generic[StateT]):
    """The outcome of `create`: the id Pulumi records, and the state."""

    id: str
    state: StateT


class Run(Protocol):
    """What a host lends to a lifecycle for one call."""

    @property
    def identity(self) -> Identity:
        """Who the resource is, the same over all its runs."""

    @property
    def aws(self) -> AwsConnection:
        """AWS in the resource's Region, with the resource's credentials."""

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks at something that AWS works on."""

    def vsphere(self) -> "AbstractContextManager[VSphereSession]":
        """A session with the vCenter or ESXi host of the stack's configuration or environment."""

    def status(self, text: str) -> None:
        """Show what is going on beside the resource, until the next text replaces it."""

    def warn(self, text: str) -> None:
        """Leave a warning beside the resource."""

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises: Stopped when the run was cancelled or its deadline has passed."""

    def keep(self, id: str, state: Any) -> None:
        """Say what exists by now: the host records it when the call ends in anything but success or `Failed`."""

    def promised(self, path: str) -> bool:
        """Whether another resource of the stack supplies the input at path, so that in preview it may not exist yet."""


class Lifecycle(ABC, Generic[InputsT, StateT]):
    """Create, read, update and delete of one kind of thing. `check` and `look_up` may meet UNKNOWN in any field."""

    inputs: ClassVar[type[Any]]
    state: ClassVar[type[Any]]
    unique: ClassVar[tuple[str, ...]] = ()
    """Inputs that name the thing in its service: while they stay, the old one goes before the new one comes."""

    def check(self, inputs: InputsT) -> Iterator[Problem]:
        """Every problem of the inputs alone. Pure; never raises."""
        del inputs
        return iter(())

    def look_up(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        """Every problem that reading AWS or vSphere shows before the first write, for new and replaced things."""
        del run, inputs
        return iter(())

    @abstractmethod
    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        """Make the thing, or find the one an earlier, interrupted run made."""

    @abstractmethod
    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        """The state as it is now; None only when the service says it is gone."""

    @abstractmethod
    def update(self, run: Run, id: str, state: StateT, inputs: InputsT) -> StateT:
        """Finish what is unfinished and carry out changes that need no replacement. Returns the whole state."""

    @abstractmethod
    def delete(self, run: Run, id: str, state: StateT) -> None:
        """Undo `create`, finished or not. Fine to call twice."""

    def look_again(self, run: Run, state: StateT, inputs: InputsT) -> Condition:
        """Whether what a complete thing was made from is what it was, in preview and before an update.

        UNFINISHED lets `update` bring it up to date, BROKEN replaces it. Inputs may be UNKNOWN.
        """
        del run, state, inputs
        return Condition.READY

    def inputs_of(self, state: StateT) -> InputsT:
        """The inputs in a state."""
        inputs: InputsT = self.inputs(**{f.name: getattr(state, f.name) for f in fields(self.inputs)})
        return inputs

    def with_inputs(self, state: StateT, inputs: InputsT) -> StateT:
        """A state with other inputs and what it recorded."""
        changed: StateT = self.state(**{**vars(state), **vars(inputs)})
        return changed

    def condition(self, state: StateT) -> Condition:
        """Whether a recorded state is complete."""
        del state
        return Condition.READY


def known(*values: object) -> bool:
    """Whether none of the values is UNKNOWN."""
    return all(value is not UNKNOWN for value in values)


def is_given(value: object) -> bool:
    """Whether an input is there for sure: what is UNKNOWN may turn out to be None."""
    return value is not UNKNOWN and value is not None
