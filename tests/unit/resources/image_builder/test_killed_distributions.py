"""Runs of DistributeImage that were killed at any call of create and delete: Pulumi then has recorded nothing."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from tests.unit.resources.killed_calls import Killed, killed_at

from pulumi_vmimport.lifecycle.contract import Condition, PartialFailureError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs
from pulumi_vmimport.resources.image_builder.distribute_image_lifecycle import DistributeImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

REGION, ABROAD = "eu-west-1", "us-west-2"
LIFECYCLE = DistributeImageLifecycle()


def is_killed(work: Callable[[], Any], number: int, when: str) -> tuple[bool, str]:
    """Whether the work ends at a call, and the operation of its last call."""
    with killed_at(number, when) as seen:
        try:
            work()
        except Killed:
            return True, seen[-1]
    return False, seen[-1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_create_distributes_once(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any, when: str
) -> None:
    for number in count(1):
        was_killed, operation = is_killed(lambda: LIFECYCLE.create(new_run(), inputs), number, when)
        created = LIFECYCLE.create(new_run(), inputs)
        assert (len(builder.images()), len(builder.amis())) == (1, 2), f"{when} call {number}, {operation}"
        LIFECYCLE.delete(new_run(), created.id, created.state)
        if not was_killed:
            assert number > 3
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_delete_is_completed_by_the_next(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, builder: Any, when: str
) -> None:
    for number in count(1):
        created = LIFECYCLE.create(new_run(), inputs)
        was_killed, operation = is_killed(lambda: LIFECYCLE.delete(new_run(), created.id, created.state), number, when)  # noqa: B023 - called at once
        LIFECYCLE.delete(new_run(), created.id, created.state)
        assert (builder.images(), builder.amis()) == ([], []), f"{when} call {number}, {operation}"
        if not was_killed:
            assert number > 3
            return


@pytest.fixture
def failed(new_run: Callable[..., Any], inputs: DistributeImageInputs, aws: AwsSandbox) -> str:
    """The ARN of a failed image whose run was killed before Pulumi recorded it."""
    aws.faults.fail_distribution(ABROAD)
    run = new_run()
    with pytest.raises(PartialFailureError):
        LIFECYCLE.create(run, inputs)
    return str(run.recorded[0])


def test_create_resumes_a_failed_distribution(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, failed: str, aws: AwsSandbox
) -> None:
    created = LIFECYCLE.create(new_run(), inputs)
    assert (created.id, LIFECYCLE.condition(created.state)) == (failed, Condition.READY)
    assert (len(aws.calls.of("DistributeImage")), len(aws.calls.of("RetryImage"))) == (1, 1)


def test_create_leaves_a_failed_distribution_of_a_changed_configuration_and_starts_another(
    new_run: Callable[..., Any], inputs: DistributeImageInputs, failed: str, builder: Any
) -> None:
    builder.reconfigure(inputs.distribution_configuration_arn, builder.to(REGION))
    run = new_run()
    with pytest.raises(PartialFailureError, match="the next `pulumi up` distributes the image again"):
        LIFECYCLE.create(run, inputs)
    id, stale = run.recorded
    assert (id, LIFECYCLE.condition(stale)) == (failed, Condition.BROKEN)
    assert LIFECYCLE.create(new_run(), inputs).id != failed


def test_update_reads_the_parameter_if_the_run_was_killed_before_it_read_it(
    new_run: Callable[..., Any], new_inputs: Callable[..., Any], byol_ami: str, aws: AwsSandbox
) -> None:
    aws.observer("ssm").put_parameter(Name="/images/web", Value=byol_ami, Type="String")
    inputs, run = new_inputs(source_image="ssm:/images/web"), new_run()
    other = Identity("urn:pulumi:dev::shop::vmimport:index:Thing::other")
    with killed_at(0, "never") as calls:
        LIFECYCLE.create(new_run(identity=other), inputs)
    with killed_at(calls.index("GetParameter") + 1, "before"), pytest.raises(Killed):
        LIFECYCLE.create(run, inputs)
    id, state = run.recorded
    assert state.provenance is None
    updated = LIFECYCLE.update(new_run(), id, state, inputs)
    assert (updated.provenance or {})["image"] == f"{byol_ami}@{REGION}"
