"""EnableFastLaunch, DisableFastLaunch, DescribeFastLaunchImages.

The pages below document the states and the reasons, but no error code of the calls: those are assumed, except those
of AMIs and launch templates, which are EC2's.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableFastLaunch.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-fast-launch-troubleshoot.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.responses.amis import AmisResponse

from pulumi_vmimport_sandbox.aws.core.paging import page_of
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulated_fast_launch import SimulatedFastLaunch
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import find_image
from pulumi_vmimport_sandbox.aws.ec2.regional_calls import RegionalCalls

_DEFAULT_SNAPSHOTS, _DEFAULT_LAUNCHES = 5, 6


class FastLaunchCalls(RegionalCalls, AmisResponse):  # type: ignore[misc] # moto has no types
    """EC2 Fast Launch of the account's own and shared AMIs."""

    def enable_fast_launch(self) -> ActionResult:
        image_id = self._get_param("ImageId")
        image = find_image(self.ec2_backend, self.account_region, image_id)
        if image is None:
            raise InvalidAMIIdError([image_id])
        if (image.platform or "").lower() != "windows":
            raise ServiceError("InvalidRequest", f"Can't enable EC2 Fast Launch. {image_id} is not a Windows AMI.")
        settings = requested_settings(self.ec2_backend, self.params)
        known = self.cloud.fast_launch[self.account_region]
        current = known.get(image_id) or SimulatedFastLaunch(image_id, image.owner_id)
        if current.state not in {"disabled", "enabling", "enabled", "enabled-failed"}:
            text = f"Can't enable EC2 Fast Launch. The image {image_id} is in state {current.state}."
            raise ServiceError("IncorrectState", text)
        self.error_on_dryrun()
        failure, seconds = self.cloud.faults.next_fast_launch_failure(), self.cloud.settings.enable_fast_launch_seconds
        current.enable(settings, at=self.cloud.now, seconds=seconds, failure=failure)
        known[image_id] = current
        return ActionResult(_described(current))

    def disable_fast_launch(self) -> ActionResult:
        image_id = self._get_param("ImageId")
        current = self.cloud.fast_launch[self.account_region].get(image_id)
        if find_image(self.ec2_backend, self.account_region, image_id) is None:
            raise InvalidAMIIdError([image_id])
        if current is None:
            raise ServiceError("InvalidRequest", f"EC2 Fast Launch is not enabled for {image_id}.")
        self.error_on_dryrun()
        failure = None if self._get_param("Force") else self.cloud.faults.next_fast_launch_failure()
        current.disable(at=self.cloud.now, seconds=self.cloud.settings.disable_fast_launch_seconds, failure=failure)
        return ActionResult(_described(current))

    def describe_fast_launch_images(self) -> ActionResult:
        chosen = self._get_param("ImageIds") or []
        images = self.cloud.fast_launch[self.account_region]
        found = {id: _described(image) for id, image in images.items() if not chosen or id in chosen}
        try:
            page, token = page_of(found, self._get_param("MaxResults"), self._get_param("NextToken"))
        except KeyError as error:
            raise ServiceError("InvalidNextToken", "The token is not valid.") from error
        return ActionResult({"FastLaunchImages": page, "NextToken": token})


def requested_settings(ec2: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a request of EnableFastLaunch, with EC2's defaults.

    Raises:
        ServiceError: A setting is rejected.
    """
    launches = request.get("MaxParallelLaunches") or _DEFAULT_LAUNCHES
    if launches < _DEFAULT_LAUNCHES:
        text = f"Value ({launches}) for parameter MaxParallelLaunches is invalid. The value must be 6 or greater."
        raise ServiceError("InvalidParameterValue", text)
    if (kind := request.get("ResourceType") or "snapshot") != "snapshot":
        raise ServiceError("InvalidParameterValue", f"Value ({kind}) for parameter ResourceType is invalid.")
    count = (request.get("SnapshotConfiguration") or {}).get("TargetResourceCount") or _DEFAULT_SNAPSHOTS
    settings = {
        "ResourceType": kind,
        "SnapshotConfiguration": {"TargetResourceCount": int(count)},
        "MaxParallelLaunches": launches,
    }
    template = request.get("LaunchTemplate")
    return {**settings, "LaunchTemplate": _template(ec2, template)} if template else settings


def _template(ec2: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The template as EC2 returns it: assumed to have id and name, and the version as the request has it."""
    id, name = given.get("LaunchTemplateId"), given.get("LaunchTemplateName")
    if id and name:
        text = "Either LaunchTemplateId or LaunchTemplateName may be specified, not both."
        raise ServiceError("InvalidParameterCombination", text)
    version = str(given["Version"])
    template = ec2.get_launch_template(id) if id else ec2.get_launch_template_by_name(name)
    template.get_version(version)  # raises if the template has no such version
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": version}


def _described(image: SimulatedFastLaunch) -> dict[str, Any]:
    return {
        "ImageId": image.image_id,
        "OwnerId": image.owner_id,
        **image.settings,
        "State": image.state,
        "StateTransitionReason": image.reason,
        "StateTransitionTime": datetime.fromtimestamp(image.since, UTC),
    }
