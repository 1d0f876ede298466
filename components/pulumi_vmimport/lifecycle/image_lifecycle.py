"""The lifecycle of an image that its service creates after the call that starts it, and whose tags change in place."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pulumi_vmimport.lifecycle.contract import Condition, Lifecycle, Run


class TaggedInputs(Protocol):
    """Inputs with tags."""

    @property
    def tags(self) -> Mapping[str, str] | None: ...


class ImageState(TaggedInputs, Protocol):
    """The state of an image, a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def image_state(self) -> str | None: ...


InputsT = TypeVar("InputsT", bound=TaggedInputs)
StateT = TypeVar("StateT", bound=ImageState)


class ImageLifecycle(Lifecycle[InputsT, StateT], Generic[InputsT, StateT]):
    """Completes and tags an image; a subclass starts, reads and deletes it."""

    condition_output = "imageState"
    complete_states: ClassVar[frozenset[str]]
    """The states of an image that is ready for use."""
    broken_states: ClassVar[frozenset[str]]
    """The states of an image that only a replacement repairs."""

    @abstractmethod
    def finish(self, run: Run, id: str, state: StateT) -> StateT:
        """Wait until the image is complete, resume it if it failed and the service can, and record what it has.

        Raises: CleanFailureError or PartialFailureError if the image fails.
        """

    @abstractmethod
    def set_tags(self, run: Run, id: str, recorded: Mapping[str, str], inputs: InputsT) -> None:
        """Set the tags of the inputs and of the identity, and remove the user's other tags in `recorded`."""

    def update(self, run: Run, id: str, state: StateT, inputs: InputsT) -> StateT:
        # Tags to remove stay recorded until they are removed, so that the next update completes an interrupted one.
        recorded = state.tags or {}
        updated = replace(self.replace_inputs(state, inputs), tags={**recorded, **(inputs.tags or {})})
        run.record(id, updated)
        if self.condition(state) is not Condition.READY:
            updated = self.finish(run, id, updated)
        self.set_tags(run, id, recorded, inputs)
        return replace(updated, tags=inputs.tags)

    def condition(self, state: StateT) -> Condition:
        if state.image_state in self.broken_states:
            return Condition.BROKEN
        return Condition.READY if state.image_state in self.complete_states else Condition.UNFINISHED
