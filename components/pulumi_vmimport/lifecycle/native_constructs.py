"""Ends the calls of Construct that cannot complete, before the engine closes the provider.

After an error in a child of a component, the engine stops answering its program. The call would wait until the engine
closes the connection, and the user would see "grpc: the client connection is closing" beside the error of the child.
"""

import threading
from collections.abc import Callable
from typing import Any

from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.lifecycle.thread_per_call import ThreadPerCall

_CALLS = ThreadPerCall()
# The engine gives all plugins together five seconds to answer Cancel and exit.
_ANSWER_SECONDS = 2.0
_ENDED = "not completed because the run ended; the cause is another error of the run, or its cancellation"


class Constructs:
    """The calls of Construct of a provider."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._is_over = False

    def result(self, construct: Callable[[], Any], context: Any) -> Any:
        """What the function returns or raises.

        Raises: RunInterruptedError if the run ends first.
        """
        with self._changed:  # before the start: `end` waits for every call that has started
            self._open += 1
            context.add_callback(lambda: self._change(closed=1))
        made = _CALLS.submit(construct)
        made.add_done_callback(lambda _: self._change())
        with self._changed:
            self._changed.wait_for(lambda: made.done() or self._is_over)
        if made.done():
            return made.result()
        raise RunInterruptedError(_ENDED)

    def end(self) -> None:
        """End the calls, and wait until the engine has their answers."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._open, _ANSWER_SECONDS)

    def _change(self, closed: int = 0) -> None:
        with self._changed:
            self._open -= closed
            self._changed.notify_all()
