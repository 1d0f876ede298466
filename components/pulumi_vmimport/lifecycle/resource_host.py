"""Runs a lifecycle in the process of Pulumi's dynamic provider."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

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

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle import pulumi_hooks
from pulumi_vmimport.lifecycle.aws_identity import (
    configured,
    current_account,
    has_known_identity,
    identity_problem,
    provider_changed,
    settings_for,
    without_ignored_tags,
)
from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError, Condition, Existing, Lifecycle, Problem
from pulumi_vmimport.lifecycle.error_reporting import PartialResource, describe_error, is_unreachable, report_error
from pulumi_vmimport.lifecycle.host_properties import (
    ACCOUNT,
    AWS_PROVIDER,
    IDENTITY,
    PROVIDER,
    SUPPLIED_INPUTS,
    VSPHERE_PROVIDER,
    outputs_of,
    recorded_inputs,
    without_host_properties,
)
from pulumi_vmimport.lifecycle.host_run import (
    DEFAULT_TIMEOUT_MINUTES,
    HostRun,
    HostSettings,
    call_guard,
    connection,
)
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.input_changes import changed_inputs
from pulumi_vmimport.lifecycle.input_digest import digest
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.lifecycle.property_bag import explicit_properties, read_bag, write_bag
from pulumi_vmimport.lifecycle.pulumi_unknowns import from_pulumi, to_pulumi
from pulumi_vmimport.lifecycle.schema import preflight_properties, replacing_properties
from pulumi_vmimport.lifecycle.shown_changes import Changes, diff_result, warn_of_replacement
from pulumi_vmimport.lifecycle.source_versions import derived_source_hash

ResultT = TypeVar("ResultT")

_created: set[tuple[str, str, str]] = set()
"""(URN, id, digest of inputs) of each resource created in this process, which serves one operation of the engine."""


class DynamicHost(ResourceProvider):
    """The Pulumi dynamic provider of one kind of resource."""

    def __init__(self, resource: str, lifecycle: Lifecycle[Any, Any]) -> None:
        super().__init__()
        self._resource = resource
        self._lifecycle = lifecycle
        self._settings = HostSettings.read({}, os.environ)

    def configure(self, req: ConfigureRequest) -> None:
        # The public get() prefixes a key without a namespace with the wrong one.
        config = getattr(req.config, "_props", None)
        self._settings = HostSettings.read(config if isinstance(config, dict) else {}, os.environ)
        pulumi_hooks.install()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        bag = from_pulumi(news)
        inputs, problems = self._inputs(bag)
        if self._lifecycle.uses_aws:
            inputs, found = configured(inputs, self._connection(inputs, bag), bag)
            problems += found
        problems += self._lifecycle.check(inputs)
        explicit = {} if problems else explicit_properties(self._lifecycle.inputs_type, bag, inputs)
        if not problems:
            explicit |= derived_source_hash(self._lifecycle, self._run, inputs, from_pulumi(_olds), bag)
        if not problems and self._needs_preflight(from_pulumi(_olds), {**bag, **explicit}):
            problems += self._preflight_problems(inputs, bag)
        # For a property, the engine would print its value as Go does, `map[...]`, and `<nil>` for a nested one.
        inputs_type = self._lifecycle.inputs_type
        failures = [CheckFailure("", redact_urls(in_program_spelling(inputs_type, p))) for p in problems]
        return CheckResult(to_pulumi({**news, **explicit}), failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        olds, news = from_pulumi(_olds), from_pulumi(_news)
        state = self._state(olds)
        condition = self._lifecycle.condition(state)
        changed = changed_inputs(self._lifecycle.inputs_type, olds, news)
        replacing = changed & replacing_properties(self._lifecycle.inputs_type)
        is_other_caller = provider_changed(olds, news) or bool(changed & {"profile", "assumeRoleArn"})
        if is_other_caller and not replacing:
            self._verify_account(olds, news)
        if condition is Condition.BROKEN and not replacing:
            urn = str(_if_known(news.get(IDENTITY)) or olds.get(IDENTITY, ""))
            warn_of_replacement(urn, self._title(Identity(urn)), self._lifecycle.describe_broken(_id, state))
        is_compared = condition is Condition.READY and not replacing
        source = self._source_condition(state, news) if is_compared else Condition.READY
        return diff_result(self._lifecycle, Changes(changed, replacing, is_other_caller, condition, source), olds, news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        bag = from_pulumi(props)
        inputs, _ = self._inputs(bag)
        run = self._run(inputs, bag)
        created = self._call(run, bag, lambda: self._lifecycle.create(run, inputs), leaves_nothing=CleanFailureError)
        _created.add((run.identity.urn, created.id, digest(inputs)))
        return CreateResult(created.id, outputs_of(self._lifecycle, created.state, bag, run.account_id))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        olds, bag = from_pulumi(_olds), from_pulumi(_news)
        inputs, _ = self._inputs(bag)
        state = self._state(olds)
        bag |= {IDENTITY: olds.get(IDENTITY, bag.get(IDENTITY)), ACCOUNT: olds.get(ACCOUNT)}
        run = self._run(inputs, bag)
        updated = self._call(run, bag, lambda: self._lifecycle.update(run, _id, state, inputs))
        return UpdateResult(outputs_of(self._lifecycle, updated, bag, run.account_id))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        bag = self._recorded(props)
        state = self._state(bag)
        run = self._run(state, bag)
        if IDENTITY in bag:
            found = self._call(run, bag, lambda: self._lifecycle.read(run, id_, state))
        else:
            existing = self._call(run, bag, lambda: self._read_existing(run, id_, state))
            id_, found = existing.id, existing.state
        if found is None:
            run.warn(f"{self._title(run.identity)}: {id_} was not found, so Pulumi drops it from the state")
            return ReadResult(None, {})
        unknown = [name for name, value in vars(found).items() if value is UNKNOWN]
        found = replace(found, **dict.fromkeys(unknown))
        found = without_ignored_tags(found, state, run.aws.settings.tags)
        outputs = outputs_of(self._lifecycle, found, bag, run.account_id)
        given = write_bag(self._lifecycle.inputs_of(found))
        inputs = {name: v for name, v in outputs.items() if name in given}
        return ReadResult(id_, outputs, {**inputs, **recorded_inputs(bag)})

    def _read_existing(self, run: HostRun, id: str, state: Any) -> Existing[Any]:
        """A resource that no stack manages.

        Raises: CleanFailureError if it does not exist, because the engine would record an empty resource.
        """
        found = self._lifecycle.read_existing(run, id, state)
        if found is None:
            raise CleanFailureError(
                f"{id} does not exist in {run.aws.region}; check the id, the Region and the account"
            )
        return found

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        bag = self._recorded(_props)
        state = self._state(bag)
        run = self._run(state, bag)
        if (run.identity.urn, _id, digest(self._lifecycle.inputs_of(state))) in _created:
            # `create` cannot distinguish `pulumi up --replace` with the same inputs from the resumption of an
            # interrupted run: it reused the resource that Pulumi deletes now.
            run.warn(
                f"{_id} was reused, as its inputs are identical; to replace it, change an input, such as source_hash"
            )
            return
        self._call(run, bag, lambda: self._lifecycle.delete(run, _id, state))

    def _inputs(self, bag: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
        return read_bag(self._lifecycle.inputs_type, without_host_properties(bag))

    def _state(self, bag: Mapping[str, Any]) -> Any:
        state, _ = read_bag(self._lifecycle.state_type, without_host_properties(bag))
        return state

    def _run(self, values: Any, bag: Mapping[str, Any]) -> HostRun:
        """A run with the Region and credentials of these inputs or this state."""
        minutes = _if_known(getattr(values, "timeout_minutes", None))
        return HostRun(
            identity=Identity(str(_if_known(bag.get(IDENTITY)) or "")),
            aws=self._connection(values, bag),
            settings=self._settings.with_vsphere_provider(_if_known(bag.get(VSPHERE_PROVIDER))),
            call=pulumi_hooks.current_call(),
            inputs_type=self._lifecycle.inputs_type,
            timeout_seconds=(minutes or DEFAULT_TIMEOUT_MINUTES) * 60.0,
            supplied_inputs=tuple(bag.get(SUPPLIED_INPUTS) or ()),
        )

    def _call(
        self,
        run: HostRun,
        bag: Mapping[str, Any],
        operation: Callable[[], ResultT],
        leaves_nothing: tuple[type[Exception], ...] | type[Exception] = (),
    ) -> ResultT:
        """Run an operation of the lifecycle; an exception other than `leaves_nothing` records what the run recorded."""
        try:
            with guarded_by(call_guard(run)):
                if self._lifecycle.uses_aws:
                    run.account_id = current_account(run.aws, bag.get(ACCOUNT))
                result = operation()
        except Exception as error:
            partial = None if isinstance(error, leaves_nothing) else self._partial_resource(run, bag)
            reported = self._reported(run, error, partial)
            if reported is error:
                raise
            raise reported from None
        run.progress.clear()
        return result

    def _reported(self, run: HostRun, error: Exception, partial: PartialResource | None = None) -> Exception:
        return report_error(run, self._title(run.identity), error, partial)

    def _title(self, identity: Identity) -> str:
        return f"{self._resource} {identity.resource.split('::')[-1]}"

    def _partial_resource(self, run: HostRun, bag: Mapping[str, Any]) -> PartialResource | None:
        if run.recorded is None:
            return None
        id, state = run.recorded
        return PartialResource(id, {**outputs_of(self._lifecycle, state, bag, run.account_id), PROVIDER: bag[PROVIDER]})

    def _needs_preflight(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        inputs = self._lifecycle.inputs_type
        return not olds or bool(changed_inputs(inputs, olds, news) & preflight_properties(inputs))

    def _connection(self, inputs: Any, bag: Mapping[str, Any]) -> AwsConnection:
        return connection(settings_for(self._settings.aws, bag, inputs))

    def _preflight_problems(self, inputs: Any, bag: Mapping[str, Any]) -> list[Problem]:
        if not has_known_identity(bag):
            return []
        run = self._run(inputs, bag)
        found: list[Problem] = []
        try:
            with guarded_by(call_guard(run, is_preview=True)):
                if self._lifecycle.uses_aws and not run.aws.settings.skip_validation:
                    current_account(run.aws, None)
                found.extend(self._lifecycle.preflight(run, inputs))
        except Exception as error:
            if problem := identity_problem(error, bag):
                return [*found, problem]
            if not is_unreachable(error):
                raise
            run.warn(f"could not check the inputs before the run: {describe_error(error)}")
        return found

    def _source_condition(self, state: Any, bag: Mapping[str, Any]) -> Condition:
        inputs, _ = self._inputs(bag)
        if not has_known_identity(bag):
            return Condition.READY
        run = self._run(inputs, bag)
        try:
            with guarded_by(call_guard(run, is_preview=True)):
                return self._lifecycle.recheck_source(run, state, inputs)
        except Exception as error:
            if identity_problem(error, bag):
                raise self._reported(run, error) from None
            if not is_unreachable(error):
                raise
            run.warn(f"could not check whether the source changed: {describe_error(error)}")
            return Condition.READY

    def _verify_account(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        """Fail preview if the new credentials are of another account than the resource."""
        if has_known_identity(news):
            inputs, _ = self._inputs(news)
            bag = {**news, ACCOUNT: olds.get(ACCOUNT)}
            self._call(self._run(inputs, bag), bag, lambda: None)

    def _recorded(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The state, with the providers of the recorded inputs: without a diff, `up` records new keys only there."""
        inputs = pulumi_hooks.recorded_inputs(pulumi_hooks.current_call())
        providers = {name: inputs[name] for name in (AWS_PROVIDER, VSPHERE_PROVIDER) if inputs.get(name)}
        bag: dict[str, Any] = from_pulumi({**props, **providers})
        return bag


def _if_known(value: Any) -> Any:
    return None if value is UNKNOWN else value
