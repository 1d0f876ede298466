"""The structures in the requests of EC2 Fast Launch that programs give.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableFastLaunch.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class FastLaunchResourceType(StrEnum):
    """What EC2 prepares."""

    SNAPSHOT = "snapshot"


@dataclass(frozen=True, kw_only=True)
class FastLaunchTemplate:
    """The launch template of the instances that EC2 prepares the snapshots with, by its id or its name."""

    refused_names: ClassVar[Mapping[str, str]] = {
        "launchTemplateVersion": "is the name in Image Builder; the name in the API of EC2 and here is version"
    }

    launch_template_id: str | None = None
    launch_template_name: str | None = None
    version: str

    @property
    def members(self) -> Mapping[str, str]:
        """The members of the request."""
        name = {"LaunchTemplateName": self.launch_template_name} if self.launch_template_name else {}
        id = {"LaunchTemplateId": self.launch_template_id} if self.launch_template_id else {}
        return {**id, **name, "Version": self.version}

    def is_same(self, other: "FastLaunchTemplate | None") -> bool:
        """Whether EC2 reports this template as `other`, perhaps with the number of the version $Latest or $Default."""
        if other is None or (self.version != other.version and not self.version.startswith("$")):
            return False
        if self.launch_template_id:
            return self.launch_template_id == other.launch_template_id
        return self.launch_template_name == other.launch_template_name
