"""The interface of a resource type of a stand-in."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from .values import Properties

ServiceT = TypeVar("ServiceT")


class NotFound(Exception):  # noqa: N818 - a result, not a defect
    """The resource does not exist."""


class Rejected(Exception):  # noqa: N818 - a result, not a defect
    """The service or the stand-in rejected the operation; the message is shown to the user."""


class ResourceKind(ABC, Generic[ServiceT]):
    """A resource type: its properties and its create, read, update and delete operations.

    `create` makes the one call that creates the resource, and returns its id. `configure` does everything else that a
    new resource requires; if it fails, the state keeps the id. `read` returns the outputs.
    """

    inputs: ClassVar[frozenset[str]] = frozenset()
    """The supported inputs. Others are rejected by name."""

    required: ClassVar[frozenset[str]] = frozenset()

    identity_inputs: ClassVar[frozenset[str]] = frozenset()
    """Inputs that identify the resource. If they do not change, a replacement deletes the old resource first."""

    replaces: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change replaces the resource."""

    auto_name: ClassVar[str | None] = None
    """The input that defaults to the resource's name with a random suffix."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    """The service's values for omitted inputs. Any other value is drift."""

    nested_defaults: ClassVar[Mapping[str, Any]] = {}
    """The same for nested properties; COMPUTED if the service determines the value."""

    computed: ClassVar[frozenset[str]] = frozenset({"region"})
    """Optional inputs whose value the provider or service keeps if the program omits them: neither a change nor drift.
    After an import the state has them."""

    write_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the service does not return."""

    outputs: ClassVar[Mapping[str, Any]] = {}
    """The outputs of the real provider for inputs that the program omits or the stand-in does not support."""

    refreshed: ClassVar[Mapping[str, Any]] = {}
    """The same for outputs that the real provider returns only from a refresh on."""

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - a default
        """The problems that the real provider reports in preview, as (path, reason). Values may be unknown."""
        return iter(())

    def live_problems(self, service: ServiceT, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """The problems that the real provider finds in preview by looking at the service."""
        return iter(())

    @abstractmethod
    def create(self, service: ServiceT, inputs: Properties) -> str: ...

    def configure(self, service: ServiceT, id: str, inputs: Properties) -> None:
        """Apply the inputs to a new resource."""

    @abstractmethod
    def read(self, service: ServiceT, id: str, state: Properties) -> Properties:
        """The live properties.

        Raises:
            NotFound: The resource does not exist.
        """

    @abstractmethod
    def update(self, service: ServiceT, id: str, olds: Properties, news: Properties) -> None: ...

    @abstractmethod
    def delete(self, service: ServiceT, id: str, state: Properties) -> None: ...
