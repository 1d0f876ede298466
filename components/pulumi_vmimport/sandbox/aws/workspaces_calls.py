"""WorkSpaces as moto has it, with the image calls that moto lacks or has done at once."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models import ec2_backends
from moto.workspaces.responses import WorkSpacesResponse

from pulumi_vmimport.sandbox.aws import ingestion_rules
from pulumi_vmimport.sandbox.aws.cloud import Cloud
from pulumi_vmimport.sandbox.aws.completion import complete
from pulumi_vmimport.sandbox.aws.faults import WorkspaceImageFailure
from pulumi_vmimport.sandbox.aws.paging import page_of
from pulumi_vmimport.sandbox.aws.service_error import ServiceError
from pulumi_vmimport.sandbox.aws.workspace_image import PendingWorkspaceImage

_PAGE = 25  # service model: MaxResults and ImageIds
# Errors of the service model; their words are assumed (ingestion_rules.py).


class WorkspacesCalls(WorkSpacesResponse):  # type: ignore[misc] # moto has no types
    """The WorkSpaces of the sandbox; bound to one by a subclass with `cloud`."""

    cloud: ClassVar[Cloud]

    def call_action(self) -> Any:
        with self.cloud.lock:
            complete(self.cloud)
            return super().call_action()

    def describe_account(self) -> ActionResult:
        if self.region in self.cloud.without_byol:
            return ActionResult({"DedicatedTenancySupport": "DISABLED"})
        account = {
            "DedicatedTenancySupport": "ENABLED",
            "DedicatedTenancyManagementCidrRange": "10.111.0.0/16",
            "DedicatedTenancyAccountType": "SOURCE_ACCOUNT",
        }
        return ActionResult(account)

    def import_workspace_image(self) -> ActionResult:
        request = self._request
        ingestion_rules.check_names(request["ImageName"], request["ImageDescription"])
        ami = self._own_ami(request["Ec2ImageId"])
        guest = getattr(ami, "guest", None)
        ingestion_rules.check_ingestion(request, guest)
        if self.region in self.cloud.without_byol:
            text = "This account is not enabled for Bring Your Own License (BYOL)."
            raise ServiceError("OperationNotSupportedException", text)
        codes = ingestion_rules.late_failure(request["IngestionProcess"], guest)
        failure = self.cloud.faults.next_image_failure() or (WorkspaceImageFailure(codes) if codes else None)
        image = self._new_image(request["ImageName"], request["ImageDescription"], request.get("Tags"))
        seconds = self.cloud.pace.import_workspace_image_seconds
        image.start(at=self.cloud.now, seconds=seconds, tenancy="DEDICATED", failure=failure)
        return ActionResult({"ImageId": image.image_id})

    def create_workspace_image(self) -> ActionResult:
        request = self._request
        ingestion_rules.check_names(request["Name"], request["Description"])
        workspace = self.workspaces_backend.workspaces.get(request["WorkspaceId"])
        if workspace is None:
            raise ServiceError("ResourceNotFoundException", f"The WorkSpace {request['WorkspaceId']} does not exist.")
        if workspace.state != "AVAILABLE":
            text = f"The WorkSpace {workspace.workspace_id} is in state {workspace.state}; it must be AVAILABLE."
            raise ServiceError("InvalidResourceStateException", text)
        directory = self.workspaces_backend.workspace_directories[workspace.directory_id]
        image = self._new_image(request["Name"], request["Description"], request.get("Tags"))
        image.start(
            at=self.cloud.now,
            seconds=self.cloud.pace.create_workspace_image_seconds,
            tenancy="DEDICATED" if directory.tenancy == "DEDICATED" else "DEFAULT",
            failure=self.cloud.faults.next_image_failure(),
            workspace=workspace,
        )
        return ActionResult(image.to_dict())

    def describe_workspace_images(self) -> ActionResult:
        request = self._request
        chosen = list(self._images.values())
        if request.get("ImageType"):
            own = request["ImageType"] == "OWNED"
            chosen = [image for image in chosen if (image.owner_account == self.current_account) == own]
        if request.get("ImageIds"):
            chosen = [image for image in chosen if image.image_id in request["ImageIds"]]
        found = {str(image.image_id): image for image in chosen}
        try:
            page, following = page_of(found, request.get("MaxResults") or _PAGE, request.get("NextToken"))
        except KeyError as error:
            raise ingestion_rules.invalid("The token is invalid.") from error
        shown = [{name: value for name, value in image.to_desc_dict().items() if value} for image in page]
        answer = {"Images": shown, "NextToken": following}
        return ActionResult({name: value for name, value in answer.items() if value is not None})

    def delete_workspace_image(self) -> ActionResult:
        image = self._images.get(self._request["ImageId"])
        # The service model has no "not found" for this call: deleting what is not there is assumed to succeed.
        if image is not None:
            if image.state == "PENDING":
                text = f"The image {image.image_id} is in state PENDING and cannot be deleted."
                raise ServiceError("InvalidResourceStateException", text)
            if image.image_permissions:
                accounts = ", ".join(shared["SharedAccountId"] for shared in image.image_permissions)
                text = f"The image {image.image_id} is shared with {accounts} and cannot be deleted."
                raise ServiceError("ResourceAssociatedException", text)
            del self._images[image.image_id]
        return EmptyResult()

    def create_tags(self) -> ActionResult:
        resource = self._resource()
        resource.tags = ingestion_rules.merged_tags(resource.tags or [], self._request["Tags"])
        return EmptyResult()

    def delete_tags(self) -> ActionResult:
        resource = self._resource()
        resource.tags = [tag for tag in resource.tags or [] if tag["Key"] not in self._request["TagKeys"]]
        return EmptyResult()

    def describe_tags(self) -> ActionResult:
        return ActionResult({"TagList": self._resource().tags or []})

    @property
    def _request(self) -> Mapping[str, Any]:
        request: Mapping[str, Any] = json.loads(self.body or "{}")
        return request

    @property
    def _images(self) -> dict[str, Any]:
        images: dict[str, Any] = self.workspaces_backend.workspace_images
        return images

    def _own_ami(self, image_id: str) -> Any:
        ami = ec2_backends[self.current_account][self.region].amis.get(image_id)
        if ami is None or ami.owner_id != self.current_account:
            raise ServiceError("ResourceNotFoundException", f"The EC2 image {image_id} does not exist in this account.")
        if (ami.platform or "").lower() != "windows":
            raise ingestion_rules.invalid(f"The EC2 image {image_id} is not a Windows image.")
        if ami.state != "available":
            raise ingestion_rules.invalid(f"The EC2 image {image_id} is in state {ami.state}; it must be available.")
        if getattr(ami, "is_encrypted", False):  # IMG-05
            raise ingestion_rules.invalid(f"The EC2 image {image_id} has encrypted volumes.")
        return ami

    def _new_image(self, name: str, description: str, tags: list[dict[str, str]] | None) -> PendingWorkspaceImage:
        if any(image.name == name for image in self._images.values()):
            raise ServiceError("ResourceAlreadyExistsException", f"An image with the name {name} already exists.")
        image = PendingWorkspaceImage(
            name, description, ingestion_rules.merged_tags([], tags or []), self.current_account
        )
        self._images[image.image_id] = image
        return image

    def _resource(self) -> Any:
        name = self._request["ResourceId"]
        backend = self.workspaces_backend
        held = {**backend.workspace_directories, **backend.workspaces, **backend.workspace_images}
        if name not in held:
            raise ServiceError("ResourceNotFoundException", f"The resource {name} does not exist.")
        return held[name]
