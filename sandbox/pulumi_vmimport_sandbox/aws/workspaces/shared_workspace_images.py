"""Sharing of WorkSpaces images between accounts.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html
"""

from collections.abc import Iterator

from moto.workspaces.models import workspaces_backends

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import memberships
from pulumi_vmimport_sandbox.aws.workspaces.pending_workspace_image import PendingWorkspaceImage


def all_workspace_images() -> Iterator[tuple[AccountRegion, PendingWorkspaceImage]]:
    """The images of all accounts with their accounts and Regions."""
    for account, region, workspaces in list(workspaces_backends.iter_backends()):
        for image in list(workspaces.workspace_images.values()):
            yield AccountRegion(account, region), image


def workspace_images_shared_with(account_region: AccountRegion) -> Iterator[PendingWorkspaceImage]:
    """The images of other accounts in the Region that an account may copy."""
    for there, image in all_workspace_images():
        if there.region == account_region.region and account_region.account in image.shared_with:
            yield image


def are_of_one_organization(account_region: AccountRegion, account: str) -> bool:
    """Whether two accounts are in the same organization."""
    organization = _organization(account_region)
    return organization is not None and organization == _organization(AccountRegion(account, account_region.region))


def _organization(account_region: AccountRegion) -> str | None:
    return next((arn for kind, arn in memberships(account_region) if kind == "OrganizationArn"), None)
