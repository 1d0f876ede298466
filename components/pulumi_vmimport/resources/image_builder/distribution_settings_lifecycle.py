"""The lifecycle of DistributionSettings."""

from collections.abc import Iterator

from pulumi_vmimport.lifecycle.contract import Created, Lifecycle, Problem, Run
from pulumi_vmimport.resources.image_builder import distribution_checks
from pulumi_vmimport.resources.image_builder.distribution_inputs import DistributionSettingsInputs
from pulumi_vmimport.resources.image_builder.distribution_settings import DistributionSettingsState
from pulumi_vmimport.resources.image_builder.settings_rules import configuration_problems


class DistributionSettingsLifecycle(Lifecycle[DistributionSettingsInputs, DistributionSettingsState]):
    inputs_type = DistributionSettingsInputs
    state_type = DistributionSettingsState
    no_import = (
        "cannot be imported, because it only checks a distribution configuration; import the configuration as "
        "aws:imagebuilder/distributionConfiguration:DistributionConfiguration of pulumi-aws"
    )

    def check(self, inputs: DistributionSettingsInputs) -> Iterator[Problem]:
        return configuration_problems(inputs)

    def preflight(self, run: Run, inputs: DistributionSettingsInputs) -> Iterator[Problem]:
        return distribution_checks.problems(run, inputs)

    def create(self, run: Run, inputs: DistributionSettingsInputs) -> Created[DistributionSettingsState]:
        return Created(inputs.name, DistributionSettingsState(**vars(inputs)))

    def read(self, run: Run, id: str, state: DistributionSettingsState) -> DistributionSettingsState | None:
        return state

    def update(
        self, run: Run, id: str, state: DistributionSettingsState, inputs: DistributionSettingsInputs
    ) -> DistributionSettingsState:
        return DistributionSettingsState(**vars(inputs))

    def delete(self, run: Run, id: str, state: DistributionSettingsState) -> None:
        """Do nothing: aws.imagebuilder.DistributionConfiguration deletes the configuration."""
