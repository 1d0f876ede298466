"""WorkSpaces bundles, which moto does not implement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import mock_random


@dataclass(kw_only=True)
class SimulatedBundle:
    """A bundle that is PENDING until `ready_at`, then AVAILABLE or ERROR."""

    request: Mapping[str, Any]
    owner: str
    created_at: float
    ready_at: float
    fails: bool
    tags: list[dict[str, str]]
    root_gib: str
    """The requested size or the service's default."""
    image_id: str = ""
    updated_at: float = 0.0
    state: str = "PENDING"
    id: str = field(default_factory=lambda: f"wsb-{mock_random.get_random_hex(9)}")

    def __post_init__(self) -> None:
        self.image_id = self.request["ImageId"]
        self.updated_at = self.created_at

    @property
    def name(self) -> str:
        return str(self.request["BundleName"])

    def update_state(self, now: float) -> None:
        """Set the state at a time."""
        if self.state == "PENDING" and now >= self.ready_at:
            self.state = "ERROR" if self.fails else "AVAILABLE"

    def to_api(self) -> dict[str, Any]:
        """Its description in DescribeWorkspaceBundles."""
        return {
            "BundleId": self.id,
            "Name": self.name,
            "Owner": self.owner,
            "Description": self.request["BundleDescription"],
            "ImageId": self.image_id,
            "RootStorage": {"Capacity": self.root_gib},
            "UserStorage": dict(self.request["UserStorage"]),
            "ComputeType": dict(self.request["ComputeType"]),
            "CreationTime": self.created_at,
            "LastUpdatedTime": self.updated_at,
            "State": self.state,
            "BundleType": "REGULAR",
        }
