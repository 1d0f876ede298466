"""Durations of asynchronous operations and quotas of the simulated AWS. A test may change them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Stage:
    """One step of a task in its Describe call. The percentage increases linearly from first to last."""

    message: str
    seconds: float
    first_percent: int
    last_percent: int


# Messages: https://docs.aws.amazon.com/vm-import/latest/userguide/import-vm-image.html and public task listings
# (hashicorp/packer#6743, keithvassallomt/windows10-ec2#3). Durations are assumed; together they are half an hour.
IMPORT_STAGES = (
    Stage("pending", 1 * MINUTE, 1, 2),
    Stage("validating", 2 * MINUTE, 4, 10),
    Stage("validated", 0.5 * MINUTE, 12, 12),
    Stage("converting", 15 * MINUTE, 19, 50),
    Stage("updating", 2 * MINUTE, 55, 60),
    Stage("booting", 7 * MINUTE, 65, 88),
    Stage("preparing ami", 2.5 * MINUTE, 90, 97),
)
# Messages: https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-import-snapshot.html and
# public task listings. Durations are assumed. Nothing is booted.
SNAPSHOT_STAGES = (
    Stage("pending", 1 * MINUTE, 3, 3),
    Stage("downloading/converting", 9 * MINUTE, 19, 97),
)
# Messages: the examples of ExportImage, "validating" at 0, and DescribeExportImageTasks, "updating" at 21;
# tommybobbins/super-duper-doodle, "converting" at 85. Durations are assumed.
EXPORT_STAGES = (
    Stage("validating", 2 * MINUTE, 0, 15),
    Stage("updating", 8 * MINUTE, 21, 60),
    Stage("converting", 20 * MINUTE, 65, 97),
)
# The states of DescribeCustomWorkspaceImageImport as the service model lists them. Order, percentages and durations are
# assumed; together they are two hours, longer than ImportWorkspaceImage because the guest is also tested.
CUSTOM_IMPORT_STAGES = (
    Stage("PENDING", 1 * MINUTE, 0, 1),
    Stage("IN_PROGRESS", 4 * MINUTE, 2, 5),
    Stage("PROCESSING_SOURCE_IMAGE", 15 * MINUTE, 6, 15),
    Stage("IMAGE_TESTING_START", 5 * MINUTE, 16, 20),
    Stage("UPDATING_OPERATING_SYSTEM", 20 * MINUTE, 21, 35),
    Stage("IMAGE_COMPATIBILITY_CHECKING", 10 * MINUTE, 36, 43),
    Stage("IMAGE_TESTING_GENERALIZATION", 10 * MINUTE, 44, 51),
    Stage("CREATING_TEST_INSTANCE", 10 * MINUTE, 52, 59),
    Stage("INSTALLING_COMPONENTS", 15 * MINUTE, 60, 70),
    Stage("GENERALIZING", 10 * MINUTE, 71, 79),
    Stage("VALIDATING", 10 * MINUTE, 80, 89),
    Stage("PUBLISHING", 10 * MINUTE, 90, 99),
)
COMPATIBLE_PERCENT = 44
"""The percentage at which ImportCustomWorkspaceImage reports failures of the guest. Assumed."""
UPLOADING_PERCENT = 65
"""The percentage at which an export starts to write its object. Assumed."""
TRANSFERRING_PERCENT = 85
"""The percentage at which an export transfers the final disk image and can no longer be cancelled. The value is
assumed. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CancelExportTask.html"""
VALIDATED_PERCENT = 12
"""The percentage at which the service has validated the disk and reports failures of its content."""
BOOTING_PERCENT = 65
"""The percentage at which the service boots the guest and reports failures of the operating system."""


@dataclass
class SimulationSettings:
    """Durations in seconds of the sandbox's clock and quotas. They may be changed at any time."""

    import_stages: Sequence[Stage] = IMPORT_STAGES
    snapshot_stages: Sequence[Stage] = SNAPSHOT_STAGES
    export_stages: Sequence[Stage] = EXPORT_STAGES
    custom_import_stages: Sequence[Stage] = CUSTOM_IMPORT_STAGES
    deleting_seconds: float = 1 * MINUTE
    """How long a failed or cancelled task is `deleting` before it is `deleted`. Assumed."""
    task_retention_seconds: float = 7 * DAY
    """How long a completed task is listed. Assumed."""
    active_import_quota: int = 5
    """Maximum number of active image and snapshot import tasks in a Region.
    Source: https://docs.aws.amazon.com/general/latest/gr/vmimportexport.html"""
    active_export_quota: int = 5
    """Maximum number of active image and instance export tasks in a Region. Source: as above."""
    quota_error_code: str = "ResourceCountExceeded"
    """EC2's error code when a quota is exceeded. Assumed: EC2 also has ResourceLimitExceeded."""
    copy_image_seconds: float = 5 * MINUTE
    """How long the copy of an AMI is `pending`. Assumed; in EC2 it depends on the size."""
    enable_fast_launch_seconds: float = 20 * MINUTE
    """How long EC2 Fast Launch is `enabling`, until the first snapshot exists. Assumed; EC2 gives up after 30 minutes.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-fast-launch-troubleshoot.html"""
    disable_fast_launch_seconds: float = 5 * MINUTE
    """How long EC2 Fast Launch is `disabling`. Assumed."""
    complete_snapshot_seconds: float = 30.0
    """How long a snapshot is `pending` after CompleteSnapshot. Assumed.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html"""
    pending_snapshot_quota: int = 100
    """Maximum number of pending snapshots of StartSnapshot in a Region.
    Source: https://docs.aws.amazon.com/general/latest/gr/ebs-service.html"""
    client_token_seconds: float = 1 * DAY
    """How long StartSnapshot and CopyImage return the resource of an earlier call with the same token. Assumed."""
    iam_propagation_seconds: float = 10.0
    """How long VM Import does not see a new or changed role. Assumed; IAM documents no duration."""
    deregistered_image_seconds: float = 1 * HOUR
    """How long DescribeImages returns an empty list, not an error, for a deregistered AMI. Assumed."""
    import_workspace_image_seconds: float = 90 * MINUTE
    """Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"""
    create_workspace_image_seconds: float = 45 * MINUTE
    """Assumed: half the duration of an ingestion, which also installs software."""
    copy_workspace_image_seconds: float = 30 * MINUTE
    """How long the copy of a WorkSpaces image is PENDING. Assumed."""
    update_workspace_image_seconds: float = 45 * MINUTE
    """How long the image of CreateUpdatedWorkspaceImage is PENDING. Assumed: as CreateWorkspaceImage."""
    create_bundle_seconds: float = 2 * MINUTE
    """How long a new bundle is PENDING. Assumed."""
    modify_account_seconds: float = 10 * MINUTE
    """How long ModifyAccount enables BYOL. Assumed."""
    distribution_pending_seconds: float = 30.0
    """How long an Image Builder image is PENDING before its copies start. Assumed."""
    cancel_image_seconds: float = 30.0
    """How long CancelImageCreation takes. Assumed."""
    lifecycle_execution_seconds: float = 1 * MINUTE
    """How long StartResourceStateUpdate takes to delete AMIs and snapshots. Assumed."""
    import_disk_image_seconds: float = 60 * MINUTE
    """How long ImportDiskImage takes to create the AMI from an ISO file. Assumed."""
    workspace_image_quota: int = 40
    """Maximum number of WorkSpaces images in a Region, without images shared by other accounts.
    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/workspaces-limits.html"""
    workspace_bundle_quota: int = 50
    """Maximum number of bundles in a Region. Source: as above."""

    @property
    def import_seconds(self) -> float:
        """Duration of an image import."""
        return duration(self.import_stages)

    @property
    def snapshot_seconds(self) -> float:
        """Duration of a snapshot import."""
        return duration(self.snapshot_stages)

    @property
    def export_seconds(self) -> float:
        """Duration of an export."""
        return duration(self.export_stages)

    @property
    def custom_import_seconds(self) -> float:
        """Duration of ImportCustomWorkspaceImage after its source is available."""
        return duration(self.custom_import_stages)

    def seconds_until(self, percent: float) -> float:
        """The time at which an image import reaches a percentage, in seconds after its start."""
        return seconds_until(self.import_stages, percent)

    def copy_from(self, other: "SimulationSettings") -> None:
        """Copy all values from other settings."""
        for name in fields(other):
            setattr(self, name.name, getattr(other, name.name))

    def copy(self) -> "SimulationSettings":
        """An independent copy."""
        return replace(self)


def duration(stages: Sequence[Stage]) -> float:
    """Total duration of stages in seconds."""
    return sum(stage.seconds for stage in stages)


def seconds_until(stages: Sequence[Stage], percent: float) -> float:
    """The time at which a task reaches a percentage; its total duration if no stage reaches it."""
    before = 0.0
    for stage in stages:
        if percent <= stage.first_percent:
            return before
        if percent <= stage.last_percent:
            share = (percent - stage.first_percent) / (stage.last_percent - stage.first_percent)
            return before + share * stage.seconds
        before += stage.seconds
    return before


def stage_after(stages: Sequence[Stage], seconds: float) -> tuple[Stage, int]:
    """The stage and the percentage of a task some seconds after its start."""
    before = 0.0
    for stage in stages:
        if seconds < before + stage.seconds:
            share = (seconds - before) / stage.seconds
            return stage, int(stage.first_percent + share * (stage.last_percent - stage.first_percent))
        before += stage.seconds
    raise ValueError(f"seconds: expected less than {before}, got {seconds}")
