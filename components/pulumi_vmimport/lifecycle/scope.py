"""The inputs that every custom resource has: where it is, as whom to reach it, how long to wait."""

from dataclasses import dataclass

from pulumi_vmimport.lifecycle.property_bag import updatable


@dataclass(frozen=True, kw_only=True)
class AwsScope:
    """Where a resource is in AWS, as whom to reach it, how long to wait (AwsScopeArgs documents each)."""

    region: str | None = None
    profile: str | None = updatable()
    assume_role_arn: str | None = updatable()
    timeout_minutes: int | None = updatable()
