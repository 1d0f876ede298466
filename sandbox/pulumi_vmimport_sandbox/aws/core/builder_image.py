"""Images of EC2 Image Builder, which moto does not implement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_vmimport_sandbox.aws.core.distribution_configuration import date_text

IN_PROGRESS = frozenset({"PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING"})


@dataclass(frozen=True)
class RegionFailure:
    """Why an image was not distributed to an account in a Region."""

    region: str
    account: str
    status: str
    """FAILED, CANCELLED or TIMED_OUT."""
    step: str | None
    """The step after the copy that failed; None for the copy."""
    message: str

    def to_api(self) -> dict[str, Any]:
        """An element of regionFailures."""
        step = {"imageConfigurationStep": self.step} if self.step else {}
        return {
            "region": self.region,
            "targetAccountId": self.account,
            "status": self.status,
            "errorMessage": self.message,
            **step,
        }


@dataclass(kw_only=True)
class ImageCopy:
    """The copy of an image for an account in a Region."""

    region: str
    account: str
    distribution: Mapping[str, Any]
    """The settings of the Region in the distribution configuration."""
    ami: Any = None
    """moto's AMI, once the copy has started."""
    export: Any = None
    """The export task of the disk image, once it has started."""
    is_done: bool = False
    failure: RegionFailure | None = None

    def to_api(self) -> dict[str, Any]:
        """An element of outputResources.amis. That the list has unfinished copies is assumed."""
        status = "FAILED" if self.failure else "AVAILABLE" if self.is_done else "DISTRIBUTING"
        described = {
            "region": self.region,
            "accountId": self.account,
            "image": self.ami.id,
            "name": self.ami.name,
            "description": self.ami.description,
            "state": {"status": status},
        }
        return {name: value for name, value in described.items() if value is not None}


@dataclass(kw_only=True)
class BuilderImage:
    """A build version of an image."""

    arn: str
    name: str
    version: str
    """For example 1.0.0/1."""
    owner: str
    created_at: float
    started_at: float
    """The time of the request that started the work: DistributeImage or RetryImage."""
    execution_role: str | None
    tags: dict[str, str]
    platform: str | None = None
    os_version: str | None = None
    import_task_id: str | None = None
    """The import task whose AMI it has (ImportVmImage)."""
    iso_uri: str | None = None
    """The disk image that is installed (ImportDiskImage)."""
    log_group: str | None = None
    source_ami: str | None = None
    configuration: Mapping[str, Any] | None = None
    """The distribution configuration at the start: a later change does not affect the image. Assumed for RetryImage."""
    copies: list[ImageCopy] = field(default_factory=list)
    status: str = "PENDING"
    reason: str | None = None
    failed_at: str | None = None
    """The status in which the image failed."""
    cancelled_at: float | None = None
    build_type: str | None = None
    lifecycle_execution: str | None = None

    @property
    def failures(self) -> list[RegionFailure]:
        """The failures of its copies."""
        return [copy.failure for copy in self.copies if copy.failure]

    def to_api(self) -> dict[str, Any]:
        """Its description in GetImage."""
        described = {
            **self.to_summary(),
            "distributionConfiguration": self.configuration,
            "executionRole": self.execution_role,
        }
        described.pop("owner")
        return {name: value for name, value in described.items() if value is not None}

    def to_summary(self) -> dict[str, Any]:
        """Its description in ListImageBuildVersions."""
        described = {
            "arn": self.arn,
            "type": "AMI",
            "name": self.name,
            "version": self.version,
            "owner": self.owner,
            "platform": self.platform,
            "osVersion": self.os_version,
            "state": self._state(),
            "dateCreated": date_text(self.created_at),
            "outputResources": {"amis": [copy.to_api() for copy in self.copies if copy.ami is not None]},
            "tags": dict(self.tags),
            "buildType": self.build_type,
            "lifecycleExecutionId": self.lifecycle_execution,
            "loggingConfiguration": {"logGroupName": self.log_group} if self.log_group else None,
        }
        return {name: value for name, value in described.items() if value is not None}

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"status": self.status}
        if self.reason:
            state["reason"] = self.reason
        if self.status == "FAILED":
            failures = [failure.to_api() for failure in self.failures]
            distribution = {"errorMessage": self.reason, "regionFailures": failures}
            context = {"distributionFailure": distribution} if failures else {}
            state["failureContext"] = {"imageStatus": self.failed_at, **context}
        return state


@dataclass(kw_only=True)
class LifecycleExecution:
    """The change of the state of an image with its AMIs; a deletion may include their snapshots."""

    id: str
    image_arn: str
    target: str
    """The new state of the image."""
    started_at: float
    ends_at: float
    with_snapshots: bool
    with_amis: bool = True
    exclusions: Mapping[str, Any] = field(default_factory=dict)
    """The exclusion rules for AMIs"""
    status: str = "IN_PROGRESS"
    reason: str | None = None
    resources: list[dict[str, Any]] = field(default_factory=list)
    """The AMIs with the result of each."""

    def to_api(self) -> dict[str, Any]:
        """Its description in GetLifecycleExecution."""
        described = {
            "lifecycleExecutionId": self.id,
            "resourcesImpactedSummary": {"hasImpactedResources": self.status == "IN_PROGRESS" or bool(self.resources)},
            "state": self.state(),
            "startTime": self.started_at,
        }
        return {**described, **({} if self.status == "IN_PROGRESS" else {"endTime": self.ends_at})}

    def state(self) -> dict[str, str]:
        """Its status and reason."""
        return {"status": self.status, **({"reason": self.reason} if self.reason else {})}
