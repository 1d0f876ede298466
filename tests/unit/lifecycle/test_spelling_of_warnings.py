"""Warnings and statuses name properties as the program does, like the problems of the same resource."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.lifecycle.test_dynamic_host import ThingInputs, ThingLifecycle, ThingState, bag

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.contract import Condition, Created, Lifecycle, Problem, Progress, Run
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings
from pulumi_vmimport.lifecycle.lifecycle_calls import LifecycleCalls
from pulumi_vmimport.lifecycle.resource_host import DynamicHost
from pulumi_vmimport.resources.catalog import RESOURCES, lifecycle_of
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle

WORDS = "timeoutMinutes: expected at most 7, got 8; see costCenter and DescribeImages"
WRITTEN = "timeout_minutes: expected at most 7, got 8; see costCenter and DescribeImages"


class WarningLifecycle(ThingLifecycle):
    """Warns in preview and reports a status in `up`."""

    def preflight(self, run: Run, inputs: ThingInputs) -> Iterator[Problem]:
        run.warn(WORDS)
        yield Problem("timeoutMinutes", WORDS.partition(": ")[2])

    def recheck_source(self, run: Run, state: ThingState, inputs: ThingInputs) -> Condition:
        run.warn(WORDS)
        return Condition.READY

    def create(self, run: Run, inputs: ThingInputs) -> Created[ThingState]:
        run.status(WORDS)
        return super().create(run, inputs)


def run_of(lifecycle: Lifecycle[Any, Any], *, in_python: bool = True) -> HostRun:
    settings = HostSettings.read({}, {})
    calls = LifecycleCalls("Thing", lifecycle, settings, None, lambda outputs, _: outputs, in_python=in_python)
    return calls.run(None, bag())


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: texts.append(text))
    return texts


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> DynamicHost:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(AwsConnection, "account_id", "111111111111")
    return DynamicHost("Thing", WarningLifecycle())


def test_a_warning_and_a_problem_of_a_resource_have_one_spelling(host: DynamicHost, logged: list[str]) -> None:
    (failure,) = host.check({}, bag()).failures
    assert logged == [WRITTEN]
    assert failure.reason == WRITTEN


def test_a_warning_about_a_changed_source_and_a_status_have_it_too(host: DynamicHost, logged: list[str]) -> None:
    host.diff("thing-1", bag(status="done"), bag())
    assert logged == [WRITTEN]
    host.create(bag())
    assert logged[1].startswith(WRITTEN)


def test_a_nested_path_is_written_as_in_the_program(logged: list[str]) -> None:
    run_of(ImportImageLifecycle()).warn("diskContainers[0].userBucket.s3Key: a file; set ignoredFindings")
    assert logged == ["disk_containers[0].user_bucket.s3_key: a file; set ignored_findings"]


def test_the_message_of_a_task_is_shown_in_the_words_of_ec2(logged: list[str]) -> None:
    run = run_of(ImportImageLifecycle())
    run.status(Progress("validating diskContainers", 3, trouble="last poll failed: licenseType"))
    assert logged == ["3% validating diskContainers, last poll failed: licenseType, 0 s elapsed"]


@pytest.mark.parametrize("entry", RESOURCES, ids=lambda entry: entry.name)
def test_every_resource_is_run_with_the_names_of_its_inputs(entry: Any) -> None:
    lifecycle = lifecycle_of(entry.name)()
    assert run_of(lifecycle).inputs_type is lifecycle.inputs_type


def test_a_program_in_another_language_gets_the_names_of_the_schema(logged: list[str]) -> None:
    run_of(ImportImageLifecycle(), in_python=False).warn("diskContainers[0].userBucket.s3Key: set ignoredFindings")
    assert logged == ["diskContainers[0].userBucket.s3Key: set ignoredFindings"]
