"""Image Builder calls for distribution configurations."""

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.distribution_configuration import SimulatedDistributionConfiguration
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.distribution_validation import check_distributions
from pulumi_vmimport_sandbox.aws.image_builder.regional_image_builder_calls import (
    RegionalImageBuilderCalls,
    not_found,
)


class DistributionConfigurationCalls(RegionalImageBuilderCalls):
    """Create, Get, Update, Delete and ListDistributionConfigurations."""

    def create_distribution_configuration(self) -> ActionResult:
        if self.request.get("dryRun"):
            self._require_creatable()
            raise ServiceError("DryRunOperationException", "The request would have succeeded, but dryRun is set.")
        return self.answered_once(self._create)

    def update_distribution_configuration(self) -> ActionResult:
        return self.answered_once(self._update)

    def get_distribution_configuration(self) -> ActionResult:
        described = self.configuration(self.request["distributionConfigurationArn"]).to_api()
        return ActionResult({"requestId": "sandbox", "distributionConfiguration": described})

    def delete_distribution_configuration(self) -> ActionResult:
        configuration = self.configuration(self.request["distributionConfigurationArn"])
        del self.resources.configurations[configuration.arn]
        return ActionResult({"requestId": "sandbox", "distributionConfigurationArn": configuration.arn})

    def list_distribution_configurations(self) -> ActionResult:
        filters = self.filters("name")
        found = {
            arn: configuration.to_summary()
            for arn, configuration in self.resources.configurations.items()
            if all(configuration.name in values for _, values in filters)
        }
        return self.page("distributionConfigurationSummaryList", found)

    def configuration(self, arn: str) -> SimulatedDistributionConfiguration:
        """A configuration of the account in the Region.

        Raises:
            ServiceError: It does not exist.
        """
        if arn not in self.resources.configurations:
            raise not_found(arn)
        return self.resources.configurations[arn]

    def _require_creatable(self) -> str:
        """Reject an invalid request and a name that is in use. Returns the ARN."""
        check_distributions(self.request["distributions"])
        arn = self.arn("distribution-configuration", self.request["name"])
        if arn in self.resources.configurations:
            raise ServiceError("ResourceAlreadyExistsException", f"The resource {arn} already exists.")
        return arn

    def _create(self) -> Mapping[str, Any]:
        arn, request, now = self._require_creatable(), self.request, self.cloud.now
        self.resources.configurations[arn] = SimulatedDistributionConfiguration(
            arn=arn,
            name=request["name"],
            description=request.get("description"),
            distributions=request["distributions"],
            tags=dict(request.get("tags") or {}),
            created_at=now,
            updated_at=now,
        )
        return {"distributionConfigurationArn": arn}

    def _update(self) -> Mapping[str, Any]:
        request = self.request
        configuration = self.configuration(request["distributionConfigurationArn"])
        check_distributions(request["distributions"])
        configuration.description = request.get("description")
        configuration.distributions = request["distributions"]
        configuration.updated_at = self.cloud.now
        return {"distributionConfigurationArn": configuration.arn}
