"""The order of API calls, without a clock."""

import threading

from pulumi_vmimport_sandbox import Sandbox

_SECONDS = 60  # until the order counts as wrong


def starts_before(sandbox: Sandbox, operation: str, held: str) -> list[bool]:
    """Hold the next call of `held` until a call of `operation` is received; the list then contains whether it was."""
    received, outcomes = threading.Event(), list[bool]()
    sandbox.aws.faults.on(operation, lambda _: received.set())
    sandbox.aws.faults.on(held, lambda _: outcomes.append(received.wait(_SECONDS)))
    return outcomes
