"""Image Builder calls for infrastructure configurations."""

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.infrastructure_configuration import SimulatedInfrastructureConfiguration
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.regional_image_builder_calls import (
    RegionalImageBuilderCalls,
    not_found,
)


class InfrastructureConfigurationCalls(RegionalImageBuilderCalls):
    """Create, Get and DeleteInfrastructureConfiguration. The instance profile is not looked up."""

    def create_infrastructure_configuration(self) -> ActionResult:
        return self.answered_once(self._create_infrastructure)

    def get_infrastructure_configuration(self) -> ActionResult:
        described = self.infrastructure(self.request["infrastructureConfigurationArn"]).to_api()
        return ActionResult({"requestId": "sandbox", "infrastructureConfiguration": described})

    def delete_infrastructure_configuration(self) -> ActionResult:
        arn = self.infrastructure(self.request["infrastructureConfigurationArn"]).arn
        del self.resources.infrastructures[arn]
        return ActionResult({"requestId": "sandbox", "infrastructureConfigurationArn": arn})

    def infrastructure(self, arn: str) -> SimulatedInfrastructureConfiguration:
        """A configuration of the account in the Region.

        Raises:
            ServiceError: It does not exist.
        """
        if arn not in self.resources.infrastructures:
            raise not_found(arn)
        return self.resources.infrastructures[arn]

    def _create_infrastructure(self) -> Mapping[str, Any]:
        request = self.request
        arn = self.arn("infrastructure-configuration", request["name"])
        if arn in self.resources.infrastructures:
            raise ServiceError("ResourceAlreadyExistsException", f"The resource {arn} already exists.")
        tags = dict(request.get("tags") or {})
        created = SimulatedInfrastructureConfiguration(arn=arn, request=request, tags=tags, created_at=self.cloud.now)
        self.resources.infrastructures[arn] = created
        return {"infrastructureConfigurationArn": arn}
