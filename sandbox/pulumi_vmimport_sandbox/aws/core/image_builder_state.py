"""The resources of EC2 Image Builder of an account in a Region."""

from dataclasses import dataclass, field

from pulumi_vmimport_sandbox.aws.core.distribution_configuration import SimulatedDistributionConfiguration


@dataclass
class ImageBuilderState:
    """Resources by their ARNs."""

    configurations: dict[str, SimulatedDistributionConfiguration] = field(default_factory=dict)
