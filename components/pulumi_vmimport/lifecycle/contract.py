"""The contract between a resource of this library and the host that runs it.

A lifecycle is a plain class over two frozen dataclasses: the inputs, and the state (the inputs and what AWS returned
for them). It does not depend on Pulumi; the host passes a :class:`Run` to each call. A call ends in one of three ways:

- It returns a result.
- It raises :class:`CleanFailureError`: the call failed and nothing that it made is left.
- It raises any other exception: the host records the state last passed to `Run.record`, and the next `pulumi up`
  resumes from there. :class:`PartialFailureError` and :class:`RunInterruptedError` make this explicit.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pulumi_vmimport.errors import VmimportError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.progress import Progress
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.lifecycle.type_validation import Problem
from pulumi_vmimport.lifecycle.unknown import UNKNOWN, is_known, is_set

if TYPE_CHECKING:
    from pulumi_vmimport.aws.connection import AwsConnection
    from pulumi_vmimport.vsphere.session import VSphereSession

__all__ = [
    "UNKNOWN",
    "CleanFailureError",
    "Condition",
    "Created",
    "Existing",
    "Lifecycle",
    "PartialFailureError",
    "Problem",
    "Progress",
    "Run",
    "RunInterruptedError",
    "is_known",
    "is_set",
]

InputsT = TypeVar("InputsT")
StateT = TypeVar("StateT")


class CleanFailureError(VmimportError):
    """The call failed and nothing that it made is left; a failed create leaves no resource in the state."""


class PartialFailureError(VmimportError):
    """The call failed, but the resource exists, in whole or in part: the host keeps the state last recorded."""


class RunInterruptedError(VmimportError):
    """The run was cancelled or passed its deadline. Work in AWS continues; the next `pulumi up` resumes it."""


class Condition(Enum):
    """Whether the resource that a state describes is complete."""

    READY = "ready"
    UNFINISHED = "unfinished"  # `update` completes it
    BROKEN = "broken"  # only a replacement repairs it


@dataclass(frozen=True)
class Created(Generic[StateT]):
    """The result of `create`: the resource's id and its state."""

    id: str
    state: StateT


@dataclass(frozen=True)
class Existing(Generic[StateT]):
    """A resource that no stack manages: its id as `create` returns it, and its state.

    An input is UNKNOWN if the service does not report it, and None if it reports that it has none.
    """

    id: str
    state: StateT


class Run(Protocol):
    """What the host provides to a lifecycle for the duration of one call."""

    @property
    def identity(self) -> Identity:
        """The identity of the resource, the same in every run."""

    @property
    def aws(self) -> "AwsConnection":
        """The connection to AWS, with the resource's Region and credentials."""

    @property
    def poll_seconds(self) -> float:
        """The polling interval for asynchronous work in AWS, in seconds."""

    def vsphere(self) -> "AbstractContextManager[VSphereSession]":
        """A session with the vCenter Server or ESXi host of the stack's configuration or the environment."""

    def status(self, status: str | Progress) -> None:
        """Show what the resource does until the next status replaces it."""

    def warn(self, text: str) -> None:
        """Report a warning for the resource."""

    def wait(self, seconds: float) -> None:
        """Wait. Raises: RunInterruptedError when the run is cancelled or its deadline passes."""

    def raise_if_over(self) -> None:
        """Raise RunInterruptedError if the run is cancelled or its deadline has passed."""

    def record(self, id: str, state: Any) -> None:
        """Set the state that the host keeps if the call raises anything but CleanFailureError.

        Call it as soon as something exists in AWS, and again after each step that a later run must not repeat.
        """

    def supplied_by_resource(self, path: str) -> bool:
        """Whether another resource of the stack supplies the input at path: in preview it may not exist yet."""


class Lifecycle(ABC, Generic[InputsT, StateT]):
    """Creates, reads, updates and deletes one kind of resource.

    In `check`, `preflight` and `recheck_source` any input may be UNKNOWN.
    """

    inputs_type: ClassVar[type[Any]]
    state_type: ClassVar[type[Any]]
    unique_inputs: ClassVar[tuple[str, ...]] = ()
    """Wire names of the inputs that name the resource in its service, where names are unique. A replacement that keeps
    them deletes the old resource first."""
    uses_aws: ClassVar[bool] = True
    """Whether the resource is in AWS. For any other resource, the host looks up neither Region nor account."""
    unread_inputs: ClassVar[Mapping[str, str]] = {}
    """Wire names of inputs that `read_existing` may leave UNKNOWN, with the reason, for a message that asks the program
    to set them: "<input> cannot be read back: <reason>". A first value for such an input changes nothing in the
    service. Inputs that are UNKNOWN without a reason are known to programs alone, and need no message."""
    no_import: ClassVar[str] = ""
    """Why `read_existing` refuses every id, and what to do instead; empty if it reads resources by their ids."""
    local_inputs: ClassVar[frozenset[str]] = frozenset()
    """Python names of the inputs that no service reports, such as a path on the machine that runs Pulumi."""
    condition_output: ClassVar[str] = ""
    """The wire name of the output that `condition` reads; preview shows it for a resource that is not READY."""

    def check(self, inputs: InputsT) -> Iterator[Problem]:
        """Yield every problem of the inputs alone. Makes no call and never raises."""
        del inputs
        return iter(())

    def preflight(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        """Yield every problem that can be found by reading AWS or vSphere, before a create or a replacement."""
        del run, inputs
        return iter(())

    @abstractmethod
    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        """Create the resource, or resume the create of an earlier, interrupted run."""

    @abstractmethod
    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        """The current state; None only when the service reports that the resource does not exist."""

    def read_existing(self, run: Run, id: str, state: StateT) -> Existing[StateT] | None:
        """A resource that no stack manages, by its id alone; None if it does not exist.

        The id may be any by which the service or its users call the resource. Of `state` only the Region, credentials
        and timeout are set; required inputs are UNKNOWN.

        Raises: CleanFailureError if the id is of another kind, or a resource of this kind cannot be read by an id.
        """
        if self.no_import:
            raise CleanFailureError(f"{type(self).__name__.removesuffix('Lifecycle')} {self.no_import}")
        found = self.read(run, id, state)
        return self.as_existing(id, found) if found is not None else None

    def as_existing(self, id: str, state: StateT, *unread: str) -> Existing[StateT]:
        """What `read_existing` returns: local inputs without a value are UNKNOWN, and those named."""
        names = {*unread, *(name for name in self.local_inputs if getattr(state, name) is None)}
        found: StateT = self.state_type(**{**vars(state), **dict.fromkeys(names, UNKNOWN)})
        return Existing(id, found)

    def import_problem(self, id: str, state: StateT) -> str | None:
        """Why Pulumi cannot manage a resource that `read_existing` returned; None if it can."""
        condition = self.condition(state)
        if condition is Condition.READY:
            return None
        if condition is Condition.BROKEN:
            return self.describe_broken(id, state)
        value = write_bag(state).get(self.condition_output)
        return f"{id} is not complete" + (f" ({self.condition_output} {value})" if value else "")

    @abstractmethod
    def update(self, run: Run, id: str, state: StateT, inputs: InputsT) -> StateT:
        """Complete an unfinished resource and apply the changes that need no replacement; return the whole state."""

    @abstractmethod
    def delete(self, run: Run, id: str, state: StateT) -> None:
        """Delete the resource, complete or not. Succeeds when it is already gone."""

    def source_version(self, run: Run, inputs: InputsT) -> str | None:
        """What changes with the content of the source, for inputs without `source_hash`; None if it is not known.

        Called in preview and before a create or an update.
        """
        del run, inputs
        return None

    def recheck_source(self, run: Run, state: StateT, inputs: InputsT) -> Condition:
        """Compare the source of a complete resource with the source that the state recorded.

        Called in preview and before an update. UNFINISHED makes Pulumi call `update`, BROKEN replaces the resource.
        """
        del run, state, inputs
        return Condition.READY

    def inputs_of(self, state: StateT) -> InputsT:
        """The inputs that a state contains."""
        inputs: InputsT = self.inputs_type(**{f.name: getattr(state, f.name) for f in fields(self.inputs_type)})
        return inputs

    def replace_inputs(self, state: StateT, inputs: InputsT) -> StateT:
        """A copy of the state with these inputs; its outputs are unchanged."""
        changed: StateT = self.state_type(**{**vars(state), **vars(inputs)})
        return changed

    def condition(self, state: StateT) -> Condition:
        """Whether the state describes a complete resource."""
        del state
        return Condition.READY

    def describe_broken(self, id: str, state: StateT) -> str:
        """Why the condition of a resource is BROKEN, for a message."""
        del state
        return f"{id} is incomplete and cannot be completed"
