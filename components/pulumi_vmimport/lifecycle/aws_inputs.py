"""The inputs that every custom resource has."""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_vmimport.lifecycle.contract import Problem, is_known
from pulumi_vmimport.lifecycle.schema import updatable


@dataclass(frozen=True, kw_only=True)
class AwsInputs:
    """The Region and the credentials to use, and how long to wait; AwsArgs documents each input."""

    region: str | None = None
    profile: str | None = updatable()
    assume_role_arn: str | None = updatable()
    timeout_minutes: int | None = updatable()


def aws_input_problems(inputs: AwsInputs) -> Iterator[Problem]:
    """The problems of these inputs alone."""
    if is_known(inputs.timeout_minutes) and inputs.timeout_minutes is not None and inputs.timeout_minutes < 1:
        yield Problem("timeoutMinutes", f"expected at least 1, got {inputs.timeout_minutes}")
    if is_known(inputs.region) and inputs.region is None:
        yield Problem("region", "no Region is set; set region, aws:region in the stack's configuration, or AWS_REGION")
