"""Calls a lifecycle for one call of the engine, with the Region, credentials and deadline of the resource."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.redacted_urls import redact_urls
from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.aws_identity import current_account, settings_for
from pulumi_vmimport.lifecycle.contract import UNKNOWN, Lifecycle, Problem
from pulumi_vmimport.lifecycle.engine import Call
from pulumi_vmimport.lifecycle.error_reporting import PartialResource, report_error
from pulumi_vmimport.lifecycle.host_properties import (
    ACCOUNT,
    IDENTITY,
    SUPPLIED_INPUTS,
    VSPHERE_PROVIDER,
    outputs_of,
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
from pulumi_vmimport.lifecycle.program_spelling import in_program_spelling
from pulumi_vmimport.lifecycle.property_bag import read_bag

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class LifecycleCalls:
    """The lifecycle of a resource with the settings of the provider, for one call of the engine."""

    resource: str
    lifecycle: Lifecycle[Any, Any]
    settings: HostSettings
    call: Call | None
    as_recorded: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
    """The outputs as the host records them, given the property bag of the call; for a call that fails"""
    knows_suppliers: bool = True
    """Whether the property bag names the inputs that other resources of the stack supply"""
    in_python: bool = True
    """Whether the program is written in Python, where the properties have snake_case names"""

    def inputs(self, bag: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
        """The inputs in a property bag, and the problems of their types."""
        return read_bag(self.lifecycle.inputs_type, without_host_properties(bag))

    def state(self, bag: Mapping[str, Any]) -> Any:
        """The state in a property bag."""
        state, _ = read_bag(self.lifecycle.state_type, without_host_properties(bag))
        return state

    def run(self, values: Any, bag: Mapping[str, Any]) -> HostRun:
        """A run with the Region and credentials of these inputs or this state."""
        minutes = if_known(getattr(values, "timeout_minutes", None))
        return HostRun(
            identity=Identity(str(if_known(bag.get(IDENTITY)) or "")),
            aws=self.connection(values, bag),
            settings=self.settings.with_vsphere_provider(if_known(bag.get(VSPHERE_PROVIDER))),
            call=self.call,
            inputs_type=self.lifecycle.inputs_type if self.in_python else object,
            timeout_seconds=(minutes or DEFAULT_TIMEOUT_MINUTES) * 60.0,
            supplied_inputs=tuple(bag.get(SUPPLIED_INPUTS) or ()),
        )

    def connection(self, values: Any, bag: Mapping[str, Any]) -> AwsConnection:
        """The connection to AWS of these inputs or this state."""
        return connection(settings_for(self.settings.aws, bag, values))

    def guarded(
        self,
        run: HostRun,
        bag: Mapping[str, Any],
        operation: Callable[[], ResultT],
        leaves_nothing: tuple[type[Exception], ...] | type[Exception] = (),
    ) -> ResultT:
        """Run an operation of the lifecycle; an exception other than `leaves_nothing` records what the run recorded."""
        try:
            with guarded_by(call_guard(run)):
                if self.lifecycle.uses_aws:
                    run.account_id = current_account(run.aws, bag.get(ACCOUNT))
                result = operation()
        except Exception as error:
            partial = None if isinstance(error, leaves_nothing) else self._partial_resource(run, bag)
            reported = self.reported(run, error, partial)
            if reported is error:
                raise
            raise reported from None
        run.progress.clear()
        return result

    def reported(self, run: HostRun, error: Exception, partial: PartialResource | None = None) -> Exception:
        """Report an exception to the engine; returns the exception to raise."""
        return report_error(run, self.title(run.urn), error, partial)

    def message(self, problem: Problem) -> str:
        """A problem in the spelling of the program, without credentials in it."""
        if self.in_python:
            return redact_urls(in_program_spelling(self.lifecycle.inputs_type, problem))
        return redact_urls(str(problem))

    def title(self, urn: str) -> str:
        """The resource, for messages: `ImportImage web`; without a name where no URN is known."""
        return f"{self.resource} {urn.rpartition('::')[2]}".rstrip()

    def _partial_resource(self, run: HostRun, bag: Mapping[str, Any]) -> PartialResource | None:
        if run.recorded is None:
            return None
        id, state = run.recorded
        outputs = outputs_of(self.lifecycle, state, bag, run.account_id)
        return PartialResource(id, self.as_recorded(outputs, bag))


def if_known(value: Any) -> Any:
    """The value; None if preview cannot know it."""
    return None if value is UNKNOWN else value
