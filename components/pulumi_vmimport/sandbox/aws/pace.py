"""How long AWS's asynchronous work takes in the sandbox, and the limits around it: data that a test may change."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Stage:
    """One step of an import as DescribeImportImageTasks shows it; the percentage grows evenly from first to last."""

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
VALIDATED_PERCENT = 12
"""Where the service knows what the disk is: failures of its content come here."""
BOOTING_PERCENT = 65
"""Where the service runs the guest: failures of the operating system come here."""


@dataclass
class AwsPace:
    """Durations in seconds of the sandbox's clock, and quotas. Change them at any time."""

    import_stages: Sequence[Stage] = IMPORT_STAGES
    deleting_seconds: float = 1 * MINUTE
    """How long a failed or cancelled import reads `deleting` before it reads `deleted`. Assumed."""
    task_retention_seconds: float = 7 * DAY
    """How long an ended import task is listed. Source: api-facts.md section 1."""
    active_import_quota: int = 5
    """Import tasks that may be active at once in a Region (IMG-18)."""
    quota_error_code: str = "ResourceCountExceeded"
    """EC2's error code for one task too many. Assumed: EC2 also has ResourceLimitExceeded."""
    iam_propagation_seconds: float = 10.0
    """How long a new or changed role is not yet there for VM import. Assumed; IAM promises no number."""
    deregistered_image_seconds: float = 1 * HOUR
    """How long a deregistered AMI id gives an empty list rather than an error. Assumed."""
    import_workspace_image_seconds: float = 90 * MINUTE
    """WS-02: at least 90 minutes."""
    create_workspace_image_seconds: float = 45 * MINUTE
    """Assumed: half of an ingestion, which also installs what the guest lacks."""

    @property
    def import_seconds(self) -> float:
        """How long a whole import takes."""
        return sum(stage.seconds for stage in self.import_stages)

    def seconds_until(self, percent: float) -> float:
        """After how long an import reaches a percentage; the whole import where none of its stages does."""
        before = 0.0
        for stage in self.import_stages:
            if percent <= stage.first_percent:
                return before
            if percent <= stage.last_percent:
                share = (percent - stage.first_percent) / (stage.last_percent - stage.first_percent)
                return before + share * stage.seconds
            before += stage.seconds
        return before

    def stage_after(self, seconds: float) -> tuple[Stage, int]:
        """The stage of an import so long after its start, and its percentage."""
        before = 0.0
        for stage in self.import_stages:
            if seconds < before + stage.seconds:
                share = (seconds - before) / stage.seconds
                return stage, int(stage.first_percent + share * (stage.last_percent - stage.first_percent))
            before += stage.seconds
        raise ValueError(f"an import is over after {before} seconds, there is no stage after {seconds}")

    def copy_from(self, other: "AwsPace") -> None:
        """Take another's values, in place."""
        for name in fields(other):
            setattr(self, name.name, getattr(other, name.name))

    def copy(self) -> "AwsPace":
        """The same values, apart from this."""
        return replace(self)
