"""Runs a lifecycle in Pulumi's dynamic provider: `pip install` is all a user needs.

A resource's state names its provider as `host_for("<Resource>")`: that path and the resources' names are frozen
(tests/contract/test_frozen_paths.py), so that stacks of today can be refreshed and destroyed by a later version.
"""

import importlib
import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_vmimport.aws.service_errors import credentials_expired, error_message, is_aws_error, redact_urls
from pulumi_vmimport.aws.tables.known_failures import with_explanation
from pulumi_vmimport.lifecycle import pulumi_hooks
from pulumi_vmimport.lifecycle.contract import (
    UNKNOWN,
    CleanFailureError,
    Condition,
    Lifecycle,
    Problem,
    RunInterruptedError,
)
from pulumi_vmimport.lifecycle.host_run import DEFAULT_TIMEOUT_MINUTES, HostRun, HostSettings, connection
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.property_bag import (
    comparable,
    digest,
    first_required,
    given,
    looked_up,
    properties,
    read_bag,
    replacing,
    write_bag,
)
from pulumi_vmimport.vsphere.vsphere_errors import VSphereError

ResultT = TypeVar("ResultT")

PROVIDER = "__provider"
IDENTITY = "identity"  # the resource's URN, from managed_resource.py: the runtime does not tell it
SUPPLIED_INPUTS = "fromResources"  # the inputs that other resources of the stack supply
_OWN = (PROVIDER, IDENTITY, SUPPLIED_INPUTS)

_created: set[tuple[str, str, str]] = set()
"""(URN, id, digest of inputs) of what `create` gave in this process, which serves one run of the engine."""


def host_for(resource: str) -> "DynamicHost":
    """The host of a resource by its name: what a stack's state refers to."""
    catalog = importlib.import_module("pulumi_vmimport.resources.catalog")  # by its name: the layer above this one
    lifecycle: type[Lifecycle[Any, Any]] = catalog.lifecycle_of(resource)
    return DynamicHost(resource, lifecycle())


class DynamicHost(ResourceProvider):
    """The Pulumi dynamic provider of one kind of resource."""

    serialize_as_secret_always = False

    def __init__(self, resource: str, lifecycle: Lifecycle[Any, Any]) -> None:
        super().__init__()
        self._resource = resource
        self._lifecycle = lifecycle
        self._settings = HostSettings.read({}, os.environ)

    def __reduce__(self) -> tuple[Callable[[str], "DynamicHost"], tuple[str]]:
        return host_for, (self._resource,)

    def configure(self, req: ConfigureRequest) -> None:
        config = getattr(req.config, "_props", None)  # its public get() fills in the wrong namespace for no key
        self._settings = HostSettings.read(config if isinstance(config, dict) else {}, os.environ)
        pulumi_hooks.install()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        bag = _plain(news)
        self._fill_region(bag)
        inputs, problems = read_bag(self._lifecycle.inputs_type, _stripped(bag))
        problems += self._lifecycle.check(inputs)
        if not problems and self._needs_a_look(_plain(_olds), bag):
            problems += self._looked_up(inputs, bag)
        checked = {**news, **given(self._lifecycle.inputs_type, _stripped(bag), inputs)} if not problems else news
        return CheckResult(_with_unknowns(checked), [CheckFailure(p.path, redact_urls(p.reason)) for p in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        olds, news = _plain(_olds), _plain(_news)
        state, _ = read_bag(self._lifecycle.state_type, _stripped(olds))
        condition = self._lifecycle.condition(state)
        changed = self._changed(olds, news)
        replaces = sorted(changed & replacing(self._lifecycle.inputs_type))
        if condition is Condition.READY and not replaces:
            condition = self._seen_again(state, news)
        if condition is Condition.BROKEN and not replaces:
            replaces = [first_required(self._lifecycle.inputs_type)]
        unique = self._lifecycle.unique_inputs
        return DiffResult(
            changes=bool(changed or replaces) or condition is not Condition.READY,
            replaces=replaces,
            delete_before_replace=bool(replaces and unique) and not changed & set(unique),
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        bag = _plain(props)
        inputs, _ = read_bag(self._lifecycle.inputs_type, _stripped(bag))
        run = self._run(inputs, bag)
        created = self._guarded(run, bag, lambda: self._lifecycle.create(run, inputs), undone_by=CleanFailureError)
        _created.add((run.identity.urn, created.id, digest(inputs)))
        return CreateResult(created.id, self._outputs(created.state, bag))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        bag = _plain(_news)
        inputs, _ = read_bag(self._lifecycle.inputs_type, _stripped(bag))
        olds = _plain(_olds)
        state, _ = read_bag(self._lifecycle.state_type, _stripped(olds))
        run = self._run(inputs, {**bag, IDENTITY: olds.get(IDENTITY, bag.get(IDENTITY))})
        updated = self._guarded(run, bag, lambda: self._lifecycle.update(run, _id, state, inputs))
        return UpdateResult(self._outputs(updated, {**bag, IDENTITY: run.identity.urn}))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        bag = _plain(props)
        state, _ = read_bag(self._lifecycle.state_type, _stripped(bag))
        run = self._run(state, bag)
        found = self._guarded(run, bag, lambda: self._lifecycle.read(run, id_, state))
        if found is None:
            return ReadResult(None, {})
        outputs = self._outputs(found, bag)
        own = {name: bag[name] for name in (IDENTITY, SUPPLIED_INPUTS) if name in bag}
        inputs = {name: v for name, v in outputs.items() if name in properties(self._lifecycle.inputs_type)}
        return ReadResult(id_, outputs, {**inputs, **own})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        bag = _plain(_props)
        state, _ = read_bag(self._lifecycle.state_type, _stripped(bag))
        run = self._run(state, bag)
        if (run.identity.urn, _id, digest(self._lifecycle.inputs_of(state))) in _created:
            # `pulumi up --replace` with the same inputs: create cannot tell it from a run that was cut off.
            run.warn(
                f"{_id} was made from these very inputs: it was taken over and not made anew; to make it anew, change "
                "an input, such as source_hash"
            )
            return
        self._guarded(run, bag, lambda: self._lifecycle.delete(run, _id, state))

    def _run(self, scope: Any, bag: Mapping[str, Any]) -> HostRun:
        own = {name: _known(getattr(scope, name, None)) for name in ("region", "profile", "assume_role_arn")}
        minutes = _known(getattr(scope, "timeout_minutes", None))
        return HostRun(
            identity=Identity(str(_known(bag.get(IDENTITY)) or "")),
            aws=connection(self._settings.aws.for_resource(**own)),
            settings=self._settings,
            call=pulumi_hooks.current_call(),
            timeout_seconds=(minutes or DEFAULT_TIMEOUT_MINUTES) * 60.0,
            supplied_inputs=tuple(bag.get(SUPPLIED_INPUTS) or ()),
        )

    def _guarded(
        self,
        run: HostRun,
        bag: Mapping[str, Any],
        call: Callable[[], ResultT],
        undone_by: tuple[type[Exception], ...] | type[Exception] = (),
    ) -> ResultT:
        """The result of call; an exception becomes one line for the user, and what was kept becomes Pulumi's state.

        An exception of the type undone_by says that what was kept is gone again.
        """
        try:
            return call()
        except Exception as error:
            message = f"{self._resource} {run.identity.resource.split('::')[-1]}: {_words(error)}"
            details = traceback.format_exc()
            pulumi_hooks.log(run.identity.urn, redact_urls(details), severity="DEBUG")
            if run.recorded is not None and not isinstance(error, undone_by):
                id, state = run.recorded
                properties = {**self._outputs(state, bag), PROVIDER: bag[PROVIDER]}
                pulumi_hooks.one_line_error(run.call, message, id, properties)
            else:
                pulumi_hooks.one_line_error(run.call, message)
            if redact_urls(details) != details:
                raise RuntimeError(message) from None  # the runtime shows a traceback where the hooks are off
            raise

    def _looked_up(self, inputs: Any, bag: Mapping[str, Any]) -> list[Problem]:
        run = self._run(inputs, bag)
        found: list[Problem] = []
        try:
            found.extend(self._lifecycle.preflight(run, inputs))
        except Exception as error:
            if not is_aws_error(error) and not isinstance(error, (VSphereError, RunInterruptedError)):
                raise
            run.warn(f"not checked before the run: {_words(error)}")
        return found

    def _seen_again(self, state: Any, bag: Mapping[str, Any]) -> Condition:
        inputs, _ = read_bag(self._lifecycle.inputs_type, _stripped(bag))
        run = self._run(inputs, bag)
        try:
            return self._lifecycle.recheck_source(run, state, inputs)
        except Exception as error:
            if not is_aws_error(error) and not isinstance(error, (VSphereError, RunInterruptedError)):
                raise
            run.warn(f"not compared with what it was made from: {_words(error)}")
            return Condition.READY

    def _needs_a_look(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        return not olds or bool(self._changed(olds, news) & looked_up(self._lifecycle.inputs_type))

    def _changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
        before, now = (comparable(self._lifecycle.inputs_type, bag) for bag in (olds, news))
        return {
            name
            for name in properties(self._lifecycle.inputs_type)
            if _has_unknown(now.get(name)) or before.get(name) != now.get(name)
        }

    def _fill_region(self, bag: dict[str, Any]) -> None:
        if "region" in properties(self._lifecycle.inputs_type) and bag.get("region") is None:
            profile, role = _known(bag.get("profile")), _known(bag.get("assumeRoleArn"))
            bag["region"] = connection(self._settings.aws.for_resource(None, profile, role)).region

    def _outputs(self, state: Any, bag: Mapping[str, Any]) -> dict[str, Any]:
        inputs, spelled_out = properties(self._lifecycle.inputs_type), given(type(state), bag, state)
        outputs = {k: v for k, v in write_bag(state).items() if k not in inputs or k in spelled_out}
        return {**outputs, **{name: bag[name] for name in (IDENTITY, SUPPLIED_INPUTS) if bag.get(name) is not None}}


def _words(error: BaseException) -> str:
    if credentials_expired(error):
        return (
            f"{error_message(error)}; renew the credentials and run the command again: it goes on where this one ended"
        )
    if is_aws_error(error):
        return with_explanation(error_message(error))
    return redact_urls(str(error)) or type(error).__name__


def _plain(value: Any) -> Any:
    """A bag of the dynamic runtime with its unknowns as UNKNOWN."""
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _with_unknowns(value: Any) -> Any:
    if value is UNKNOWN:
        return pulumi.output.Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, dict):
        return {k: _with_unknowns(v) for k, v in value.items()}
    return [_with_unknowns(v) for v in value] if isinstance(value, list) else value


def _has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_unknown, value.values()))
    return any(map(_has_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def _known(value: Any) -> Any:
    return None if value is UNKNOWN else value


def _stripped(bag: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in bag.items() if k not in _OWN}
