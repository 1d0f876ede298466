"""A thread for each call of a gRPC server.

In a ThreadPoolExecutor of Python 3.11, a call can wait for another one although the pool may still grow
(https://github.com/python/cpython/issues/90622). The calls of a provider take hours, and Cancel must not wait for them.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class ThreadPerCall(ThreadPoolExecutor):
    """Starts a thread for each call at once."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call in a new thread."""
        future: Future[Any] = Future()
        threading.Thread(target=_serve, args=(future, call, args, kwargs), daemon=True).start()
        return future


def _serve(future: Future[Any], call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - as every Executor does
        future.set_exception(error)
