"""The inputs that every custom resource has: where it is, as whom to reach it, how long to wait."""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.lifecycle.contract import Problem, known
from pulumi_vmimport.lifecycle.property_bag import updatable


@dataclass(frozen=True, kw_only=True)
class AwsScope:
    """Where a resource is in AWS, as whom to reach it, how long to wait (AwsScopeArgs documents each)."""

    region: str | None = None
    profile: str | None = updatable()
    assume_role_arn: str | None = updatable()
    timeout_minutes: int | None = updatable()


def scope_problems(scope: AwsScope) -> Iterator[Problem]:
    """The problems of these inputs alone."""
    if known(scope.timeout_minutes) and scope.timeout_minutes is not None and scope.timeout_minutes < 1:
        yield Problem("timeoutMinutes", f"expected at least 1, got {scope.timeout_minutes}")
    if known(scope.region) and scope.region is None:
        yield Problem("region", "no Region is set: give region, aws:region in the stack's configuration, or AWS_REGION")
