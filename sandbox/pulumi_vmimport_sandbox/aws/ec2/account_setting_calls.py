"""The Regions of an account, and EC2's block public access for AMIs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html,
API_GetImageBlockPublicAccessState.html, API_EnableImageBlockPublicAccess.html, API_DisableImageBlockPublicAccess.html
"""

from moto.core.responses import ActionResult
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.regional_calls import RegionalCalls

_BLOCKED, _UNBLOCKED = "block-new-sharing", "unblocked"


class AccountSettingCalls(RegionalCalls, AvailabilityZonesAndRegions):  # type: ignore[misc] # moto has no types
    """DescribeRegions and the calls of block public access for AMIs, which is off at first."""

    def describe_regions(self) -> ActionResult:
        """All Regions of moto are enabled except those that a test has disabled."""
        self.error_on_dryrun()
        regions = []
        for found in self.ec2_backend.describe_regions(self._get_param("RegionNames", [])):
            here = AccountRegion(self.account_region.account, found.name)
            status = "not-opted-in" if here in self.cloud.disabled_regions else "opt-in-not-required"
            if status != "not-opted-in" or self._get_param("AllRegions"):
                regions.append({"RegionName": found.name, "Endpoint": found.endpoint, "OptInStatus": status})
        return ActionResult({"Regions": regions})

    def get_image_block_public_access_state(self) -> ActionResult:
        self.error_on_dryrun()
        state = _BLOCKED if self.account_region in self.cloud.public_images_blocked else _UNBLOCKED
        return ActionResult({"ImageBlockPublicAccessState": state, "ManagedBy": "account"})

    def enable_image_block_public_access(self) -> ActionResult:
        wanted = self._get_param("ImageBlockPublicAccessState")
        if wanted != _BLOCKED:
            text = f"Value ({wanted}) for parameter imageBlockPublicAccessState is invalid."  # assumed
            raise ServiceError("InvalidParameterValue", text)
        self.error_on_dryrun()
        self.cloud.public_images_blocked.add(self.account_region)
        return ActionResult({"ImageBlockPublicAccessState": _BLOCKED})

    def disable_image_block_public_access(self) -> ActionResult:
        self.error_on_dryrun()
        self.cloud.public_images_blocked.discard(self.account_region)
        return ActionResult({"ImageBlockPublicAccessState": _UNBLOCKED})
