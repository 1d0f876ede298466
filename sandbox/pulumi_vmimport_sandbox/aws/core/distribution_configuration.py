"""Distribution configurations of EC2 Image Builder, which moto does not implement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DistributionConfiguration.html: required, without
# meaning. The value is assumed.
_TIMEOUT_MINUTES = 720


@dataclass(kw_only=True)
class SimulatedDistributionConfiguration:
    """A distribution configuration."""

    arn: str
    name: str
    description: str | None
    distributions: list[Mapping[str, Any]]
    tags: dict[str, str]
    created_at: float
    updated_at: float

    def to_api(self) -> dict[str, Any]:
        """Its description in GetDistributionConfiguration."""
        return {
            "arn": self.arn,
            "name": self.name,
            "description": self.description,
            "distributions": self.distributions,
            "timeoutMinutes": _TIMEOUT_MINUTES,
            "dateCreated": date_text(self.created_at),
            "dateUpdated": date_text(self.updated_at),
            "tags": dict(self.tags),
        }

    def to_summary(self) -> dict[str, Any]:
        """Its description in ListDistributionConfigurations."""
        described = self.to_api()
        listed = {
            name: described[name] for name in ("arn", "name", "description", "dateCreated", "dateUpdated", "tags")
        }
        return {**listed, "regions": [distribution["region"] for distribution in self.distributions]}


def date_text(at: float) -> str:
    """A time in the format of Image Builder's dates, which are strings."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
