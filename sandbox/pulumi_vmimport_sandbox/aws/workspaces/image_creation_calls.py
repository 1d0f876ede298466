"""WorkSpaces calls that create an image from an AMI, a WorkSpace or another image."""

from collections.abc import Sequence
from typing import Any, TypeVar

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.utilities.utils import get_partition
from moto.workspaces.models import workspaces_backends

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.fault_injection import WorkspaceImageFailure
from pulumi_vmimport_sandbox.aws.core.guest_system import GuestSystem
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask
from pulumi_vmimport_sandbox.aws.workspaces import custom_import_validation, ingestion_validation
from pulumi_vmimport_sandbox.aws.workspaces.custom_workspace_image import CustomWorkspaceImage
from pulumi_vmimport_sandbox.aws.workspaces.pending_workspace_image import PendingWorkspaceImage
from pulumi_vmimport_sandbox.aws.workspaces.regional_workspaces_calls import RegionalWorkspacesCalls, require_available
from pulumi_vmimport_sandbox.aws.workspaces.shared_workspace_images import workspace_images_shared_with

Image = TypeVar("Image", bound=PendingWorkspaceImage)
# Partitions without copies between Regions.
# Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/copy-custom-image.html
_COPIES_WITHIN = {"aws-cn": "in the China Regions", "aws-us-gov": "in AWS GovCloud (US)"}


class ImageCreationCalls(RegionalWorkspacesCalls):
    """The imports, CreateWorkspaceImage, CopyWorkspaceImage and CreateUpdatedWorkspaceImage."""

    def import_workspace_image(self) -> ActionResult:
        request = self.request
        ingestion_validation.check_names(request["ImageName"], request["ImageDescription"])
        ami = self._own_ami(request["Ec2ImageId"])
        guest = getattr(ami, "guest", None)
        ingestion_validation.check_ingestion(request, guest)
        self._require_byol()
        image = self._new_image(PendingWorkspaceImage, request["ImageName"], request["ImageDescription"], guest)
        failure = self._failure(ingestion_validation.late_failure(request["IngestionProcess"], guest))
        seconds = self.cloud.settings.import_workspace_image_seconds
        image.start(at=self.cloud.now, seconds=seconds, tenancy="DEDICATED", failure=failure)
        return ActionResult({"ImageId": image.image_id})

    def import_custom_workspace_image(self) -> ActionResult:
        request = self.request
        ingestion_validation.check_names(request["ImageName"], request["ImageDescription"])
        custom_import_validation.check(request)
        task, guest = self._custom_source(request["ImageSource"])
        self._require_byol()
        image = self._new_image(CustomWorkspaceImage, request["ImageName"], request["ImageDescription"], guest)
        failure = self._failure(custom_import_validation.late_failure(request["OsVersion"], guest))
        image.begin(request, self.cloud.settings, at=self.cloud.now, task=task, failure=failure)
        return ActionResult({"ImageId": image.image_id, "State": image.progress.state})

    def describe_custom_workspace_image_import(self) -> ActionResult:
        image = self.images.get(self.request["ImageId"])
        if not isinstance(image, CustomWorkspaceImage):
            text = f"There is no custom import of the image {self.request['ImageId']}."
            raise ServiceError("ResourceNotFoundException", text)
        return ActionResult(image.to_api())

    def create_workspace_image(self) -> ActionResult:
        request = self.request
        ingestion_validation.check_names(request["Name"], request["Description"])
        workspace = self.workspaces_backend.workspaces.get(request["WorkspaceId"])
        if workspace is None:
            raise ServiceError("ResourceNotFoundException", f"The WorkSpace {request['WorkspaceId']} does not exist.")
        if workspace.state != "AVAILABLE":
            text = f"The WorkSpace {workspace.workspace_id} is in state {workspace.state}; it must be AVAILABLE."
            raise ServiceError("InvalidResourceStateException", text)
        directory = self.workspaces_backend.workspace_directories[workspace.directory_id]
        image = self._new_image(PendingWorkspaceImage, request["Name"], request["Description"], None)
        image.start(
            at=self.cloud.now,
            seconds=self.cloud.settings.create_workspace_image_seconds,
            tenancy="DEDICATED" if directory.tenancy == "DEDICATED" else "DEFAULT",
            failure=self._failure(()),
            workspace=workspace,
        )
        return ActionResult(image.to_dict())

    def copy_workspace_image(self) -> ActionResult:
        request = self.request
        source = self._copyable(request["SourceImageId"], request["SourceRegion"])
        # Assumed default: the description of the source.
        description = request.get("Description") or source.description
        ingestion_validation.check_names(request["Name"], description)
        if source.is_byol:
            self._require_byol()
        image = self._new_image(PendingWorkspaceImage, request["Name"], description, source.guest)
        self._start_like(image, source, self.cloud.settings.copy_workspace_image_seconds)
        return ActionResult({"ImageId": image.image_id})

    def create_updated_workspace_image(self) -> ActionResult:
        request = self.request
        ingestion_validation.check_names(request["Name"], request["Description"])
        source = self.own_image(request["SourceImageId"])
        require_available(source, "InvalidResourceStateException")
        if not ingestion_validation.can_be_updated(source.guest):
            text = "Only images of Windows 10, Windows Server 2016 and Windows Server 2019 can be updated."
            raise ServiceError("OperationNotSupportedException", text)
        if not source.updates["UpdateAvailable"]:
            text = f"There is no update for the image {source.image_id}."
            raise ServiceError("OperationNotSupportedException", text)
        image = self._new_image(PendingWorkspaceImage, request["Name"], request["Description"], source.guest)
        self._start_like(image, source, self.cloud.settings.update_workspace_image_seconds)
        return ActionResult({"ImageId": image.image_id})

    def _own_ami(self, image_id: str) -> Any:
        ami = ec2_backends[self.current_account][self.region].amis.get(image_id)
        if ami is None or ami.owner_id != self.current_account:
            raise ServiceError("ResourceNotFoundException", f"The EC2 image {image_id} does not exist in this account.")
        if ami.state != "available":
            raise ingestion_validation.invalid(f"The EC2 image {image_id} is {ami.state}.")
        if (ami.platform or "").lower() != "windows":
            raise ingestion_validation.invalid(f"The EC2 image {image_id} is not a Windows image.")
        if ami.state != "available":
            raise ingestion_validation.invalid(
                f"The EC2 image {image_id} is in state {ami.state}; it must be available."
            )
        if getattr(ami, "is_encrypted", False):
            raise ingestion_validation.invalid(f"The EC2 image {image_id} has encrypted volumes.")
        return ami

    def _built_ami(self, arn: str) -> str | None:
        """The AMI of an Image Builder image; None for an image that the sandbox does not have."""
        image = self.cloud.image_builder[self.account_region].images.get(arn)
        if image is None:
            return None
        if image.status != "AVAILABLE":
            raise ingestion_validation.invalid(f"The image {arn} is {image.status}; it must be AVAILABLE.")
        return str(image.copies[0].ami.id)

    def _custom_source(self, source: dict[str, str]) -> tuple[SimulatedImportTask | None, GuestSystem | None]:
        """The import task to wait for and the guest. An Image Builder image of another owner has an unknown guest."""
        task_id = source.get("Ec2ImportTaskId")
        if not task_id:
            image_id = source.get("Ec2ImageId") or self._built_ami(source["ImageBuildVersionArn"])
            return None, getattr(self._own_ami(image_id), "guest", None) if image_id else None
        task = self.cloud.tasks[self.account_region].get(task_id)
        if not isinstance(task, SimulatedImportTask):
            raise ServiceError("ResourceNotFoundException", f"The import task {task_id} does not exist.")
        status = self.cloud.status(task)
        if status not in {"active", "completed"}:
            raise ingestion_validation.invalid(
                f"The import task {task_id} is {status}; it must be active or completed."
            )
        if task.image_id:
            self._own_ami(task.image_id)
        if not task.guest.is_windows:
            raise ingestion_validation.invalid(f"The import task {task_id} does not import Windows.")
        if task.request.get("Encrypted"):
            raise ingestion_validation.invalid(f"The import task {task_id} creates encrypted volumes.")
        return task, task.guest

    def _copyable(self, image_id: str, region: str) -> PendingWorkspaceImage:
        """The source of a copy: an own or shared image."""
        partition = get_partition(self.region)
        if get_partition(region) != partition:
            raise ingestion_validation.invalid(f"The source Region {region!r} is in another partition.")
        if region != self.region and partition in _COPIES_WITHIN:
            text = f"Images are copied only within a Region {_COPIES_WITHIN[partition]}."
            raise ServiceError("OperationNotSupportedException", text)
        if region not in workspaces_backends[self.current_account]:
            raise ingestion_validation.invalid(f"The source Region {region!r} has no WorkSpaces.")
        there = AccountRegion(self.account_region.account, region)
        own = workspaces_backends[there.account][region].workspace_images
        images: dict[str, PendingWorkspaceImage] = {
            image.image_id: image for image in (*own.values(), *workspace_images_shared_with(there))
        }
        if image_id not in images:
            raise ServiceError("ResourceNotFoundException", f"The image {image_id} does not exist in {region}.")
        require_available(images[image_id])
        return images[image_id]

    def _require_byol(self) -> None:
        if not self.byol.is_enabled:
            text = "This account is not enabled for Bring Your Own License (BYOL)."
            raise ServiceError("OperationNotSupportedException", text)

    def _failure(self, codes: Sequence[str]) -> WorkspaceImageFailure | None:
        """The failure of the new image: an injected one or one that its guest causes."""
        return self.cloud.faults.next_image_failure() or (WorkspaceImageFailure(tuple(codes)) if codes else None)

    def _new_image(self, kind: type[Image], name: str, description: str, guest: GuestSystem | None) -> Image:
        if any(image.name == name for image in self.images.values()):
            raise ServiceError("ResourceAlreadyExistsException", f"An image with the name {name} already exists.")
        tags = ingestion_validation.merge_workspaces_tags([], self.request.get("Tags") or [])
        quota = self.cloud.settings.workspace_image_quota
        if len(self.images) >= quota:
            text = f"The account has reached its quota of {quota} images in this Region."
            raise ServiceError("ResourceLimitExceededException", text)
        image = kind(name, description, tags, self.current_account)
        image.guest = guest
        self.images[image.image_id] = image
        return image

    def _start_like(self, image: PendingWorkspaceImage, source: PendingWorkspaceImage, seconds: float) -> None:
        tenancy = source.required_tenancy
        image.start(at=self.cloud.now, seconds=seconds, tenancy=tenancy, failure=self._failure(()))
