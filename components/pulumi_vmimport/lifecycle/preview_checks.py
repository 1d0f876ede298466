"""The checks of preview that read AWS or vSphere, and what they report when they cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport.call_guard import guarded_by
from pulumi_vmimport.lifecycle.aws_identity import current_account, has_known_identity, identity_problem
from pulumi_vmimport.lifecycle.contract import Condition, Problem
from pulumi_vmimport.lifecycle.error_reporting import describe_error, is_unreachable
from pulumi_vmimport.lifecycle.host_properties import ACCOUNT
from pulumi_vmimport.lifecycle.host_run import call_guard
from pulumi_vmimport.lifecycle.lifecycle_calls import LifecycleCalls


@dataclass
class Preflight:
    """What the preflight of a resource found."""

    problems: list[Problem] = field(default_factory=list)
    of_caller: list[Problem] = field(default_factory=list)
    """The problems of the Region and the credentials"""


def preflight(calls: LifecycleCalls, inputs: Any, bag: Mapping[str, Any], *, is_repeated: bool = False) -> Preflight:
    """Look up what the inputs refer to. A service that cannot be reached is a warning.

    A repeated look-up prints no warnings, because the check of the same run did.
    """
    found = Preflight()
    if not has_known_identity(bag):
        return found
    run = calls.run(inputs, bag)
    run.warns = not is_repeated
    try:
        with guarded_by(call_guard(run, is_preview=True)):
            if calls.lifecycle.uses_aws and not run.aws.settings.skip_validation:
                current_account(run.aws, None)
            found.problems.extend(calls.lifecycle.preflight(run, inputs))
    except Exception as error:
        if problem := identity_problem(error, bag):
            found.of_caller.append(problem)
        elif is_unreachable(error):
            run.warn(f"could not check the inputs before the run: {describe_error(error)}")
        else:
            raise
    return found


def source_condition(calls: LifecycleCalls, state: Any, bag: Mapping[str, Any]) -> Condition:
    """The condition of the source of a complete resource; READY where it cannot be read.

    Raises: the error of the Region or the credentials, reported to the engine.
    """
    inputs, _ = calls.inputs(bag)
    if not has_known_identity(bag):
        return Condition.READY
    run = calls.run(inputs, bag)
    try:
        with guarded_by(call_guard(run, is_preview=True)):
            return calls.lifecycle.recheck_source(run, state, inputs)
    except Exception as error:
        if identity_problem(error, bag):
            raise calls.reported(run, error) from None
        if not is_unreachable(error):
            raise
        run.warn(f"could not check whether the source changed: {describe_error(error)}")
        return Condition.READY


def verify_account(calls: LifecycleCalls, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Fail preview if the new credentials are of another account than the resource."""
    if has_known_identity(news):
        inputs, _ = calls.inputs(news)
        bag = {**news, ACCOUNT: olds.get(ACCOUNT)}
        calls.guarded(calls.run(inputs, bag), bag, lambda: None)
