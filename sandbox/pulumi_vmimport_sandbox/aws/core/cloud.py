"""The state that the sandbox adds to moto: tasks, bundles, BYOL, role changes. One instance per AwsSandbox."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from pulumi_vmimport_sandbox.aws.core.byol_state import ByolState
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.client_tokens import ClientTokens
from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.core.fault_injection import Faults
from pulumi_vmimport_sandbox.aws.core.image_builder_state import ImageBuilderState
from pulumi_vmimport_sandbox.aws.core.simulated_bundle import SimulatedBundle
from pulumi_vmimport_sandbox.aws.core.simulated_fast_launch import SimulatedFastLaunch
from pulumi_vmimport_sandbox.aws.core.simulation_settings import SimulationSettings
from pulumi_vmimport_sandbox.clock import SandboxClock

# The IAM calls whose effect VM Import sees only after a delay.
_ROLE_CHANGES = frozenset({
    "AttachRolePolicy", "CreateRole", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy", "UpdateAssumeRolePolicy",
})  # fmt: skip
_POLICY_CHANGES = frozenset({"CreatePolicyVersion", "SetDefaultPolicyVersion"})

Task = TypeVar("Task", bound=ConversionTask)


@dataclass(frozen=True)
class AccountRegion:
    """An account in a Region."""

    account: str
    region: str


@dataclass
class Cloud:
    """The sandbox's own state. Callers must hold `lock`."""

    clock: SandboxClock
    settings: SimulationSettings
    faults: Faults
    lock: threading.RLock = field(default_factory=threading.RLock)
    now: float = 0.0
    """The time of the current request, the same for all its parts even if the clock runs fast."""
    tasks: dict[AccountRegion, dict[str, ConversionTask]] = field(default_factory=lambda: defaultdict(dict))
    deregistered: dict[str, float] = field(default_factory=dict)
    """The times at which AMIs were deregistered."""
    client_tokens: ClientTokens = field(default_factory=ClientTokens)
    accounts: list[str] = field(default_factory=list)
    """The accounts other than the first that tests have requested."""
    byol: dict[AccountRegion, ByolState] = field(default_factory=lambda: defaultdict(ByolState))
    bundles: dict[AccountRegion, dict[str, SimulatedBundle]] = field(default_factory=lambda: defaultdict(dict))
    fast_launch: dict[AccountRegion, dict[str, SimulatedFastLaunch]] = field(default_factory=lambda: defaultdict(dict))
    """EC2 Fast Launch by AMI."""
    disabled_regions: set[AccountRegion] = field(default_factory=set)
    public_images_blocked: set[AccountRegion] = field(default_factory=set)
    """Where EC2's block public access for AMIs is on."""
    image_builder: dict[AccountRegion, ImageBuilderState] = field(
        default_factory=lambda: defaultdict(ImageBuilderState)
    )
    _changed: dict[str, float] = field(default_factory=dict)

    def status(self, task: ConversionTask) -> str:
        """The current status of a task."""
        return task.status_at(self.now, self.settings).status

    def listed_tasks(self, account_region: AccountRegion) -> Iterator[ConversionTask]:
        """The tasks that EC2 still lists."""
        for task in self.tasks[account_region].values():
            ended_at = task.status_at(self.now, self.settings).ended_at
            if ended_at is None or self.now < ended_at + self.settings.task_retention_seconds:
                yield task

    def tasks_of(self, kind: type[Task]) -> list[tuple[AccountRegion, Task]]:
        """All tasks of a type, including those no longer listed, with their accounts and Regions."""
        tasks = [(account_region, task) for account_region, tasks in self.tasks.items() for task in tasks.values()]
        return [(account_region, task) for account_region, task in tasks if isinstance(task, kind)]

    def record_iam_change(self, incoming: IncomingCall) -> None:
        """Record which role or policy a call changed."""
        call, parameters = incoming.call, incoming.parameters
        changed = None
        if call.service == "iam" and call.operation in _ROLE_CHANGES:
            changed = parameters.get("RoleName")
        elif call.service == "iam" and call.operation in _POLICY_CHANGES:
            changed = parameters.get("PolicyArn")
        if changed:
            with self.lock:
                self._changed[changed] = self.clock.now()

    def has_propagated(self, name: str) -> bool:
        """Whether VM Import sees the last change of a role (by name) or policy (by ARN)."""
        changed = self._changed.get(name)
        return changed is None or self.now >= changed + self.settings.iam_propagation_seconds

    def clear(self) -> None:
        """Delete all state."""
        with self.lock:
            self.tasks.clear()
            self.deregistered.clear()
            self.client_tokens.clear()
            self.accounts.clear()
            self.byol.clear()
            self.bundles.clear()
            self.fast_launch.clear()
            self.disabled_regions.clear()
            self.public_images_blocked.clear()
            self.image_builder.clear()
            self._changed.clear()
