"""The resources of EC2 Image Builder of an account in a Region."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport_sandbox.aws.core.builder_image import BuilderImage, LifecycleExecution
from pulumi_vmimport_sandbox.aws.core.distribution_configuration import SimulatedDistributionConfiguration
from pulumi_vmimport_sandbox.aws.core.infrastructure_configuration import SimulatedInfrastructureConfiguration


@dataclass
class ImageBuilderState:
    """Resources by their ARNs, executions by their ids."""

    configurations: dict[str, SimulatedDistributionConfiguration] = field(default_factory=dict)
    infrastructures: dict[str, SimulatedInfrastructureConfiguration] = field(default_factory=dict)
    images: dict[str, BuilderImage] = field(default_factory=dict)
    executions: dict[str, LifecycleExecution] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    """The ARNs of all images ever started, oldest first."""

    @property
    def tagged(self) -> Mapping[str, Any]:
        """The resources that have tags."""
        return {**self.configurations, **self.infrastructures, **self.images}
