"""The provider's methods, called as the engine does."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2
from tests.unit.lifecycle.test_dynamic_host import ThingLifecycle, ThingState

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.lifecycle import engine, resource_operations
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Existing, PartialFailureError, Problem, Run
from pulumi_vmimport.lifecycle.function import Function, FunctionError
from pulumi_vmimport.lifecycle.native_host import NativeHost, Package
from pulumi_vmimport.lifecycle.native_values import message_of, received

URN = "urn:pulumi:dev::shop::vmimport:index:Thing::web"
DYNAMIC_URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/vmimport:Thing::web"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "blue"}
NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


class AbortedError(Exception):
    """The call ended with an error."""


class Context:
    """Keeps what a call sets."""

    def __init__(self) -> None:
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.metadata = metadata

    def trailing_metadata(self) -> Any:
        return self.metadata

    def is_active(self) -> bool:
        return True

    def add_callback(self, answered: Callable[[], None]) -> bool:
        self.answered = answered
        return True

    def abort(self, code: grpc.StatusCode, message: str) -> None:
        raise AbortedError(message)

    def status(self) -> Any:
        ((_, serialized),) = self.metadata
        return status_pb2.Status.FromString(serialized)


class NativeThing(ThingLifecycle):
    """One lifecycle for all calls, as the tests look at it."""

    existing: Existing[ThingState] | None = None
    unread_inputs: ClassVar[dict[str, str]] = {"name": "no call of the service returns it"}

    def read_existing(self, run: Run, id: str, state: ThingState) -> Existing[ThingState] | None:
        return self.existing


@dataclass(frozen=True, kw_only=True)
class CountInputs:
    word: str


@dataclass(frozen=True, kw_only=True)
class CountResult:
    letter_count: int


class Count(Function[CountInputs, CountResult]):
    inputs_type, result_type, uses_aws = CountInputs, CountResult, False

    def check(self, inputs: CountInputs) -> Iterator[Problem]:
        if inputs.word == "":
            yield Problem("word", "expected a word")

    def call(self, run: Run, inputs: CountInputs) -> CountResult:
        if inputs.word == "none":
            raise FunctionError("there is no such word")
        return CountResult(letter_count=len(inputs.word))


@pytest.fixture
def thing(monkeypatch: pytest.MonkeyPatch) -> NativeThing:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(resource_operations, "_created", set())
    monkeypatch.setattr(AwsConnection, "account_id", "111111111111")
    return NativeThing()


@pytest.fixture
def package(thing: NativeThing) -> Package:
    lifecycle: Any = lambda: thing  # noqa: E731
    return Package(
        version="1.2.3",
        schema=lambda: "{}",
        resources=frozenset({"Thing"}),
        lifecycle_of=lambda _: lifecycle,
        function_of=lambda _: Count(),
        construct=lambda request: request,
    )


@pytest.fixture
def host(package: Package) -> NativeHost:
    return NativeHost(package)


@pytest.fixture
def context() -> Context:
    return Context()


def state(**values: Any) -> dict[str, Any]:
    return {"region": "eu-west-1", "size": 3, "status": "done", "__identity": DYNAMIC_URN, **values}


def check(host: NativeHost, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
    request = provider_pb2.CheckRequest(urn=URN, news=message_of(news), olds=message_of(olds or {}))
    return host.Check(request, Context())


def diff(host: NativeHost, olds: dict[str, Any], news: dict[str, Any], old_inputs: dict[str, Any] | None = None) -> Any:
    of = {"olds": message_of(olds), "news": message_of(news), "old_inputs": message_of(old_inputs or {})}
    return host.Diff(provider_pb2.DiffRequest(id="thing-1", urn=URN, **of), Context())


def test_check_adds_the_region_and_keeps_secrets_and_unknown_values(host: NativeHost) -> None:
    response = check(host, {"size": UNKNOWN_STRING, "tags": {"colour": SECRET}})
    assert list(response.failures) == []
    assert dict(response.inputs)["size"] == UNKNOWN_STRING
    assert dict(dict(response.inputs)["tags"])["colour"] == SECRET
    assert dict(response.inputs)["region"] == "eu-west-1"


def test_check_reports_every_problem_in_the_spelling_of_the_schema(host: NativeHost) -> None:
    failures = check(host, {"size": 12, "timeoutMinutes": "long", "colour": "red"}).failures
    assert {failure.reason.partition(":")[0] for failure in failures} == {"size", "timeoutMinutes", "colour"}
    failures = check(host, {"size": 12, "timeoutMinutes": "long", "fromResources": []}).failures
    assert {failure.reason.partition(":")[0] for failure in failures} == {"size", "timeout_minutes"}


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(engine, "log", lambda urn, text, **_: said.append((urn, text)))
    return said


def test_a_problem_that_another_resource_may_solve_is_a_warning_until_the_create(
    host: NativeHost, warned: Any, context: Context
) -> None:
    news = {"size": 3, "region": "eu-west-1", "name": "taken"}
    assert list(check(host, news).failures) == []
    ((urn, text),) = warned
    assert urn == URN
    assert text.startswith("name: is taken (`pulumi up` fails unless ")
    with pytest.raises(AbortedError, match=r"Thing web: 1 problem with the inputs\n  name: is taken"):
        host.Create(provider_pb2.CreateRequest(urn=URN, properties=message_of(news)), context)
    assert len(context.status().details) == 0, "nothing was created"


def test_a_warning_of_the_check_is_not_repeated_by_the_create(host: NativeHost, warned: Any, context: Context) -> None:
    news = {"size": 3, "region": "eu-west-1", "name": "odd"}
    check(host, news)
    host.Create(provider_pb2.CreateRequest(urn=URN, properties=message_of(news)), context)
    assert [text for _, text in warned] == ["name: is odd"]


def test_a_program_that_names_the_suppliers_gets_the_problem_in_preview(host: NativeHost) -> None:
    (failure,) = check(host, {"size": 3, "name": "taken", "fromResources": []}).failures
    assert failure.reason == "name: is taken"
    assert list(check(host, {"size": 3, "name": "taken", "fromResources": ["name"]}).failures) == []


def test_an_engine_that_sends_outputs_names_the_suppliers(host: NativeHost, context: Context) -> None:
    response = host.Handshake(provider_pb2.ProviderHandshakeRequest(accepts_outputs_in_check=True), context)
    assert response.accepts_outputs_in_check
    output = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "taken"}
    assert [f.reason for f in check(host, {"size": 3, "name": "taken"}).failures] == ["name: is taken"]
    supplied = check(host, {"size": 3, "name": {**output, "dependencies": [URN]}})
    assert list(supplied.failures) == []
    assert dict(supplied.inputs) == {"size": 3, "name": "taken", "region": "eu-west-1"}


@pytest.mark.parametrize(
    ("olds", "news", "changes", "replaces", "kinds"),
    [
        ({}, {}, NONE, [], {}),
        ({}, {"fromResources": ["size"]}, NONE, [], {}),
        ({}, {"tags": {"a": "b"}}, SOME, [], {"tags": "ADD"}),
        ({}, {"size": 4}, SOME, ["size"], {"size": "UPDATE_REPLACE"}),
        ({"status": "started"}, {}, SOME, [], {"status": "UPDATE"}),
        ({"__unreadInputs": ["name"]}, {"name": "web"}, NONE, [], {}),
    ],
)
def test_a_diff_shows_what_changed(
    host: NativeHost, olds: Any, news: Any, changes: Any, replaces: Any, kinds: Any
) -> None:
    response = diff(host, state(**olds), {"region": "eu-west-1", "size": 3, **news})
    assert response.changes == changes
    assert list(response.replaces) == replaces
    kind_of = provider_pb2.PropertyDiff.Kind.Name
    assert {name: kind_of(detail.kind) for name, detail in response.detailedDiff.items()} == kinds


def test_the_first_value_of_an_unread_input_is_compared_with_later_ones(host: NativeHost) -> None:
    olds, inputs = state(__unreadInputs=["name"]), {"region": "eu-west-1", "size": 3, "name": "web"}
    assert diff(host, olds, inputs, inputs).changes == NONE
    assert list(diff(host, olds, {**inputs, "name": "shop"}, inputs).replaces) == ["name"]


def test_create_returns_outputs_and_the_identity_of_the_dynamic_provider(host: NativeHost, context: Context) -> None:
    news = {"size": 3, "region": "eu-west-1", "tags": {"colour": SECRET}, "fromResources": [], "awsProvider": {}}
    response = host.Create(provider_pb2.CreateRequest(urn=URN, properties=message_of(news)), context)
    assert response.id == "thing-1"
    outputs = dict(response.properties)
    assert dict(dict(outputs.pop("tags"))["colour"]) == SECRET
    assert outputs == {
        "size": 3, "region": "eu-west-1", "status": "done", "madeBy": "Thing::web", "awsAccountId": "111111111111",
        "__identity": DYNAMIC_URN,
    }  # fmt: skip


def test_preview_of_a_create_knows_the_inputs_alone(host: NativeHost, thing: NativeThing, context: Context) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=message_of({"size": 3}), preview=True)
    planned = received(host.Create(request, context).properties).values
    assert (planned["size"], planned["status"], planned["madeBy"]) == (3, UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    ("olds", "change", "status"),
    [({}, {"tags": {"a": "b"}}, "done"), ({}, {"name": "n"}, UNKNOWN), ({"status": "started"}, {}, UNKNOWN)],
)
def test_preview_of_an_update_knows_the_outputs_that_it_does_not_change(
    host: NativeHost, context: Context, olds: Any, change: Any, status: Any
) -> None:
    news = message_of({"region": "eu-west-1", "size": 3, **change})
    request = provider_pb2.UpdateRequest(id="thing-1", urn=URN, olds=message_of(state(**olds)), news=news, preview=True)
    assert received(host.Update(request, context).properties).values["status"] == status


def test_a_failed_create_records_what_exists(host: NativeHost, thing: NativeThing, context: Context) -> None:
    thing.error = PartialFailureError("the task failed")
    request = provider_pb2.CreateRequest(urn=URN, properties=message_of({"size": 3, "tags": {"colour": SECRET}}))
    with pytest.raises(AbortedError):
        host.Create(request, context)
    status = context.status()
    assert status.message == "Thing web: the task failed"
    partial = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(partial)
    assert partial.id == "thing-1"
    assert dict(partial.properties)["status"] == "started"
    assert dict(dict(dict(partial.properties)["tags"])["colour"]) == SECRET


def test_a_create_that_left_nothing_records_nothing(host: NativeHost, thing: NativeThing, context: Context) -> None:
    thing.error = CleanFailureError("it was refused")
    with pytest.raises(AbortedError, match="Thing web: it was refused"):
        host.Create(provider_pb2.CreateRequest(urn=URN, properties=message_of({"size": 3})), context)
    assert len(context.status().details) == 0


def test_a_defect_is_reported_in_one_line(host: NativeHost, thing: NativeThing, warned: Any, context: Context) -> None:
    thing.condition = None  # type: ignore[method-assign,assignment]
    request = provider_pb2.DiffRequest(urn=URN, olds=message_of(state()), news=message_of({"size": 3}))
    with pytest.raises(AbortedError, match=r"Thing web: TypeError: .*; this is a defect of pulumi-vmimport"):
        host.Diff(request, context)
    assert "Traceback" in warned[0][1], "in the debug log"


def test_a_resource_is_imported_with_the_inputs_that_the_service_returns(
    host: NativeHost, thing: NativeThing, warned: Any, context: Context
) -> None:
    unread: Any = UNKNOWN
    thing.existing = Existing("thing-7", ThingState(size=3, region="eu-west-1", name=unread, status="done"))
    response = host.Read(provider_pb2.ReadRequest(urn=URN, id="arn:thing-7"), context)
    assert response.id == "thing-7"
    inputs = dict(response.inputs)
    assert list(inputs.pop("__unreadInputs")) == ["name"]  # for Check, which receives no state
    assert inputs == {"size": 3, "region": "eu-west-1"}
    assert list(dict(response.properties)["__unreadInputs"]) == ["name"]
    assert "name cannot be read back: no call of the service returns it" in warned[0][1]


def test_what_could_not_be_read_back_outlasts_a_refresh(
    host: NativeHost, thing: NativeThing, warned: Any, context: Context
) -> None:
    thing.existing = Existing("thing-7", ThingState(size=3, region="eu-west-1", name=UNKNOWN, status="done"))  # type: ignore[arg-type]
    thing.found = ThingState(size=3, region="eu-west-1", status="done")
    read = host.Read(provider_pb2.ReadRequest(urn=URN, id="thing-7"), context)
    again = host.Read(
        provider_pb2.ReadRequest(urn=URN, id="thing-7", properties=read.properties, inputs=read.inputs), context
    )
    assert list(dict(again.properties)["__unreadInputs"]) == ["name"]
    assert list(dict(again.inputs)["__unreadInputs"]) == ["name"]


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        (None, "Thing web: thing-7 does not exist in eu-west-1"),
        (ThingState(size=3, region="eu-west-1", status="deleted"), "thing thing-7 was deleted; it cannot be imported"),
    ],
)
def test_fails_to_import_what_does_not_exist_or_is_incomplete(
    host: NativeHost, thing: NativeThing, context: Context, existing: Any, reason: str
) -> None:
    thing.existing = existing and Existing("thing-7", existing)
    with pytest.raises(AbortedError, match=reason):
        host.Read(provider_pb2.ReadRequest(urn=URN, id="thing-7"), context)


@pytest.mark.parametrize(
    ("type_", "remedy"), [("Things", "did you mean Thing?"), ("VmimportRole", "expected one of Thing")]
)
def test_fails_to_import_a_type_that_is_no_custom_resource(
    host: NativeHost, context: Context, type_: str, remedy: str
) -> None:
    urn = URN.replace("Thing", type_)
    with pytest.raises(
        AbortedError, match=rf"^{type_} web: there is no custom resource of this type, and .*; {remedy}"
    ):
        host.Read(provider_pb2.ReadRequest(urn=urn, id="thing-7"), context)


def test_refresh_returns_the_state_of_the_service_or_nothing(
    host: NativeHost, thing: NativeThing, warned: Any, context: Context
) -> None:
    request = provider_pb2.ReadRequest(urn=URN, id="thing-1", properties=message_of(state()))
    assert host.Read(request, context) == provider_pb2.ReadResponse()
    thing.found = ThingState(size=3, region="eu-west-1", tags={"a": "by hand"}, status="done")
    response = host.Read(request, context)
    assert dict(dict(response.inputs)["tags"]) == {"a": "by hand"}
    assert "__identity" not in dict(response.inputs)


def test_refresh_still_knows_what_an_import_could_not_read(
    host: NativeHost, thing: NativeThing, context: Context
) -> None:
    thing.found = ThingState(size=3, region="eu-west-1", status="done")
    imported = message_of(state(__unreadInputs=["name"]))
    response = host.Read(provider_pb2.ReadRequest(urn=URN, id="thing-1", properties=imported), context)
    assert list(dict(response.properties)["__unreadInputs"]) == ["name"]


def test_the_state_of_the_dynamic_provider_keeps_its_identity(
    host: NativeHost, thing: NativeThing, context: Context
) -> None:
    renamed = DYNAMIC_URN.replace("web", "shop")
    of_dynamic = {"region": "eu-west-1", "size": 3, "status": "done", "identity": renamed, "__provider": "p"}
    host.Delete(provider_pb2.DeleteRequest(urn=URN, id="thing-1", properties=message_of(of_dynamic)), context)
    assert thing.deleted == ("thing-1", renamed)


def test_cancel_ends_the_waits(host: NativeHost, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "cancelled", threading.Event())
    host.Cancel(None, context)
    assert engine.cancelled.is_set()


def test_cancel_ends_a_component_whose_child_failed_and_waits_until_its_error_is_sent(
    package: Package, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "cancelled", threading.Event())
    waiting, forever, done = threading.Event(), threading.Event(), threading.Event()

    def construct(_: Any) -> None:
        waiting.set()
        forever.wait()

    host, failed = NativeHost(replace(package, construct=construct)), []

    def serve() -> None:
        with pytest.raises(AbortedError) as ended:
            host.Construct(provider_pb2.ConstructRequest(type="vmimport:index:VmimportRole", name="web"), context)
        failed.append((str(ended.value), done.is_set()))
        context.answered()

    call = threading.Thread(target=serve)
    call.start()
    waiting.wait()
    host.Cancel(None, context)
    done.set()
    call.join()
    ((message, is_late),) = failed
    assert message.startswith("VmimportRole web: not completed because the run ended; ")
    assert not is_late
    forever.set()


@pytest.mark.parametrize(
    ("arguments", "result", "failures"),
    [({"word": "blue"}, {"letterCount": 4}, []), ({"word": ""}, {}, ["word"]), ({}, {}, ["word"])],
)
def test_a_function_returns_its_result_or_the_problems_of_its_arguments(
    host: NativeHost, context: Context, arguments: Any, result: Any, failures: Any
) -> None:
    response = host.Invoke(provider_pb2.InvokeRequest(tok="vmimport:index:count", args=message_of(arguments)), context)
    assert dict(getattr(response, "return")) == result
    assert [failure.property for failure in response.failures] == failures


def test_a_function_without_a_result_fails_in_one_line(host: NativeHost, context: Context) -> None:
    request = provider_pb2.InvokeRequest(tok="vmimport:index:count", args=message_of({"word": "none"}))
    with pytest.raises(AbortedError, match=r"^count: there is no such word$"):
        host.Invoke(request, context)


def test_a_change_of_the_configuration_replaces_nothing_and_new_keys_are_no_change(
    host: NativeHost, context: Context
) -> None:
    def changed(olds: Any, news: Any) -> Any:
        request = provider_pb2.DiffRequest(old_inputs=message_of(olds), news=message_of(news))
        return host.DiffConfig(request, context)

    assert changed({"region": "a", "accessKey": "x"}, {"region": "a", "accessKey": "y"}).changes == NONE
    assert changed({"defaultTags": '{"tags": {}}'}, {"defaultTags": '{ "tags":{} }'}).changes == NONE
    response = changed({"region": "a"}, {"region": "b"})
    assert (list(response.diffs), list(response.replaces)) == (["region"], [])


def test_the_configuration_is_checked_as_a_whole(host: NativeHost, context: Context) -> None:
    news = message_of({"maxRetries": "many", "regoin": "eu-west-1"})
    failures = host.CheckConfig(provider_pb2.CheckRequest(news=news), context).failures
    assert {failure.property for failure in failures} == {""}, "the engine would print the value as Go does"
    assert sorted(failure.reason.partition(":")[0] for failure in failures) == ["maxRetries", "regoin"]


def test_configure_sets_the_region_of_resources_without_one(host: NativeHost, context: Context) -> None:
    host.Configure(provider_pb2.ConfigureRequest(args=message_of({"region": "us-west-2"})), context)
    assert dict(check(host, {"size": 3}).inputs)["region"] == "us-west-2"
