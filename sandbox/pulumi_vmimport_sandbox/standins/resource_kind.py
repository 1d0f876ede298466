"""What a stand-in knows of one resource type."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from .values import Properties

ServiceT = TypeVar("ServiceT")


class NotFound(Exception):  # noqa: N818 - an answer, not a defect
    """The thing that was to be read or deleted is not there."""


class Rejected(Exception):  # noqa: N818 - an answer, not a defect
    """The service, or the stand-in, said no; the message is what the user is to see."""


class ResourceKind(ABC, Generic[ServiceT]):
    """One resource type: its properties, and the calls that make, read, change and unmake the thing.

    `create` is the one call after which something exists and returns its id; what else a new thing needs is done by
    `complete`, whose failure keeps the id in the state. Outputs are what `read` answers.
    """

    inputs: ClassVar[frozenset[str]] = frozenset()
    """The inputs that are served; any other is refused by name."""

    required: ClassVar[frozenset[str]] = frozenset()

    identity_inputs: ClassVar[frozenset[str]] = frozenset()
    """Inputs that say where the thing is. Where they stay, a replacement deletes the old thing first; none: never."""

    replaces: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change replaces the resource."""

    auto_name: ClassVar[str | None] = None
    """The input that is made from the resource's name when the program leaves it out."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    """What the service has where the program says nothing; anything else is drift."""

    nested_defaults: ClassVar[Mapping[str, Any]] = {}
    """The same for names inside structures; COMPUTED where the value is the service's own."""

    write_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs the service keeps no trace of."""

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - a default
        """What the real provider would refuse in preview, as (path, reason). Values may be unknown."""
        return iter(())

    @abstractmethod
    def create(self, service: ServiceT, inputs: Properties) -> str: ...

    def configure(self, service: ServiceT, id: str, inputs: Properties) -> None:
        """Bring a newly created thing to what the inputs say."""

    @abstractmethod
    def read(self, service: ServiceT, id: str, state: Properties) -> Properties:
        """The live properties.

        Raises:
            Gone: the service says that there is no such thing.
        """

    @abstractmethod
    def update(self, service: ServiceT, id: str, olds: Properties, news: Properties) -> None: ...

    @abstractmethod
    def delete(self, service: ServiceT, id: str, state: Properties) -> None: ...
