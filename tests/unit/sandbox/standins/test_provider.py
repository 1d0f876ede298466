"""A provider over a kind of its own, called as the engine calls it."""

from collections.abc import Iterator
from concurrent import futures
from typing import Any, ClassVar

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_vmimport_sandbox.standins.provider import Provider, Tables
from pulumi_vmimport_sandbox.standins.resource_kind import NotFound, Rejected, ResourceKind
from pulumi_vmimport_sandbox.standins.values import SECRET, SIGNATURE, UNKNOWN, Properties, plain, wire

Store = dict[str, Properties]
URN = "urn:pulumi:dev::shop::my:index:Shop$test:index/widget:Widget::front"
LAYOUT, OTHER_LAYOUT = '{"a": 1}', '{ "a" : 1 }'


class Widget(ResourceKind[Store]):
    inputs = frozenset({"name", "policy", "region", "size", "tags", "note", "zone"})
    required = frozenset({"policy"})
    identity_inputs = frozenset({"name"})
    replaces = frozenset({"name", "region"})
    auto_name = "name"
    defaults: ClassVar = {"size": 1, "tags": None}
    computed = frozenset({"zone"})
    outputs: ClassVar = {"color": "red"}
    refreshed: ClassVar = {"links": []}
    write_only = frozenset({"note"})

    def problems(self, olds: Properties, news: Properties) -> Iterator[tuple[str, str]]:
        if news.get("size", 1) not in (1, 2, UNKNOWN):
            yield "size", f"expected 1 or 2, got {news['size']}"

    def live_problems(self, service: Store, news: Properties) -> Iterator[tuple[str, str]]:
        if "full" in service:
            yield "", "the store is full"

    def create(self, service: Store, inputs: Properties) -> str:
        if inputs["name"] in service:
            raise Rejected(f"CreateWidget: Conflict:\n  {inputs['name']} exists")
        service[inputs["name"]] = {"size": 1, **inputs, "arn": f"arn:{inputs['name']}"}
        return str(inputs["name"])

    def configure(self, service: Store, id: str, inputs: Properties) -> None:
        if inputs.get("tags") == {"fail": "yes"}:
            raise Rejected("TagWidget: AccessDenied: no")

    def read(self, service: Store, id: str, state: Properties) -> Properties:
        if id not in service:
            raise NotFound(f"GetWidget: NoSuchWidget: {id}")
        return {name: value for name, value in service[id].items() if name != "note"}

    def update(self, service: Store, id: str, olds: Properties, news: Properties) -> None:
        self.read(service, id, news)
        service[id] |= news

    def delete(self, service: Store, id: str, state: Properties) -> None:
        self.read(service, id, state)
        del service[id]


def look_up(service: Store, args: Properties) -> Properties:
    return {"count": len(service), **args}


@pytest.fixture
def store() -> Store:
    return {}


@pytest.fixture
def settings() -> list[Properties]:
    return []


@pytest.fixture
def engine(store: Store, settings: list[Properties]) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    def connect(given: Properties) -> Store:
        settings.append(given)
        return store

    tables: futures.Future[Tables[Store]] = futures.Future()
    tables.set_result(Tables({"test:index/widget:Widget": Widget()}, {"test:index/get:get": look_up}, connect))
    provider = Provider("test", "1.2.3", tables)
    server = grpc.server(futures.ThreadPoolExecutor(2))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest())
        yield stub
    server.stop(None)


def check(engine: Any, news: Properties, olds: Properties | None = None) -> tuple[Properties, dict[str, str]]:
    request = provider_pb2.CheckRequest(urn=URN, news=wire(news), olds=wire(olds or {}), randomSeed=b"\xab\xcd\xef\x01")
    answer = engine.Check(request)
    return plain(answer.inputs), {failure.property: failure.reason for failure in answer.failures}


def diff(engine: Any, olds: Properties, news: Properties) -> provider_pb2.DiffResponse:
    answer: provider_pb2.DiffResponse = engine.Diff(
        provider_pb2.DiffRequest(urn=URN, id="front", old_inputs=wire(olds), olds=wire(olds), news=wire(news))
    )
    return answer


def read(engine: Any, inputs: Properties, state: Properties | None = None) -> provider_pb2.ReadResponse:
    answer: provider_pb2.ReadResponse = engine.Read(
        provider_pb2.ReadRequest(urn=URN, id="front", inputs=wire(inputs), properties=wire(state or inputs))
    )
    return answer


def refusal(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    assert isinstance(error.value, grpc.Call)
    return str(error.value.details())


def test_settings_arrive_without_their_secret_wrapping(engine: Any, settings: list[Properties]) -> None:
    engine.Configure(provider_pb2.ConfigureRequest(args=wire({"password": {SIGNATURE: SECRET, "value": "p"}})))
    assert settings[-1] == {"password": "p"}


def test_a_provider_with_unknown_settings_connects_later(engine: Any, settings: list[Properties]) -> None:
    before = len(settings)
    engine.Configure(provider_pb2.ConfigureRequest(args=wire({"region": UNKNOWN})))
    assert len(settings) == before


def test_a_name_is_derived_from_the_resource_and_kept(engine: Any) -> None:
    assert check(engine, {"policy": LAYOUT})[0]["name"] == "front-abcdef0"
    assert check(engine, {"policy": LAYOUT}, {"name": "front-1234567"})[0]["name"] == "front-1234567"
    assert check(engine, {"policy": LAYOUT, "name": "mine"})[0]["name"] == "mine"


def test_fails_check_with_every_problem_at_once(engine: Any) -> None:
    _, failures = check(engine, {"size": 3, "colour": "red", "__defaults": []})
    assert failures == {
        "policy": "expected a value, got none",
        "colour": "not supported by the stand-in; expected one of name, note, policy, region, size, tags, zone",
        "size": "expected 1 or 2, got 3",
    }


def test_unknown_values_are_not_checked(engine: Any) -> None:
    assert check(engine, {"policy": UNKNOWN, "size": UNKNOWN}) == (
        {"name": "front-abcdef0", "policy": UNKNOWN, "size": UNKNOWN},
        {},
    )


def test_equivalent_documents_are_no_difference(engine: Any) -> None:
    answer = diff(engine, {"name": "front", "policy": LAYOUT}, {"name": "front", "policy": OTHER_LAYOUT})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert answer.hasDetailedDiff


def test_a_difference_is_reported_in_detail(engine: Any) -> None:
    answer = diff(engine, {"name": "a", "tags": {"x": "1"}}, {"name": "a", "tags": {"x": "2"}})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert (list(answer.diffs), list(answer.replaces)) == (["tags"], [])
    assert answer.detailedDiff["tags.x"].kind == provider_pb2.PropertyDiff.UPDATE


def test_a_replacement_with_the_same_identity_deletes_first(engine: Any) -> None:
    answer = diff(engine, {"name": "a", "region": "eu-west-1"}, {"name": "a", "region": "us-east-1"})
    assert list(answer.replaces) == ["region"]
    assert answer.detailedDiff["region"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert answer.deleteBeforeReplace


def test_a_replacement_with_another_identity_creates_first(engine: Any) -> None:
    answer = diff(engine, {"name": "a"}, {"name": "b"})
    assert list(answer.replaces) == ["name"]
    assert not answer.deleteBeforeReplace


def test_a_preview_returns_known_values_and_creates_nothing(engine: Any, store: Store) -> None:
    inputs = {"name": "front", "policy": LAYOUT, "size": UNKNOWN}
    made = engine.Create(provider_pb2.CreateRequest(urn=URN, properties=wire(inputs), preview=True))
    assert (made.id, plain(made.properties)) == ("", inputs)
    changed = engine.Update(
        provider_pb2.UpdateRequest(urn=URN, id="front", olds=wire({"arn": "a"}), news=wire(inputs), preview=True)
    )
    assert plain(changed.properties) == {"arn": "a", **inputs}
    assert store == {}


def test_create_returns_the_inputs_and_the_outputs_of_the_service(engine: Any, store: Store) -> None:
    inputs = {"name": "front", "policy": LAYOUT, "note": "n"}
    made = engine.Create(provider_pb2.CreateRequest(urn=URN, properties=wire(inputs)))
    assert made.id == "front"
    assert plain(made.properties) == {**inputs, "size": 1, "arn": "arn:front", "color": "red"}


def test_fails_create_with_the_message_of_the_service_on_one_line(engine: Any, store: Store) -> None:
    store["front"] = {}
    with pytest.raises(grpc.RpcError) as error:
        engine.Create(provider_pb2.CreateRequest(urn=URN, properties=wire({"name": "front", "policy": LAYOUT})))
    assert refusal(error) == "CreateWidget: Conflict: front exists"


def test_fails_a_partial_create_with_the_id_of_the_resource(engine: Any, store: Store) -> None:
    inputs = {"name": "front", "policy": LAYOUT, "tags": {"fail": "yes"}}
    with pytest.raises(grpc.RpcError) as error:
        engine.Create(provider_pb2.CreateRequest(urn=URN, properties=wire(inputs)))
    assert isinstance(error.value, grpc.Call)
    details = dict(error.value.trailing_metadata())["grpc-status-details-bin"]
    partial = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(details).details[0].Unpack(partial)
    assert (partial.id, plain(partial.inputs), list(partial.reasons)) == (
        "front",
        inputs,
        ["TagWidget: AccessDenied: no"],
    )
    assert "front" in store


def test_read_keeps_the_values_of_the_program_and_omits_defaults(engine: Any, store: Store) -> None:
    store["front"] = {"name": "front", "policy": LAYOUT, "size": 1, "arn": "a"}
    inputs = {"name": "front", "policy": OTHER_LAYOUT, "note": "n", "__defaults": ["name"]}
    answer = read(engine, inputs)
    assert answer.id == "front"
    assert plain(answer.inputs) == inputs
    assert plain(answer.properties)["arn"] == "a"


def test_read_shows_manual_changes_in_the_inputs(engine: Any, store: Store) -> None:
    store["front"] = {"name": "front", "policy": "{}", "size": 2, "tags": {"by": "hand"}}
    answer = read(engine, {"name": "front", "policy": LAYOUT})
    assert plain(answer.inputs) == {"name": "front", "policy": "{}", "size": 2, "tags": {"by": "hand"}}


def test_a_value_that_the_service_determines_is_neither_a_change_nor_drift(engine: Any, store: Store) -> None:
    store["front"] = {"name": "front", "policy": LAYOUT, "zone": "by hand"}
    inputs = {"name": "front", "policy": LAYOUT}
    assert plain(read(engine, inputs).inputs) == inputs
    assert diff(engine, {**inputs, "zone": "a"}, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert list(diff(engine, inputs, {**inputs, "zone": "a"}).detailedDiff) == ["zone"]


def test_outputs_of_omitted_inputs_are_those_of_the_real_provider(engine: Any, store: Store) -> None:
    """Some appear only with the first refresh and remain."""
    inputs = {"name": "front", "policy": LAYOUT}
    created = plain(engine.Create(provider_pb2.CreateRequest(urn=URN, properties=wire(inputs))).properties)
    assert (created["color"], "links" in created) == ("red", False)
    refreshed = plain(read(engine, inputs, created).properties)
    assert (refreshed["color"], refreshed["links"]) == ("red", [])
    request = provider_pb2.UpdateRequest(urn=URN, id="front", olds=wire(refreshed), news=wire({**inputs, "size": 2}))
    updated = plain(engine.Update(request).properties)
    assert (updated["color"], updated["links"]) == ("red", [])


def test_fails_check_of_a_new_resource_with_the_problems_that_only_the_service_shows(engine: Any, store: Store) -> None:
    store["full"] = {}
    inputs = {"name": "front", "policy": LAYOUT}
    assert check(engine, inputs)[1] == {"": "the store is full"}
    assert check(engine, inputs, olds=inputs)[1] == {}


def test_read_returns_an_empty_id_for_a_resource_that_does_not_exist(engine: Any) -> None:
    answer = read(engine, {"name": "front", "policy": LAYOUT})
    assert (answer.id, plain(answer.properties)) == ("", {})


def test_an_import_reads_the_inputs_that_a_program_must_specify(engine: Any, store: Store) -> None:
    store["front"] = {"name": "front", "policy": LAYOUT, "size": 2, "tags": {}, "arn": "a"}
    answer = engine.Read(provider_pb2.ReadRequest(urn=URN, id="front"))
    assert plain(answer.inputs) == {"name": "front", "policy": LAYOUT, "size": 2}


def test_fails_update_of_a_missing_resource_with_the_remedy(engine: Any) -> None:
    with pytest.raises(grpc.RpcError) as error:
        engine.Update(provider_pb2.UpdateRequest(urn=URN, id="front", news=wire({"name": "front"})))
    assert refusal(error) == "GetWidget: NoSuchWidget: front; run pulumi refresh"


def test_delete_of_a_missing_resource_succeeds(engine: Any, store: Store) -> None:
    store["front"] = {"name": "front"}
    for _ in range(2):
        assert engine.Delete(provider_pb2.DeleteRequest(urn=URN, id="front")) == empty_pb2.Empty()
    assert store == {}


@pytest.mark.parametrize(
    ("call", "reported"),
    [
        pytest.param(
            lambda engine: engine.Check(provider_pb2.CheckRequest(urn="urn:pulumi:s::p::test:index/x:X::n")),
            "the sandbox's stand-in for test does not support test:index/x:X; it supports test:index/widget:Widget",
            id="type",
        ),
        pytest.param(
            lambda engine: engine.Invoke(provider_pb2.InvokeRequest(tok="test:index/find:find")),
            "the sandbox's stand-in for test does not support test:index/find:find; it supports test:index/get:get",
            id="function",
        ),
    ],
)
def test_fails_for_unsupported_types_by_name(engine: Any, call: Any, reported: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        call(engine)
    assert refusal(error) == reported


def test_a_function_returns_its_result(engine: Any, store: Store) -> None:
    store["front"] = {}
    answer = engine.Invoke(provider_pb2.InvokeRequest(tok="test:index/get:get", args=wire({"a": "b"})))
    assert plain(getattr(answer, "return")) == {"a": "b", "count": 1}


def test_the_version_is_the_one_that_the_engine_requested(engine: Any) -> None:
    assert engine.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
