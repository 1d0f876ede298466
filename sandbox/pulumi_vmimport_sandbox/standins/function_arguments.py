"""The arguments that a function of a stand-in supports."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from .resource_kind import Rejected
from .values import Properties

ServiceT = TypeVar("ServiceT")
_OMITTED: tuple[Any, ...] = (
    None,
    False,
    "",
    [],
    {},
)  # the SDK sends such values for some arguments that a program omits


def accepts(
    *names: str,
) -> Callable[[Callable[[ServiceT, Properties], Properties]], Callable[[ServiceT, Properties], Properties]]:
    """Reject arguments with other names, which the function would ignore."""

    def restrict(
        function: Callable[[ServiceT, Properties], Properties],
    ) -> Callable[[ServiceT, Properties], Properties]:
        @functools.wraps(function)
        def restricted(service: ServiceT, args: Properties) -> Properties:
            given = {name for name, value in args.items() if value not in _OMITTED}
            if unknown := sorted(given - set(names)):
                supported = ", ".join(names) or "no argument"
                raise Rejected(f"the sandbox's stand-in does not support {', '.join(unknown)}; expected {supported}")
            return function(service, args)

        return restricted

    return restrict
