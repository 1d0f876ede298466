"""The IAM actions that a lifecycle needs, from the API calls that its operations make."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from pulumi_vmimport.lifecycle.contract import Lifecycle
from pulumi_vmimport_sandbox.aws.iam.call_resources import S3_ACTIONS, S3_VERSION_ACTIONS

# The operation of the catalog that each method of a lifecycle belongs to.
METHODS = {
    "preflight": "check",
    "recheck_source": "check",
    "create": "create",
    "read": "read",
    "read_existing": "read",
    "update": "update",
    "delete": "delete",
}


def needed_actions(service: str, operation: str, members: Mapping[str, Any]) -> set[str]:
    """The IAM actions that an API call needs."""
    action = S3_ACTIONS.get(operation, operation) if service == "s3" else operation
    if service == "s3" and members.get("VersionId"):
        action = S3_VERSION_ACTIONS.get(action, action)
    needed = {f"{service}:{action}"}
    if service == "ec2" and members.get("TagSpecifications"):
        needed.add("ec2:CreateTags")
    if service == "workspaces" and members.get("Tags") and operation != "CreateTags":
        needed.add("workspaces:CreateTags")
    if service == "s3" and members.get("Tagging") and action == "PutObject":
        needed.add("s3:PutObjectTagging")
    return needed


class ActionRecorder:
    """Sees which resource runs which operation, and the API calls that are made meanwhile."""

    def __init__(self) -> None:
        self.actions: dict[tuple[str, str], set[str]] = {}
        self._lock = threading.Lock()
        self._running: list[tuple[str, str]] = []

    @contextmanager
    def recording(self) -> Iterator[None]:
        with patch.object(BaseClient, "_make_api_call", self._call(vars(BaseClient)["_make_api_call"])):
            yield

    @contextmanager
    def running(self, lifecycle: Lifecycle[Any, Any], method: str) -> Iterator[None]:
        operation = (type(lifecycle).__name__.removesuffix("Lifecycle"), METHODS[method])
        with self._lock:
            self._running.append(operation)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(operation)

    def _call(self, make: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(make)
        def recorded(client: Any, operation: str, members: Any) -> Any:
            if client.meta.config.user_agent_extra == "pulumi-vmimport":  # others are the test's own
                actions = needed_actions(client.meta.service_model.signing_name, operation, members)
                with self._lock:
                    # When a test runs several resources at once, nothing shows which of them calls.
                    if len({resource for resource, _ in self._running}) == 1:
                        for running in self._running:
                            self.actions.setdefault(running, set()).update(actions)
            return make(client, operation, members)

        return recorded
