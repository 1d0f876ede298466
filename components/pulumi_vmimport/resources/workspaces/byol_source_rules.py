"""What both imports of BYOL images ask of the account and of the AMI."""

from collections.abc import Iterator

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.workspaces import byol_account
from pulumi_vmimport.lifecycle.contract import Problem, Run

_GUIDE = "https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"


def account_problems(run: Run, path: str) -> Iterator[Problem]:
    """The problem of an account that may not bring its own licences (WS-01).

    Nothing is said where the resource depends on others: one of them may be the WorkspacesAccount that enables it.
    """
    if run.supplied_by_resource("region"):
        return
    support = byol_account.byol_support(run.aws)
    if not support.is_enabled:
        told = f": {support.message}" if support.message else ""
        yield Problem(
            path,
            f"account {run.aws.account_id} is not enabled for BYOL in {run.aws.region} "
            f"(DedicatedTenancySupport{told}); apply for it with AWS ({_GUIDE}), then enable it with WorkspacesAccount",
        )


def ami_problems(run: Run, image_id: str, path: str) -> Iterator[Problem]:
    """The problems of an AMI that is to become a WorkSpaces image."""
    image = images.find(run.aws, image_id)
    if image is None:
        if not run.supplied_by_resource(path):
            yield Problem(path, f"there is no AMI {image_id} in {run.aws.region}")
        return
    if image.owner_id != run.aws.account_id:
        yield Problem(
            path,
            f"AMI {image.id} belongs to account {image.owner_id}, expected your own, {run.aws.account_id}; import or "
            "copy it into your account first",
        )
    if (image.platform or "").lower() != "windows":
        yield Problem(path, f"expected a Windows AMI, got {image.platform_details or 'another system'}")
    encrypted = ", ".join(disk.snapshot_id or disk.device_name for disk in image.disks if disk.encrypted)
    if encrypted:
        yield Problem(
            path,
            f"AMI {image.id} has encrypted snapshots ({encrypted}), which WorkSpaces does not take; import it with "
            "`encrypted` false in a Region where EBS does not encrypt by default (IMG-05)",
        )
