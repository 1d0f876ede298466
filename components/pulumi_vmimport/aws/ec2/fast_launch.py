"""EC2 Fast Launch: snapshots that EC2 prepares from a Windows AMI, so that its instances start faster.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableFastLaunch.html, API_DisableFastLaunch.html,
API_DescribeFastLaunchImages.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchResourceType, FastLaunchTemplate
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.aws.task_poller import Pollers

OWN_TEMPLATES = "EC2FastLaunchDefaultResource"
"""How the names of the launch templates start that EC2 makes. Source: the example of
https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-fast-launch-images.html"""
ENABLING, ENABLED, DISABLING, DISABLING_FAILED = "enabling", "enabled", "disabling", "disabling-failed"
_NO_TEMPLATE = frozenset({
    "InvalidLaunchTemplateId.Malformed",
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.VersionNotFound",
    "InvalidLaunchTemplateName.NotFoundException",
})  # fmt: skip


@dataclass(frozen=True)
class FastLaunchSettings:
    """The settings of an AMI; for an absent one EC2 chooses the value."""

    target_resource_count: int | None
    max_parallel_launches: int | None
    launch_template: FastLaunchTemplate | None

    def are_met_by(self, image: "FastLaunchImage") -> bool:
        """Whether an AMI has them."""
        return (
            self.target_resource_count in {None, image.target_resource_count}
            and self.max_parallel_launches in {None, image.max_parallel_launches}
            and (self.launch_template is None or self.launch_template.is_same(image.launch_template))
        )


@dataclass(frozen=True)
class FastLaunchImage:
    """An AMI as DescribeFastLaunchImages returns it. EC2 does not list an AMI without EC2 Fast Launch."""

    id: str
    state: str
    reason: str
    target_resource_count: int | None
    max_parallel_launches: int | None
    launch_template: FastLaunchTemplate | None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "FastLaunchImage":
        """The AMI in an element of `FastLaunchImages`."""
        template = answer.get("LaunchTemplate") or {}
        found = FastLaunchTemplate(
            launch_template_id=template.get("LaunchTemplateId"),
            launch_template_name=template.get("LaunchTemplateName"),
            version=template.get("Version", ""),
        )
        return cls(
            id=answer["ImageId"],
            state=answer["State"],
            reason=answer.get("StateTransitionReason") or "EC2 gives no reason",
            target_resource_count=answer.get("SnapshotConfiguration", {}).get("TargetResourceCount"),
            max_parallel_launches=answer.get("MaxParallelLaunches"),
            launch_template=found if template else None,
        )

    @property
    def is_failed(self) -> bool:
        """Whether EC2 could not enable or disable it, or not complete a change."""
        return self.state not in {ENABLING, ENABLED, DISABLING}


def find_all(aws: AwsConnection) -> dict[str, FastLaunchImage]:
    """The AMIs of the account and the Region for which EC2 Fast Launch is or was being enabled, by id."""
    pages = aws.client("ec2").get_paginator("describe_fast_launch_images").paginate()
    listed = [FastLaunchImage.read(answer) for page in pages for answer in page["FastLaunchImages"]]
    return {image.id: image for image in listed if image.state != "disabled"}


def find(aws: AwsConnection, image_id: str) -> FastLaunchImage | None:
    """The AMI; None if EC2 Fast Launch is not enabled for it."""
    return find_all(aws).get(image_id)


POLLERS = Pollers[FastLaunchImage](lambda aws, _: find_all(aws))


def enable(aws: AwsConnection, image_id: str, settings: FastLaunchSettings) -> None:
    """Enable EC2 Fast Launch for an AMI, or change its settings."""
    count, template = settings.target_resource_count, settings.launch_template
    members: dict[str, Any] = {
        "ResourceType": FastLaunchResourceType.SNAPSHOT.value,
        "SnapshotConfiguration": None if count is None else {"TargetResourceCount": count},
        "MaxParallelLaunches": settings.max_parallel_launches,
        "LaunchTemplate": None if template is None else template.members,
    }
    given: Any = {name: value for name, value in members.items() if value is not None}
    aws.client("ec2").enable_fast_launch(ImageId=image_id, **given)


def disable(aws: AwsConnection, image_id: str, *, force: bool = False) -> None:
    """Start to disable EC2 Fast Launch for an AMI: EC2 deletes the snapshots. `force` ignores errors of that."""
    aws.client("ec2").disable_fast_launch(ImageId=image_id, Force=force)


def template_exists(aws: AwsConnection, template: FastLaunchTemplate) -> bool:
    """Whether a launch template has the version."""
    chosen: Any = {name: value for name, value in template.members.items() if name != "Version"}
    try:
        found = aws.client("ec2").describe_launch_template_versions(**chosen, Versions=[template.version])
    except ClientError as error:
        if error_code(error) in _NO_TEMPLATE:
            return False
        raise
    return bool(found["LaunchTemplateVersions"])
