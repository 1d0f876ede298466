"""How long AWS's asynchronous work takes in the sandbox, and the limits around it: data that a test may change."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Stage:
    """One step of a task as its Describe call shows it; the percentage grows evenly from first to last."""

    message: str
    seconds: float
    first_percent: int
    last_percent: int


# Order and words: https://docs.aws.amazon.com/vm-import/latest/userguide/import-vm-image.html and public task listings
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
# Words and first percentages: https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-import-snapshot.html and
# public task listings. Durations are assumed; there is nothing to boot.
SNAPSHOT_STAGES = (
    Stage("pending", 1 * MINUTE, 3, 3),
    Stage("downloading/converting", 9 * MINUTE, 19, 97),
)
# Words: the examples of ExportImage, "validating" at 0, and DescribeExportImageTasks, "updating" at 21;
# tommybobbins/super-duper-doodle, "converting" at 85. Durations are assumed.
EXPORT_STAGES = (
    Stage("validating", 2 * MINUTE, 0, 15),
    Stage("updating", 8 * MINUTE, 21, 60),
    Stage("converting", 20 * MINUTE, 65, 97),
)
# The states of DescribeCustomWorkspaceImageImport as the service model lists them. Order, percentages and durations are
# assumed; together they are two hours, more than the ingestion of ImportWorkspaceImage, as the guest is also tested.
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
"""Where ImportCustomWorkspaceImage has checked the guest: failures of it come here. Assumed."""
UPLOADING_PERCENT = 65
"""Where the service begins to write the object of an export. Assumed."""
TRANSFERRING_PERCENT = 85
"""Where an export writes its last disk, from which on it cannot be cancelled (EXP-06). The number is assumed."""
VALIDATED_PERCENT = 12
"""Where the service knows what the disk is: failures of its content come here."""
BOOTING_PERCENT = 65
"""Where the service runs the guest: failures of the operating system come here."""


@dataclass
class SimulationSettings:
    """Durations in seconds of the sandbox's clock, and quotas. Change them at any time."""

    import_stages: Sequence[Stage] = IMPORT_STAGES
    snapshot_stages: Sequence[Stage] = SNAPSHOT_STAGES
    export_stages: Sequence[Stage] = EXPORT_STAGES
    custom_import_stages: Sequence[Stage] = CUSTOM_IMPORT_STAGES
    deleting_seconds: float = 1 * MINUTE
    """How long a failed or cancelled task reads `deleting` before it reads `deleted`. Assumed."""
    task_retention_seconds: float = 7 * DAY
    """How long an ended task is listed. Source: api-facts.md section 1."""
    active_import_quota: int = 5
    """Import tasks, of images and snapshots together, that may be active at once in a Region (IMG-18)."""
    active_export_quota: int = 5
    """Export tasks, of images and instances together, that may be active at once in a Region (EXP-04)."""
    quota_error_code: str = "ResourceCountExceeded"
    """EC2's error code for one task too many. Assumed: EC2 also has ResourceLimitExceeded."""
    copy_image_seconds: float = 5 * MINUTE
    """How long the copy of an AMI is `pending`. Assumed; it depends on the size."""
    complete_snapshot_seconds: float = 30.0
    """How long a snapshot is `pending` after CompleteSnapshot, which starts an asynchronous workflow. Assumed.
    Source: https://docs.aws.amazon.com/ebs/latest/userguide/writesnapshots.html"""
    pending_snapshot_quota: int = 100
    """Snapshots that StartSnapshot may have open at once in a Region.
    Source: https://docs.aws.amazon.com/general/latest/gr/ebs-service.html"""
    client_token_seconds: float = 1 * DAY
    """How long StartSnapshot and CopyImage answer a token again with what they made, deleted or not. Assumed."""
    iam_propagation_seconds: float = 10.0
    """How long a new or changed role is not yet there for VM import. Assumed; IAM promises no number."""
    deregistered_image_seconds: float = 1 * HOUR
    """How long a deregistered AMI id gives an empty list rather than an error. Assumed."""
    import_workspace_image_seconds: float = 90 * MINUTE
    """WS-02: at least 90 minutes."""
    create_workspace_image_seconds: float = 45 * MINUTE
    """Assumed: half of an ingestion, which also installs what the guest lacks."""
    copy_workspace_image_seconds: float = 30 * MINUTE
    """How long the copy of a WorkSpaces image is PENDING. Assumed."""
    update_workspace_image_seconds: float = 45 * MINUTE
    """How long the image of CreateUpdatedWorkspaceImage is PENDING. Assumed: as one of a WorkSpace."""
    create_bundle_seconds: float = 2 * MINUTE
    """How long a new bundle is PENDING. Assumed."""
    modify_account_seconds: float = 10 * MINUTE
    """How long ModifyAccount enables BYOL. Assumed."""
    workspace_image_quota: int = 40
    """WorkSpaces images of an account in a Region, those shared with it not counted (WS-06).
    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/workspaces-limits.html"""
    workspace_bundle_quota: int = 50
    """Bundles of an account in a Region. Source: as above."""

    @property
    def import_seconds(self) -> float:
        """How long the import of an image takes."""
        return duration(self.import_stages)

    @property
    def snapshot_seconds(self) -> float:
        """How long the import of a snapshot takes."""
        return duration(self.snapshot_stages)

    @property
    def export_seconds(self) -> float:
        """How long an export takes."""
        return duration(self.export_stages)

    @property
    def custom_import_seconds(self) -> float:
        """How long ImportCustomWorkspaceImage takes, once its source is there."""
        return duration(self.custom_import_stages)

    def seconds_until(self, percent: float) -> float:
        """After how long the import of an image reaches a percentage."""
        return seconds_until(self.import_stages, percent)

    def copy_from(self, other: "SimulationSettings") -> None:
        """Take another's values, in place."""
        for name in fields(other):
            setattr(self, name.name, getattr(other, name.name))

    def copy(self) -> "SimulationSettings":
        """The same values, apart from this."""
        return replace(self)


def duration(stages: Sequence[Stage]) -> float:
    """How long all stages take, in seconds."""
    return sum(stage.seconds for stage in stages)


def seconds_until(stages: Sequence[Stage], percent: float) -> float:
    """After how long a task reaches a percentage; the whole of it where none of its stages does."""
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
    """The stage of a task so long after its start, and its percentage."""
    before = 0.0
    for stage in stages:
        if seconds < before + stage.seconds:
            share = (seconds - before) / stage.seconds
            return stage, int(stage.first_percent + share * (stage.last_percent - stage.first_percent))
        before += stage.seconds
    raise ValueError(f"a task is over after {before} seconds, there is no stage after {seconds}")
