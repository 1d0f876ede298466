"""The base class of the WorkSpaces calls: the account and the Region of a call, and the resources there."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from moto.workspaces.responses import WorkSpacesResponse

from pulumi_vmimport_sandbox.aws.core.byol_state import ByolState
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.paging import page_of
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.core.simulated_bundle import SimulatedBundle
from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import invalid
from pulumi_vmimport_sandbox.aws.workspaces.pending_workspace_image import PendingWorkspaceImage
from pulumi_vmimport_sandbox.aws.workspaces.shared_workspace_images import workspace_images_shared_with

_PAGE = 25  # service model: MaxResults, ImageIds and BundleIds
# Error codes are the service model's; when each applies and all messages are assumed.


class RegionalWorkspacesCalls(WorkSpacesResponse):  # type: ignore[misc] # moto has no types
    """WorkSpaces calls of an account in a Region."""

    cloud: ClassVar[Cloud]

    @property
    def account_region(self) -> AccountRegion:
        """The account and Region of the call."""
        return AccountRegion(str(self.current_account), str(self.region))

    @property
    def request(self) -> Mapping[str, Any]:
        """The parameters of the call."""
        request: Mapping[str, Any] = json.loads(self.body or "{}")
        return request

    @property
    def images(self) -> dict[str, PendingWorkspaceImage]:
        """The images that the account owns."""
        images: dict[str, PendingWorkspaceImage] = self.workspaces_backend.workspace_images
        return images

    @property
    def bundles(self) -> dict[str, SimulatedBundle]:
        """The bundles that the account owns."""
        return self.cloud.bundles[self.account_region]

    @property
    def byol(self) -> ByolState:
        """The BYOL state of the account."""
        return self.cloud.byol[self.account_region]

    def own_image(self, image_id: str) -> PendingWorkspaceImage:
        """An image that the account owns.

        Raises:
            ServiceError: It does not exist or is only shared with the account.
        """
        if image_id in self.images:
            return self.images[image_id]
        if any(image.image_id == image_id for image in workspace_images_shared_with(self.account_region)):
            text = f"The image {image_id} is shared with this account, which does not own it."
            raise ServiceError("AccessDeniedException", text)
        raise ServiceError("ResourceNotFoundException", f"The image {image_id} does not exist.")

    def available_image(self, image_id: str) -> PendingWorkspaceImage:
        """An AVAILABLE image that the account owns.

        Raises:
            ServiceError: It does not exist or is not AVAILABLE.
        """
        image = self.own_image(image_id)
        require_available(image)
        return image

    def page(self, found: Mapping[str, Any], most: int = _PAGE) -> dict[str, Any]:
        """The entries of a page as `page` and, if there is another page, NextToken."""
        try:
            page, following = page_of(found, self.request.get("MaxResults") or most, self.request.get("NextToken"))
        except KeyError as error:
            raise invalid("The token is invalid.") from error
        return {"page": page, **({"NextToken": following} if following else {})}


def require_available(image: PendingWorkspaceImage, code: str = "ResourceUnavailableException") -> None:
    """Require that an image is AVAILABLE.

    Raises:
        ServiceError: It is not.
    """
    if image.state != "AVAILABLE":
        raise ServiceError(code, f"The image {image.image_id} is in state {image.state}; it must be AVAILABLE.")
