"""Image Builder calls for images: distribute, retry, cancel, describe, delete."""

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from pulumi_vmimport_sandbox.aws.core.builder_image import (
    IN_PROGRESS,
    BuilderImage,
    ImageCopy,
    LifecycleExecution,
)
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import execution_role
from pulumi_vmimport_sandbox.aws.image_builder.distribution_run import retry
from pulumi_vmimport_sandbox.aws.image_builder.image_source import latest_available, source_ami
from pulumi_vmimport_sandbox.aws.image_builder.image_state_updates import validated_target
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import invalid_value
from pulumi_vmimport_sandbox.aws.image_builder.regional_image_builder_calls import (
    RegionalImageBuilderCalls,
    not_found,
)

_LOG_GROUPS = "/aws/imagebuilder/"


class ImageCalls(RegionalImageBuilderCalls):
    """DistributeImage, RetryImage, CancelImageCreation, GetImage, the List calls, DeleteImage, the lifecycle calls."""

    def distribute_image(self) -> ActionResult:
        return self.answered_once(self._distribute)

    def retry_image(self) -> ActionResult:
        return self.answered_once(self._retry)

    def cancel_image_creation(self) -> ActionResult:
        return self.answered_once(self._cancel)

    def start_resource_state_update(self) -> ActionResult:
        return self.answered_once(self._update_state)

    def get_image(self) -> ActionResult:
        image = latest_available(self.resources, self.request["imageBuildVersionArn"])
        return ActionResult({"requestId": "sandbox", "image": image.to_api()})

    def list_images(self) -> ActionResult:
        filters = self.filters("name", "osVersion", "platform", "type", "version")
        versions: dict[str, dict[str, Any]] = {}
        for image in self.resources.images.values():
            described = image.to_summary() | {"arn": image.arn.rpartition("/")[0]}
            described["version"] = image.version.partition("/")[0]
            kept = {"arn", "name", "type", "version", "platform", "owner", "dateCreated", "buildType"}
            if all(described.get(name) in values for name, values in filters):
                versions[described["arn"]] = {name: described[name] for name in kept & described.keys()}
        return self.page("imageVersionList", versions)

    def list_image_build_versions(self) -> ActionResult:
        filters = self.filters("name", "osVersion", "platform", "type", "version")
        version = self.request.get("imageVersionArn")
        found = {
            arn: image.to_summary()
            for arn, image in self.resources.images.items()
            if version in {None, arn.rpartition("/")[0]}
            and all(image.to_summary().get(name) in values for name, values in filters)
        }
        return self.page("imageSummaryList", found)

    def delete_image(self) -> ActionResult:
        image = self._image("imageBuildVersionArn")
        if image.status in IN_PROGRESS:
            text = f"Resource dependency error: The resource ARN '{image.arn}' has other resources depended on it."
            raise ServiceError("ResourceDependencyException", text)
        del self.resources.images[image.arn]
        return ActionResult({"requestId": "sandbox", "imageBuildVersionArn": image.arn})

    def get_lifecycle_execution(self) -> ActionResult:
        return ActionResult({"lifecycleExecution": self._execution().to_api()})

    def list_lifecycle_execution_resources(self) -> ActionResult:
        execution = self._execution()
        shown = {"lifecycleExecutionId": execution.id, "lifecycleExecutionState": execution.state()}
        answer = self.page("resources", {entry["resourceId"]: entry for entry in execution.resources})
        return ActionResult({**answer.result, **shown})

    def _image(self, member: str) -> BuilderImage:
        arn = self.request[member]
        if arn not in self.resources.images:
            raise not_found(arn)
        return self.resources.images[arn]

    def _execution(self) -> LifecycleExecution:
        id = self.request["lifecycleExecutionId"]
        if id not in self.resources.executions:
            raise ServiceError("ResourceNotFoundException", f"The lifecycle execution '{id}' does not exist.")
        return self.resources.executions[id]

    def _distribute(self) -> Mapping[str, Any]:
        request, here = self.request, self.account_region
        arn = request["distributionConfigurationArn"]
        if arn not in self.resources.configurations:
            raise not_found(arn)
        configuration = self.resources.configurations[arn]
        source = source_ami(here, self.resources, request["sourceImage"])
        execution_role(self.cloud, here, request["executionRole"])
        log_group = self.log_group()
        copies = [
            ImageCopy(region=distribution["region"], account=account, distribution=distribution)
            for distribution in configuration.distributions
            for account in (distribution.get("amiDistributionConfiguration") or {}).get("targetAccountIds")
            or [here.account]
        ]
        # That the image has the name of the configuration is assumed.
        image = self.new_image(configuration.name, "1.0.0", request.get("tags") or {}, request["executionRole"])
        image.platform = "Windows" if source.platform == "windows" else "Linux"
        image.source_ami, image.configuration, image.copies = source.id, configuration.to_api(), copies
        image.log_group = log_group
        return {"imageBuildVersionArn": image.arn}

    def log_group(self) -> str | None:
        """The log group of the request.

        Raises:
            ServiceError: Image Builder does not write to it. Only ImportVmImage documents this.
        """
        name = (self.request.get("loggingConfiguration") or {}).get("logGroupName")
        if name is not None and not name.startswith(_LOG_GROUPS):
            raise invalid_value("loggingConfiguration.logGroupName", f"The name must start with {_LOG_GROUPS}.")
        return name

    def new_image(self, name: str, version: str, tags: Mapping[str, str], role: str | None) -> BuilderImage:
        """A new build of an image version."""
        number = 1 + sum(arn.startswith(f"{self.arn('image', name)}/{version}/") for arn in self.resources.started)
        now = self.cloud.now
        image = BuilderImage(
            arn=f"{self.arn('image', name)}/{version}/{number}",
            name=name,
            version=f"{version}/{number}",
            owner=self.account_region.account,
            created_at=now,
            started_at=now,
            execution_role=role,
            tags=dict(tags),
        )
        self.resources.images[image.arn] = image
        self.resources.started.append(image.arn)
        return image

    def _retry(self) -> Mapping[str, Any]:
        image = self._image("imageBuildVersionArn")
        if image.status not in {"FAILED", "CANCELLED"}:  # assumed
            text = f"The image {image.arn} is {image.status}; only FAILED and CANCELLED images can be retried."
            raise ServiceError("InvalidRequestException", text)
        retry(image, self.cloud.now)
        return {"imageBuildVersionArn": image.arn}

    def _cancel(self) -> Mapping[str, Any]:
        image = self._image("imageBuildVersionArn")
        if image.status not in IN_PROGRESS:  # assumed
            raise ServiceError("InvalidRequestException", f"The image {image.arn} is {image.status}.")
        image.cancelled_at = self.cloud.now if image.cancelled_at is None else image.cancelled_at
        return {"imageBuildVersionArn": image.arn}

    def _update_state(self) -> Mapping[str, Any]:
        request, image = self.request, self._image("resourceArn")
        now = self.cloud.now
        target = validated_target(request, image, now)
        if "includeResources" not in request and "updateAt" not in request:
            image.status = target
            return {"resourceArn": image.arn}
        running = [one for one in self.resources.executions.values() if one.image_arn == image.arn]
        if any(one.status == "IN_PROGRESS" for one in running):
            text = f"The image {image.arn} has a lifecycle execution in progress."
            raise ServiceError("ResourceInUseException", text)
        if "executionRole" in request:
            execution_role(self.cloud, self.account_region, request["executionRole"])
            image.execution_role = request["executionRole"]
        included, scheduled = request.get("includeResources", {}), request.get("updateAt")
        execution = LifecycleExecution(
            id=f"lce-{mock_random.uuid4()}",
            image_arn=image.arn,
            target=target,
            started_at=now,
            ends_at=scheduled.timestamp() if scheduled else now + self.cloud.settings.lifecycle_execution_seconds,
            with_amis=bool(included.get("amis")),
            with_snapshots=bool(included.get("snapshots")),
            exclusions=request.get("exclusionRules", {}).get("amis", {}),
        )
        self.resources.executions[execution.id] = execution
        image.lifecycle_execution = execution.id
        return {"lifecycleExecutionId": execution.id, "resourceArn": image.arn}
