import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import grpc
import pulumi
import pytest
from botocore.exceptions import ClientError
from google.protobuf import json_format
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle import engine, pulumi_hooks, resource_operations, shown_changes
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    Problem,
    Run,
    RunInterruptedError,
    is_known,
)
from pulumi_vmimport.lifecycle.error_reporting import RedactedError
from pulumi_vmimport.lifecycle.resource_host import DynamicHost
from pulumi_vmimport.lifecycle.schema import updatable
from pulumi_vmimport.vsphere.vsphere_errors import VSphereError

URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:Thing::web"


@dataclass(frozen=True, kw_only=True)
class ThingInputs(AwsInputs):
    size: int
    name: str | None = None
    tags: Mapping[str, str] | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ThingState(ThingInputs):
    status: str | None = None
    made_by: str | None = None


class ThingLifecycle(Lifecycle[ThingInputs, ThingState]):
    inputs_type = ThingInputs
    state_type = ThingState
    unique_inputs = ("name", "region")

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.found: ThingState | None = None
        self.preflights = 0
        self.source_condition: Condition | Exception = Condition.READY
        self.deleted: tuple[str, str] | None = None

    def check(self, inputs: ThingInputs) -> Iterator[Problem]:
        if is_known(inputs.size) and inputs.size > 9:
            yield Problem("size", f"expected at most 9, got {inputs.size}")

    def preflight(self, run: Run, inputs: ThingInputs) -> Iterator[Problem]:
        self.preflights += 1
        if inputs.name == "taken" and not run.supplied_by_resource("name"):
            yield Problem("name", "is taken")
        if inputs.name == "odd":
            run.warn("name: is odd")

    def create(self, run: Run, inputs: ThingInputs) -> Created[ThingState]:
        state = ThingState(**vars(inputs), status="started", made_by=run.identity.resource)
        run.record("thing-1", state)
        if self.error:
            raise self.error
        return Created("thing-1", replace(state, status="done"))

    def read(self, run: Run, id: str, state: ThingState) -> ThingState | None:
        return self.found

    def update(self, run: Run, id: str, state: ThingState, inputs: ThingInputs) -> ThingState:
        run.record(id, replace(state, status="deleted"))
        if self.error:
            raise self.error
        return ThingState(**vars(inputs), status="done", made_by=run.identity.resource)

    def delete(self, run: Run, id: str, state: ThingState) -> None:
        self.deleted = (id, run.identity.urn)

    def recheck_source(self, run: Run, state: ThingState, inputs: ThingInputs) -> Condition:
        if isinstance(self.source_condition, Exception):
            raise self.source_condition
        return self.source_condition

    condition_output = "status"

    def describe_broken(self, id: str, state: ThingState) -> str:
        return f"thing {id} was {state.status}"

    def condition(self, state: ThingState) -> Condition:
        return {"done": Condition.READY, "deleted": Condition.BROKEN}.get(state.status or "", Condition.UNFINISHED)


class FakeContext(grpc.ServicerContext):  # type: ignore[misc]
    """Keeps the trailing metadata that a hook sets."""

    def __init__(self) -> None:
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, trailing_metadata: Any) -> None:
        self.metadata = trailing_metadata

    def is_active(self) -> bool:
        return True


for _name in FakeContext.__abstractmethods__:
    setattr(FakeContext, _name, lambda self, *args: None)
FakeContext.__abstractmethods__ = frozenset()


@pytest.fixture
def thing(monkeypatch: pytest.MonkeyPatch) -> ThingLifecycle:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(resource_operations, "_created", set())
    monkeypatch.setattr(AwsConnection, "account_id", "111111111111")
    return ThingLifecycle()


@pytest.fixture
def host(thing: ThingLifecycle) -> DynamicHost:
    return DynamicHost("Thing", thing)


def bag(**values: Any) -> dict[str, Any]:
    return {"__provider": "p", "identity": URN, "region": "eu-west-1", "size": 3.0, **values}


def test_check_normalizes_values_and_sets_the_region(host: DynamicHost) -> None:
    result = host.check({}, {"__provider": "p", "identity": URN, "size": 3.0})
    assert result.failures == []
    assert result.inputs == {"__provider": "p", "identity": URN, "size": 3, "region": "eu-west-1"}


def test_fails_with_every_problem_at_once(host: DynamicHost, thing: ThingLifecycle) -> None:
    failures = host.check({}, bag(size=12, colour="red")).failures
    assert {f.reason.split(";")[0] for f in failures} == {
        "size: expected at most 9, got 12",
        "colour: is not a property of Thing",
    }
    assert {f.property for f in failures} == {""}, "the engine would print the value of a property as Go does"
    assert thing.preflights == 0


@pytest.mark.parametrize(
    ("project", "config", "reasons"),
    [
        (
            "shop",
            {"vmimport:regoin": "x", "vmimport:region": "us-east-1", "vmimport:pollSeconds": "soon"},
            [
                "vmimport:pollSeconds: expected a number of seconds above 0, got 'soon'",
                "vmimport:regoin: is not supported; expected one of pollSeconds, vsphereCaFile, vsphereThumbprint",
                "vmimport:region: is a key of the native provider alone; set aws:region",
            ],
        ),
        ("shop", {"vmimport:region": "us-east-1", "aws:region": "us-east-1", "vmimport:pollSeconds": "2"}, []),
        ("vmimport", {"vmimport:machine": "web"}, []),
    ],
)
def test_fails_with_every_key_of_this_package_that_the_dynamic_provider_does_not_use(
    host: DynamicHost, project: str, config: dict[str, str], reasons: list[str]
) -> None:
    host.configure(ConfigureRequest(Config(config, project)))
    failures = host.check({}, bag(identity=URN.replace("shop", project))).failures
    assert [failure.reason for failure in failures] == reasons


def test_unknown_inputs_pass_check_and_stay_unknown(host: DynamicHost) -> None:
    result = host.check({}, bag(size=pulumi.output.Unknown()))  # type: ignore[no-untyped-call]
    assert result.failures == []
    assert isinstance(result.inputs["size"], pulumi.output.Unknown)


def test_preflight_runs_only_for_new_and_replaced_resources(host: DynamicHost, thing: ThingLifecycle) -> None:
    assert [f.reason for f in host.check({}, bag(name="taken")).failures] == ["name: is taken"]
    assert host.check({}, bag(name="taken", fromResources=["name"])).failures == []
    thing.preflights = 0
    host.check(bag(name="taken"), bag(name="taken", tags={"a": "b"}))
    assert thing.preflights == 0
    host.check(bag(name="other"), bag(name="taken"))
    assert thing.preflights == 1


@pytest.mark.parametrize(
    ("olds", "news", "changes", "replaces", "delete_first"),
    [
        pytest.param({}, {}, False, [], False, id="nothing"),
        pytest.param({}, {"identity": URN + "2", "fromResources": ["size"]}, False, [], False, id="only-our-own"),
        pytest.param({}, {"tags": {"a": "b"}}, True, [], False, id="updatable"),
        pytest.param({}, {"size": 4.0}, True, ["size"], True, id="replacing-under-the-same-name"),
        pytest.param({}, {"size": 4.0, "name": "n"}, True, ["name", "size"], False, id="replacing-under-another-name"),
        pytest.param({}, {"size": pulumi.output.Unknown()}, True, ["size"], True, id="unknown"),  # type: ignore[no-untyped-call]
        pytest.param({"status": "started"}, {}, True, [], False, id="unfinished"),
        pytest.param({"status": "deleted"}, {}, True, ["size"], True, id="broken"),
    ],
)
def test_diff_reports_changes_and_replacements(
    host: DynamicHost, *, olds: Any, news: Any, changes: bool, replaces: list[str], delete_first: bool
) -> None:
    result = host.diff("thing-1", bag(status="done") | olds, bag() | news)
    assert (result.changes, result.replaces, result.delete_before_replace) == (changes, replaces, delete_first)


@pytest.mark.parametrize(
    ("seen", "olds", "changes", "replaces"),
    [
        pytest.param(Condition.READY, {}, False, [], id="as-it-was"),
        pytest.param(Condition.UNFINISHED, {}, True, [], id="to-be-updated"),
        pytest.param(Condition.BROKEN, {}, True, ["size"], id="to-be-replaced"),
        pytest.param(Condition.BROKEN, {"status": "started"}, True, [], id="not-complete-yet"),
        pytest.param(VSphereError("gone"), {}, False, [], id="out-of-reach"),
        pytest.param(RunInterruptedError("too long"), {}, False, [], id="stopped"),
    ],
)
def test_the_source_of_a_complete_resource_is_checked_again(
    host: DynamicHost, thing: ThingLifecycle, seen: Any, olds: Any, changes: bool, replaces: list[str]
) -> None:
    thing.source_condition = seen
    result = host.diff("thing-1", bag(status="done") | olds, bag())
    assert (result.changes, result.replaces) == (changes, replaces)


@pytest.mark.parametrize(
    ("olds", "news", "shown"),
    [
        pytest.param({}, {"identity": URN + "2", "fromResources": ["size"]}, {}, id="only-our-own"),
        pytest.param({}, {"tags": {"a": "b"}, "fromResources": ["size"]}, {"tags": "ADD"}, id="added"),
        pytest.param({"tags": {"a": "b"}}, {}, {"tags": "DELETE"}, id="removed"),
        pytest.param({}, {"size": 4.0, "identity": URN + "2"}, {"size": "UPDATE_REPLACE"}, id="replacing"),
        pytest.param({"status": "started"}, {}, {"status": "UPDATE"}, id="unfinished"),
        pytest.param({"status": "deleted"}, {}, {"status": "UPDATE_REPLACE"}, id="broken"),
        pytest.param({"awsAccountId": "1" * 12}, {}, {}, id="of-an-earlier-version"),
        pytest.param({}, {"awsProvider": {"region": "eu-west-1"}}, {"awsProvider": "ADD"}, id="another-provider"),
    ],
)
def test_a_diff_shows_what_changed_and_nothing_internal(
    host: DynamicHost, monkeypatch: pytest.MonkeyPatch, olds: Any, news: Any, shown: Any
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(pulumi_hooks, "show_changes", calls.append)
    host.diff("thing-1", bag(status="done") | olds, bag() | news)
    assert calls == [shown]


def test_a_replacement_without_a_changed_input_is_explained_once(
    host: DynamicHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(shown_changes, "_warned", set())
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: said.append((urn, text)))
    host.diff("thing-1", bag(status="done"), bag(size=4.0))
    host.diff("thing-1", bag(status="started"), bag())
    assert said == []
    for _ in range(2):
        host.diff("thing-1", bag(status="deleted"), bag())
    ((urn, text),) = said
    assert urn == URN
    # Without --refresh, `up` after `preview --refresh` would not find the drift, which only `refresh` records.
    assert text == "Thing web: thing thing-1 was deleted; `pulumi up --refresh` creates a new one"


def test_create_returns_inputs_outputs_and_identity(host: DynamicHost) -> None:
    result = host.create(bag(tags={"a": "b"}))
    assert result.id == "thing-1"
    assert result.outs == {
        "identity": URN, "region": "eu-west-1", "size": 3, "tags": {"a": "b"}, "status": "done", "madeBy": "Thing::web",
        "awsAccountId": "111111111111",
    }  # fmt: skip


def test_read_returns_inputs_for_drift_or_no_id_when_the_resource_does_not_exist(
    host: DynamicHost, thing: ThingLifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: said.append(text))
    assert host.read("thing-1", bag(status="done")).id is None
    assert "Thing web: thing-1 was not found" in said[0]
    thing.found = ThingState(size=3, region="eu-west-1", tags={"a": "by hand"}, status="done")
    result = host.read("thing-1", bag(status="done"))
    assert result.id == "thing-1"
    assert result.inputs == {"identity": URN, "region": "eu-west-1", "size": 3, "tags": {"a": "by hand"}}


def test_update_and_delete_keep_the_identity_of_the_create(host: DynamicHost, thing: ThingLifecycle) -> None:
    renamed = URN.replace("web", "shop")
    outs = host.update("thing-1", bag(status="done"), bag(identity=renamed)).outs
    assert outs is not None
    assert outs["identity"] == URN
    host.delete("thing-1", outs)
    assert thing.deleted == ("thing-1", URN)


def _status(host: DynamicHost, method: str, request: Any, *args: Any) -> status_pb2.Status:
    """The status that the engine would get for a call that fails."""
    context = FakeContext()

    def served(request: Any, context: Any) -> None:
        getattr(host, method)(*args)

    with pytest.raises(Exception, match="because"):
        served(request, context)
    if not context.metadata:
        return status_pb2.Status()
    status: status_pb2.Status = status_pb2.Status.FromString(context.metadata[0][1])
    return status


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        pytest.param(CleanFailureError("because of this; nothing was left"), False, id="failed-and-undone"),
        pytest.param(RunInterruptedError("because of Ctrl-C"), True, id="stopped"),
        pytest.param(RuntimeError("because of a bug"), True, id="anything-else"),
    ],
)
def test_fails_in_one_line_and_records_what_was_started(
    host: DynamicHost, thing: ThingLifecycle, error: Exception, kept: bool
) -> None:
    thing.error = error
    status = _status(host, "create", provider_pb2.CreateRequest(urn=URN), bag())
    assert status.message == f"Thing web: {error}"
    assert "\n" not in status.message
    assert bool(status.details) is kept
    if kept:
        partial = provider_pb2.ErrorResourceInitFailed()
        status.details[0].Unpack(partial)
        assert partial.id == "thing-1"
        state = json_format.MessageToDict(partial.properties)
        assert state["status"] == "started"
        assert state["__provider"] == "p"


def test_what_else_failed_is_reported_after_the_failure(host: DynamicHost, thing: ThingLifecycle) -> None:
    thing.error = RuntimeError("because of the disk")
    thing.error.add_note("s3://images/: some uploads could not be removed")
    status = _status(host, "create", provider_pb2.CreateRequest(urn=URN), bag())
    assert status.message == "Thing web: because of the disk; s3://images/: some uploads could not be removed"


def test_a_resumed_resource_that_fails_is_recorded_as_broken(host: DynamicHost, thing: ThingLifecycle) -> None:
    thing.error = CleanFailureError("because the task failed")
    request = provider_pb2.UpdateRequest(urn=URN)
    status = _status(host, "update", request, "thing-1", bag(status="started"), bag())
    partial = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(partial)
    assert json_format.MessageToDict(partial.properties)["status"] == "deleted"


def test_without_hooks_the_exception_itself_reaches_the_runtime(
    host: DynamicHost, thing: ThingLifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_VMIMPORT_HOOKS", "off")
    thing.error = RuntimeError("because of a bug")
    assert pulumi_hooks.current_call() is None
    assert not _status(host, "create", provider_pb2.CreateRequest(urn=URN), bag()).message


SIGNED = "https://b.s3.eu-west-1.amazonaws.com/k.ova?X-Amz-Signature=f00d"


def test_the_query_string_of_a_url_is_in_no_problem(host: DynamicHost) -> None:
    (failure,) = host.check({}, bag(size=SIGNED)).failures
    assert failure.reason == "size: expected a whole number, got 'https://b.s3.eu-west-1.amazonaws.com/k.ova?...'"


@pytest.mark.parametrize("hooks", ["on", "off"])
def test_the_query_string_of_a_url_is_in_no_error(
    host: DynamicHost, thing: ThingLifecycle, monkeypatch: pytest.MonkeyPatch, hooks: str
) -> None:
    monkeypatch.setenv("PULUMI_VMIMPORT_HOOKS", hooks)
    thing.error = RuntimeError(f"cannot read {SIGNED}")
    with pytest.raises(RedactedError) as caught:
        host.create(bag())
    shown = "".join(traceback.format_exception(caught.value))  # what the runtime hands to the engine
    assert "Thing web: cannot read https://b.s3.eu-west-1.amazonaws.com/k.ova?..." in shown
    assert "f00d" not in shown


def test_expired_credentials_are_reported_with_the_remedy(host: DynamicHost, thing: ThingLifecycle) -> None:
    thing.error = ClientError({"Error": {"Code": "RequestExpired", "Message": "because of time."}}, "CreateTags")
    status = _status(host, "create", provider_pb2.CreateRequest(urn=URN), bag())
    assert status.message.startswith(
        "Thing web: RequestExpired: because of time. (in CreateTags); renew the credentials"
    )
    assert status.details


def test_a_resource_that_create_reused_is_not_deleted(
    host: DynamicHost, thing: ThingLifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: said.append(text))
    created = host.create(bag())
    host.delete(created.id, bag(status="done"))
    assert thing.deleted is None
    assert "to replace it, change an input" in said[0]
    host.delete(created.id, bag(status="done", size=4.0))  # the same id, made from other inputs
    assert thing.deleted == (created.id, URN)
