"""Infrastructure configurations of EC2 Image Builder, which moto does not implement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport_sandbox.aws.core.distribution_configuration import date_text


@dataclass(kw_only=True)
class SimulatedInfrastructureConfiguration:
    """An infrastructure configuration."""

    arn: str
    request: Mapping[str, Any]
    """The parameters of the call that created it."""
    tags: dict[str, str]
    created_at: float

    def to_api(self) -> dict[str, Any]:
        """Its description in GetInfrastructureConfiguration."""
        given = {name: value for name, value in self.request.items() if name not in {"clientToken", "tags"}}
        return {**given, "arn": self.arn, "dateCreated": date_text(self.created_at), "tags": dict(self.tags)}
