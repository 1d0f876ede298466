"""Kill -9 and Ctrl-C at every AWS call of every resource. A run without a fault determines the calls.

One instance of a resource is interrupted at each of its calls, all instances at once: they share only the engine.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws
import pytest
from tests.engine.fault_matrix.conftest import DRY_RUN, PARALLEL, Watch, repair_backend
from tests.engine.prerequisites import MINUTE, NAMED, REGION, Prerequisites, ResourceUnderTest

import pulumi_vmimport
from pulumi_vmimport import (
    CrossAccountDistributionRole,
    DistributionExecutionRole,
    ImageDistribution,
    ImportBucket,
    OperatorPolicy,
    VmimportRole,
)
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport_sandbox import Sandbox
from pulumi_vmimport_sandbox.aws.core.call_log import RecordedCall

DAY, YEAR = 86400, 365 * 86400

pytestmark = [
    pytest.mark.cold_provider,  # what the tests interrupt is what users run
    # The program of a killed engine runs in this process until the test ends it.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


ONE_OF_EACH_FAMILY = (
    "ImportImage",
    "FastLaunch",
    "ExportImage",
    "DirectSnapshot",
    "DiskImageUpload",
    "WorkspaceBundle",
)


@pytest.fixture
def sandbox(vsphere_sandbox: Sandbox) -> Sandbox:
    return vsphere_sandbox


@pytest.fixture
def prerequisites(sandbox: Sandbox, image_args: dict[str, Any], disk: Path) -> Prerequisites:
    return Prerequisites(sandbox, image_args["disk_containers"][0]["user_bucket"], disk)


def instances_of(resources: dict[str, ResourceUnderTest], *calls: dict[str, list[Any]]) -> dict[str, ResourceUnderTest]:
    """As many instances of each resource as it has calls."""
    counts = {name: max(len(by_resource[name]) for by_resource in calls) for name in resources}
    return {f"{name}-{number}": resources[name] for name in resources for number in range(counts[name])}


def check_one_image_of_each_name(prerequisites: Prerequisites, instances: Iterable[str]) -> None:
    """Check that an import with `image_name` left one AMI, which has that name, and nothing of the AMI before it."""
    named = [name for name in instances if name.startswith(NAMED)]
    assert prerequisites.names_of_images(named) == {name: [name] for name in named}


def is_write(operation: str) -> bool:
    return not operation.endswith(DRY_RUN) and RecordedCall("", operation, "", 0).is_write


class TargetAccounts:
    """Accounts with the role of CrossAccountDistributionRole, which an account has once: one for each instance."""

    def __init__(self, sandbox: Sandbox, watch: Watch) -> None:
        self._sandbox, self._watch, self._accounts = sandbox, watch, dict[str, Any]()

    def declare_role(self, name: str) -> None:
        """The role in the account of this instance, and the provider for it."""
        account = self._accounts.get(name) or self._accounts.setdefault(name, self._sandbox.aws.second_account())
        self._watch.accounts[account.account_id] = name
        target = pulumi_aws.Provider(name, region=REGION, assume_roles=[{"role_arn": account.role_arn}])
        CrossAccountDistributionRole(
            name,
            source_account_id=self._sandbox.aws.account_id,
            opts=pulumi.ResourceOptions(provider=target),
        )


def declare_distribution(name: str) -> None:
    ami: Any = {"name": "web-{{ imagebuilder:buildDate }}"}
    ImageDistribution(name, distributions=[{"region": REGION, "ami_distribution_configuration": ami}])


def empty_attribute_file(sandbox: Sandbox, stack: Any) -> None:
    """Leave the attribute file of a state empty, as a kill sometimes does."""
    backend = Path(sandbox.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    (state,) = backend.glob(f".pulumi/stacks/**/{stack.name}.json")
    state.with_name(f"{state.name}.attrs").write_bytes(b"")  # the kill may have done the same: then it is deleted


def holds_of(calls: dict[str, list[Any]]) -> dict[str, Any]:
    """Interrupt the first instance at the first call, the second at the second, and so on."""
    return {f"{name}-{number}": at for name, of_resource in calls.items() for number, at in enumerate(of_resource)}


def first_of_each(calls: list[Any], done: set[str]) -> list[Any]:
    """The first call of each operation that no earlier resource was interrupted at.

    These calls write nothing. Each needs an engine run of its own because the engine checks one resource at a time.
    """
    chosen = [at for at in calls if at.operation not in done and at.nth == 1]
    done.update(at.operation for at in calls)
    return chosen


@pytest.mark.parametrize("matrix", ["kill -9", "Ctrl-C", "kill -9, native"], indirect=True)
def test_an_interrupted_create_or_delete_is_completed_by_the_next_run(
    matrix: Any, prerequisites: Prerequisites, sandbox: Sandbox, row: Any, host: str
) -> None:
    resources = prerequisites.resources_and_variants()
    public = {name: getattr(pulumi_vmimport, name) for name in pulumi_vmimport.__all__}
    managed = {name for name, value in public.items() if isinstance(value, type) and issubclass(value, ManagedResource)}
    # WorkspacesAccount has no instances, only one per account: test_killed_at_every_call.py. GuestInstallation calls no
    # AWS: test_guest_installation_kills.py.
    elsewhere = {"GuestInstallation", "WorkspacesAccount"}
    assert {tested.resource.__name__ for tested in resources.values()} == managed - elsewhere
    if host == "native":  # whose code for AWS is the same
        resources = {name: resources[name] for name in ONE_OF_EACH_FAMILY}
    clean = matrix.stack(resources)
    before = sandbox.aws.remaining_resources()
    lookups, creates_of, deletes = map(matrix.calls_of, (clean.preview, clean.up, clean.destroy))
    assert sandbox.aws.remaining_resources() == before
    creates = {name: creates_of[name][len(lookups[name]) :] for name in resources}
    instances = instances_of(resources, creates, deletes)
    stack = matrix.stack(instances)
    before = sandbox.aws.remaining_resources()

    matrix.interrupt(stack, stack.up, holds_of(creates))
    started = prerequisites.started(instances)
    done = stack.up(parallel=len(instances))
    assert sum(done.values()) == len(instances) + 1
    assert done.keys() <= {"create", "update", "same"}
    assert prerequisites.started(instances) == dict.fromkeys(instances, 1)
    check_one_image_of_each_name(prerequisites, instances)
    assert stack.up(parallel=len(instances)) == {"same": len(instances) + 1}
    for name, at in holds_of(creates).items():
        row(name, "create", at, "resumed by the next up" if started[name] else "started by the next up")

    matrix.interrupt(stack, stack.destroy, holds_of(deletes))
    stack.destroy(parallel=len(instances))
    assert sandbox.aws.remaining_resources() == before
    for name, at in holds_of(deletes).items():
        row(name, "delete", at, "completed by the next destroy")


@pytest.mark.parametrize("matrix", ["kill -9"], indirect=True)
def test_a_killed_create_of_a_component_is_completed_by_the_next_run_without_a_second_role_or_bucket(
    matrix: Any, sandbox: Sandbox, row: Any
) -> None:
    accounts = TargetAccounts(sandbox, matrix.watch)
    components = {
        "bucket": lambda name: ImportBucket(name, force_destroy=True),
        "named": lambda name: ImportBucket(name, bucket=name, force_destroy=True),
        "role": lambda name: VmimportRole(name, import_buckets=[], role_name=name),
        "execution": lambda name: DistributionExecutionRole(name, role_name=name),
        "policy": lambda name: OperatorPolicy(name, resources=["ImportImage"], buckets=["*"], policy_name=name),
        "distribution": declare_distribution,
        "target": accounts.declare_role,
    }
    before = sandbox.aws.remaining_resources()
    deployed = {f"{kind}-clean": declare for kind, declare in components.items()}
    stack = matrix.components(deployed)
    calls = {name.partition("-")[0]: of for name, of in matrix.calls_of(stack.up).items()}
    holds = holds_of({kind: [at for at in of if is_write(at.operation)] for kind, of in calls.items()})
    created = {"CreateBucket", "CreateRole", "PutRolePolicy", "CreatePolicy", "CreateDistributionConfiguration"}
    assert {at.operation for at in holds.values()} > created
    assert {name.partition("-")[0] for name in holds} == components.keys()
    deployed.clear()
    deployed.update({name: components[name.partition("-")[0]] for name in holds})
    matrix.watch.start(list(deployed))
    matrix.interrupt(stack, stack.up, holds)
    empty_attribute_file(sandbox, stack)
    assert "failed to load checkpoint: EOF" in stack.fails(stack.refresh)
    repair_backend(stack)
    stack.up(parallel=PARALLEL)  # also deletes the components of the first run
    buckets = [line for line in sandbox.aws.remaining_resources() if line.startswith("s3 ") and line not in before]
    assert len(buckets) == sum(name.startswith(("bucket", "named")) for name in holds)
    assert stack.preview().keys() == {"same"}
    stack.destroy(parallel=PARALLEL)
    assert sandbox.aws.remaining_resources() == before
    for name, at in holds.items():
        row(name, "create", at, "completed by the next up")


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_an_unfinished_run_is_completed_or_deleted_even_if_the_second_run_is_interrupted_too(
    matrix: Any, prerequisites: Prerequisites, sandbox: Sandbox, row: Any, command: str
) -> None:
    resources = prerequisites.resources_and_variants()
    del resources["VirtualMachineExport"]  # after Ctrl-C it deletes its partial export

    def unfinished(instances: dict[str, ResourceUnderTest]) -> tuple[Any, list[str]]:
        prerequisites.set_durations(MINUTE)  # EC2 lists a task for a week: that of ImportVmImage must not take a year
        stack, before = matrix.stack(instances), sandbox.aws.remaining_resources()
        prerequisites.set_durations(YEAR, DAY)
        matrix.stop_unfinished(stack)
        sandbox.clock.advance(DAY)  # WorkSpaces cannot cancel an image
        prerequisites.set_durations({"up": MINUTE, "destroy": YEAR}[command])
        return stack, before

    clean, _ = unfinished(resources)
    # The engine checks and compares one resource after the other: one that is held there would hold the others back.
    checks = matrix.calls_of(clean.preview) if command == "up" else {}
    calls = {name: of[len(checks.get(name, ())) :] for name, of in matrix.calls_of(getattr(clean, command)).items()}
    clean.destroy()
    instances = instances_of(resources, calls)
    stack, before = unfinished(instances)
    assert prerequisites.started(instances) == dict.fromkeys(instances, 1)
    matrix.interrupt(stack, getattr(stack, command), holds_of(calls))
    if command == "up":
        done = stack.up(parallel=len(instances))
        assert sum(done.values()) == len(instances) + 1
        assert done.keys() <= {"update", "same"}
        assert prerequisites.started(instances) == dict.fromkeys(instances, 1)
        check_one_image_of_each_name(prerequisites, instances)
    stack.destroy(parallel=len(instances))
    prerequisites.set_durations(MINUTE)
    assert sandbox.aws.remaining_resources() == before
    for name, at in holds_of(calls).items():
        row(name, {"up": "resume", "destroy": "cancel"}[command], at, f"completed by the next {command}")


def test_an_interruption_before_the_first_write_starts_nothing(
    matrix: Any, prerequisites: Prerequisites, sandbox: Sandbox, row: Any
) -> None:
    resources = prerequisites.resources_and_variants()
    deployed = dict(resources)
    stack = matrix.stack(deployed)
    before = sandbox.aws.remaining_resources()
    calls = matrix.calls_of(stack.preview)
    interrupted: set[str] = set()
    # A killed process starts nothing more; after Ctrl-C its threads still run, so that comes at every operation.
    chosen = resources if matrix.fault == "Ctrl-C" else ONE_OF_EACH_FAMILY
    for name in chosen:
        deployed.clear()
        deployed[name] = resources[name]
        for at in first_of_each(calls[name], interrupted):
            matrix.interrupt(stack, stack.up, {name: at})
            row(name, "look up", at, "nothing was started")
    assert sandbox.aws.calls.writes() == []
    deployed.update(resources)
    assert stack.up(parallel=len(resources)) in ({"create": len(resources) + 1}, {"create": len(resources), "same": 1})
    stack.destroy(parallel=len(resources))
    assert sandbox.aws.remaining_resources() == before
