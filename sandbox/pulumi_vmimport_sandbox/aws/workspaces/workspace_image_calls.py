"""WorkSpaces calls that describe, share and delete images."""

import re

from moto.core.responses import ActionResult, EmptyResult
from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import invalid
from pulumi_vmimport_sandbox.aws.workspaces.pending_workspace_image import PendingWorkspaceImage
from pulumi_vmimport_sandbox.aws.workspaces.regional_workspaces_calls import RegionalWorkspacesCalls
from pulumi_vmimport_sandbox.aws.workspaces.shared_workspace_images import (
    are_of_one_organization,
    workspace_images_shared_with,
)

_ACCOUNT = re.compile(r"\d{12}")


class WorkspaceImageCalls(RegionalWorkspacesCalls):
    """DescribeWorkspaceImages, image permissions, DeleteWorkspaceImage."""

    def describe_workspace_images(self) -> ActionResult:
        request = self.request
        own, shared = list(self.images.values()), list(workspace_images_shared_with(self.account_region))
        chosen = {"OWNED": own, "SHARED": shared}.get(request.get("ImageType", ""), [*own, *shared])
        if request.get("ImageIds"):
            chosen = [image for image in chosen if image.image_id in request["ImageIds"]]
        answer = self.page({str(image.image_id): image for image in chosen})
        page = [image.to_desc_dict() for image in answer.pop("page")]
        return ActionResult({"Images": [{k: v for k, v in shown.items() if v} for shown in page], **answer})

    def update_workspace_image_permission(self) -> ActionResult:
        request, account = self.request, self.request["SharedAccountId"]
        if not _ACCOUNT.fullmatch(account):
            raise invalid(f"The account {account!r} is invalid: it must have 12 digits.")
        if account == self.account_region.account:
            raise invalid("An image cannot be shared with the account that owns it.")
        image = self.available_image(request["ImageId"])
        shared = {"SharedAccountId": account}
        if not request["AllowCopyImage"]:
            if shared not in image.image_permissions:  # "can be revoked only after an image has been shared"
                raise invalid(f"The image {image.image_id} is not shared with {account}.")
            image.image_permissions.remove(shared)
        elif shared not in image.image_permissions:
            self._require_shareable(image, account)
            image.image_permissions.append(shared)
        return EmptyResult()

    def describe_workspace_image_permissions(self) -> ActionResult:
        image = self.own_image(self.request["ImageId"])
        answer = self.page({account: {"SharedAccountId": account} for account in image.shared_with})
        return ActionResult({"ImageId": image.image_id, "ImagePermissions": answer.pop("page"), **answer})

    def delete_workspace_image(self) -> ActionResult:
        try:
            image = self.own_image(self.request["ImageId"])
        except ServiceError as error:
            # Assumed to succeed: the service model has no "not found" error for this call.
            if error.code == "ResourceNotFoundException":
                return EmptyResult()
            raise
        if image.state == "PENDING":
            text = f"The image {image.image_id} is in state PENDING and cannot be deleted."
            raise ServiceError("InvalidResourceStateException", text)
        bundles = [bundle.id for bundle in self.bundles.values() if bundle.image_id == image.image_id]
        if bundles:
            text = f"The image {image.image_id} is used by the bundles {', '.join(bundles)} and cannot be deleted."
            raise ServiceError("ResourceAssociatedException", text)
        if image.shared_with:
            text = f"The image {image.image_id} is shared with {', '.join(image.shared_with)} and cannot be deleted."
            raise ServiceError("ResourceAssociatedException", text)
        del self.images[image.image_id]
        return EmptyResult()

    def _require_shareable(self, image: PendingWorkspaceImage, account: str) -> None:
        """Reject sharing a BYOL image with an account that cannot use it."""
        if not image.is_byol:
            return
        why = None
        if get_partition(self.region) == "aws-us-gov":
            why = "in AWS GovCloud (US)"
        elif not are_of_one_organization(self.account_region, account):
            why = f"with {account}, which is not in the same organization"
        elif not self.cloud.byol[AccountRegion(account, self.account_region.region)].is_enabled:
            why = f"with {account}, which is not enabled for BYOL in this Region"
        if why:
            raise ServiceError(
                "OperationNotSupportedException", f"The BYOL image {image.image_id} cannot be shared {why}."
            )
