"""The common part of the stand-ins: a Pulumi resource provider for a table of resource types.

It does not accept secrets, outputs or resource references: the engine sends plain values, unknowns and assets, and
marks an output as secret if the input of the same name is secret. Source of the protocol:
https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""
# ruff: noqa: ARG002, N802 - names and arguments are those of the protocol's RPCs

import contextlib
import functools
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from .resource_kind import NotFound, Rejected, ResourceKind, ServiceT
from .values import Properties, differences, has_unknown, plain, respelled, same, top, wire

Function = Callable[[ServiceT, Properties], Properties]
RequestT = TypeVar("RequestT")
AnswerT = TypeVar("AnswerT")

_MESSAGE_BYTES = 400 << 20  # limit of the engine and the SDKs: sdk/python/lib/pulumi/runtime/_grpc_settings.py
_PARENT_SECONDS = 2  # interval of the check whether the engine was killed


def _report_rejections(
    rpc: Callable[["Provider[Any]", RequestT, grpc.ServicerContext], AnswerT],
) -> Callable[["Provider[Any]", RequestT, grpc.ServicerContext], AnswerT]:
    """Report a rejection in one line. gRPC reports other exceptions, which are defects, with a traceback."""

    @functools.wraps(rpc)
    def answer(self: "Provider[Any]", request: RequestT, context: grpc.ServicerContext) -> AnswerT:
        try:
            return rpc(self, request, context)
        except Rejected as refusal:
            context.abort(grpc.StatusCode.UNKNOWN, _one_line(refusal))
            raise AssertionError("abort raises") from refusal

    return answer


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@dataclass(frozen=True)
class Tables(Generic[ServiceT]):
    """The resource types and functions of a provider, and what connects to their service."""

    kinds: Mapping[str, ResourceKind[ServiceT]]
    functions: Mapping[str, Function[ServiceT]]
    connect: Callable[[Properties], ServiceT]


class Provider(provider_pb2_grpc.ResourceProviderServicer, Generic[ServiceT]):
    """A resource provider for tables of resource types and functions. Calls that need the tables wait for them."""

    def __init__(self, name: str, version: str, tables: "futures.Future[Tables[ServiceT]]") -> None:
        self._name, self._version = name, version
        self._tables = tables
        self._connected: ServiceT | None = None

    @property
    def _service(self) -> ServiceT:
        if self._connected is None:
            raise Rejected(f"the sandbox's {self._name} provider is not configured")
        return self._connected

    def _kind(self, urn: str) -> ResourceKind[ServiceT]:
        token, kinds = urn.split("::")[2].rsplit("$", 1)[-1], self._tables.result().kinds
        if token not in kinds:
            raise Rejected(self._has_no(token, kinds))
        return kinds[token]

    def _has_no(self, token: str, table: Mapping[str, Any]) -> str:
        return (
            f"the sandbox's stand-in for {self._name} does not support {token}; it supports {', '.join(sorted(table))}"
        )

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self._name, "version": self._version}))

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    @_report_rejections
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        settings = plain(request.args)
        if not has_unknown(settings):  # in a preview they may depend on a new resource
            self._connected = self._tables.result().connect(settings)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_report_rejections
    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        functions = self._tables.result().functions
        if request.tok not in functions:
            raise Rejected(self._has_no(request.tok, functions))
        found = functions[request.tok](self._service, plain(request.args))
        return provider_pb2.InvokeResponse(**{"return": wire(found)})

    @_report_rejections
    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        kind, olds, news = self._kind(request.urn), plain(request.olds), plain(request.news)
        if kind.auto_name and kind.auto_name not in news:
            stem = request.urn.split("::")[-1]
            news[kind.auto_name] = olds.get(kind.auto_name) or f"{stem}-{request.randomSeed.hex()[:7]}"
        problems = [(name, "expected a value, got none") for name in sorted(kind.required - news.keys())]
        problems += [
            (name, f"not supported by the stand-in; expected one of {', '.join(sorted(kind.inputs))}")
            for name in sorted(news.keys() - kind.inputs)
            if not name.startswith("__")
        ]
        problems += kind.problems(olds, news)
        if self._connected is not None and not olds:
            problems += kind.live_problems(self._connected, news)
        failures = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in problems]
        return provider_pb2.CheckResponse(inputs=wire(news), failures=failures)

    @_report_rejections
    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        kind, olds, news = self._kind(request.urn), plain(request.old_inputs), plain(request.news)
        olds = {name: value for name, value in olds.items() if name in news or name not in kind.computed}
        detail, changed, replaces = {}, set(), set()
        for path, change in differences(olds, news):
            name = top(path)
            changed.add(name)
            word = change.upper()
            if name in kind.replaces:
                replaces.add(name)
                word += "_REPLACE"
            detail[path] = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(word), inputDiff=True)
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if detail else answer.DIFF_NONE,
            diffs=sorted(changed),
            replaces=sorted(replaces),
            detailedDiff=detail,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces and kind.identity_inputs)
            and all(same(olds.get(name), news.get(name)) for name in kind.identity_inputs),
        )

    @_report_rejections
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        kind, inputs = self._kind(request.urn), plain(request.properties)
        if request.preview:  # omitted outputs are unknown to the program
            return provider_pb2.CreateResponse(properties=wire(inputs))
        id = kind.create(self._service, inputs)
        try:
            kind.configure(self._service, id, inputs)
            live = kind.read(self._service, id, inputs)
        except (NotFound, Rejected) as error:
            _fail_halfway(context, id, inputs, _one_line(error))
        return provider_pb2.CreateResponse(id=id, properties=wire({**kind.outputs, **inputs, **live}))

    @_report_rejections
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        kind, state, olds = self._kind(request.urn), plain(request.properties), plain(request.inputs)
        try:
            live = kind.read(self._service, request.id, {**state, **olds})
        except NotFound:
            return provider_pb2.ReadResponse()  # no id: it does not exist
        if olds:
            inputs = {
                name: value
                if name in kind.write_only or name.startswith("__")
                else respelled(value, live.get(name, kind.defaults.get(name)), kind.nested_defaults)
                for name, value in olds.items()
            }
        else:  # an import: all inputs that a program must specify
            inputs = {name: live[name] for name in kind.inputs & live.keys() - kind.defaults.keys()}
        for name, default in kind.defaults.items():
            if name not in olds and name in live and not same(live[name], default):
                inputs[name] = live[name]
        kept = {name: value for name, value in state.items() if name in kind.write_only}
        read = {name: value for name, value in live.items() if value is not None}
        properties = {**kind.outputs, **kind.refreshed, **kept, **inputs, **read}
        return provider_pb2.ReadResponse(id=request.id, properties=wire(properties), inputs=wire(inputs))

    @_report_rejections
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        kind, olds, news = self._kind(request.urn), plain(request.olds), plain(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=wire({**olds, **news}))
        try:
            kind.update(self._service, request.id, olds, news)
            live = kind.read(self._service, request.id, news)
        except NotFound as gone:
            raise Rejected(f"{gone}; run pulumi refresh") from gone
        refreshed = {name: value for name, value in kind.refreshed.items() if name in olds}
        return provider_pb2.UpdateResponse(properties=wire({**kind.outputs, **refreshed, **news, **live}))

    @_report_rejections
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        with contextlib.suppress(NotFound):  # already deleted
            self._kind(request.urn).delete(self._service, request.id, plain(request.properties))
        return empty_pb2.Empty()


def _fail_halfway(context: grpc.ServicerContext, id: str, inputs: Properties, reason: str) -> NoReturn:
    """Fail a create after the resource exists: the engine records the id, and the next `up` updates the resource.

    Source: ErrorResourceInitFailed in provider.proto, sent in gRPC's status details.
    """
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(id=id, properties=wire(inputs), inputs=wire(inputs), reasons=[reason])
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, reason)
    raise AssertionError("abort raises")


def serve(name: str, version: str, engine_pid: int, load: Callable[[], Tables[Any]]) -> None:
    """Serve until the engine stops this process or exits. The engine reads the port from the first line.

    `load` imports the SDK of the service. The engine starts its plugins one after the other, so the port comes first:
    the next plugin starts meanwhile.
    """
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # also in gRPC's threads: only the main thread waits for them
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(16), options=options)
    tables: futures.Future[Tables[Any]] = futures.Future()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(name, version, tables), server)
    sys.stdout.write(f"{server.add_insecure_port('127.0.0.1:0')}\n")
    server.start()
    sys.stdout.flush()
    try:
        tables.set_result(load())
    except BaseException as error:
        tables.set_exception(error)
        raise
    gc.freeze()  # the modules stay
    gc.enable()
    while signal.sigtimedwait(ends, _PARENT_SECONDS) is None and os.getppid() == engine_pid:
        continue
    os._exit(0)  # immediately: the engine reports plugins that take more than five seconds as crashed
