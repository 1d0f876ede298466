"""EC2 calls that create instances from images and images from instances, with the attributes that moto drops."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.instances import InstanceResponse

from pulumi_vmimport_sandbox.aws.ec2.image_sharing import find_image
from pulumi_vmimport_sandbox.aws.ec2.regional_calls import RegionalCalls

# Billing attributes are copied from an image to its instances and from an instance to its images.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html
_BILLED = ("platform_details", "usage_operation", "guest")


class LaunchCalls(RegionalCalls, AmisResponse, InstanceResponse):  # type: ignore[misc] # moto has no types
    """RunInstances and CreateImage."""

    def run_instances(self) -> ActionResult:
        image = find_image(self.ec2_backend, self.account_region, self._get_param("ImageId"))
        if image is not None:
            self.params["BlockDeviceMappings"] = _merged(
                image.block_device_mappings, self._get_param("BlockDeviceMappings") or []
            )
        answer: ActionResult = super().run_instances()
        for instance in answer.result.instances:
            _carry(image, instance)
        return answer

    def create_image(self) -> ActionResult:
        answer: ActionResult = super().create_image()
        image = self.ec2_backend.amis[answer.result["ImageId"]]
        _carry(image.instance, image)
        return answer


def _merged(of_image: list[dict[str, Any]], requested: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The image's block device mappings, overridden and extended by those of the launch."""
    launch = {mapping["DeviceName"]: mapping for mapping in requested}
    merged = []
    for mapping in of_image:
        changes = launch.pop(mapping["DeviceName"], {})
        merged.append(mapping | changes | {"Ebs": mapping["Ebs"] | changes.get("Ebs", {})})
    return [*merged, *launch.values()]


def _carry(source: Any, target: Any) -> None:
    for name in _BILLED:
        if hasattr(source, name):
            setattr(target, name, getattr(source, name))
