"""Checks of the account and the AMI for the two imports of BYOL images."""

import re
from collections.abc import Iterator

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.ec2.images import Image
from pulumi_vmimport.aws.ec2.import_options import UsageOperation
from pulumi_vmimport.aws.workspaces import byol_account
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.shown_value import shown_value

_GUIDE = "https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html"
# ImportImage describes an AMI with the operating system that it detects.
_WRITTEN_BY_EC2 = "AWS-VMImport service:"
_SERVER = re.compile(r"windows[ _-]server", re.IGNORECASE)
_AMI_ID = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")


def ami_id_problem(image_id: str) -> str | None:
    """Why this is not the id of an AMI."""
    return None if _AMI_ID.fullmatch(image_id) else f"expected ami- and 8 or 17 hex digits, got {shown_value(image_id)}"


def account_problems(run: Run, path: str) -> Iterator[Problem]:
    """The problem of an account that is not enabled for BYOL.

    Skipped if the resource depends on others (`depends_on`): one of them may be the WorkspacesAccount that enables it.
    """
    if run.supplied_by_resource("region"):
        return
    support = byol_account.byol_support(run.aws)
    if support.is_disabled:
        message = f": {support.message}" if support.message else ""
        yield Problem(
            path,
            f"account {run.aws.account_id} is not enabled for BYOL in {run.aws.region} "
            f"(DedicatedTenancySupport{message}); request approval from AWS ({_GUIDE}), then enable BYOL with "
            "WorkspacesAccount",
        )


def ami_problems(run: Run, image_id: str, path: str) -> Iterator[Problem]:
    """The problems of an AMI from which a WorkSpaces image is to be created."""
    image = images.find(run.aws, image_id)
    if image is None:
        if not run.supplied_by_resource(path):
            yield Problem(path, f"there is no AMI {image_id} in {run.aws.region}")
        return
    if image.owner_id != run.aws.account_id:
        yield Problem(
            path,
            f"AMI {image.id} belongs to account {image.owner_id}, expected your own, {run.aws.account_id}; import it "
            "into your account or copy it there first",
        )
    yield from _system_problems(run, image, path)
    if len(image.disks) > 1:
        yield Problem(path, f"AMI {image.id} has {len(image.disks)} volumes, expected only the root volume")
    encrypted = ", ".join(disk.snapshot_id or disk.device_name for disk in image.disks if disk.encrypted)
    if encrypted:
        yield Problem(
            path,
            f"AMI {image.id} has encrypted snapshots ({encrypted}), which WorkSpaces does not support; import it with "
            f"`encrypted` false in a Region without EBS encryption by default ({_GUIDE})",
        )


def _system_problems(run: Run, image: Image, path: str) -> Iterator[Problem]:
    """Whether the AMI has a Windows client edition with its own license, as far as EC2 reports it."""
    if (image.platform or "").lower() != "windows":
        yield Problem(path, f"expected a Windows AMI, got {image.platform_details or 'another platform'}")
        return
    if image.architecture not in (None, "x86_64"):
        yield Problem(path, f"expected an AMI for x86_64, got {image.architecture}")
    licensed = image.usage_operation not in (None, UsageOperation.WINDOWS_BYOL)
    if licensed or image.product_codes:
        origin = f"product code {', '.join(image.product_codes)}" if image.product_codes else image.usage_operation
        yield Problem(
            path,
            f"AMI {image.id} runs {image.platform_details or 'Windows'} with a license from AWS ({origin}), expected "
            "your own license; import the virtual machine with license_type BYOL",
        )
    if _SERVER.search(image.description) or _SERVER.search(image.name):
        words = image.description if _SERVER.search(image.description) else image.name
        reason = (
            f"AMI {image.id} is Windows Server ({shown_value(words)}), expected a Windows client edition: Windows "
            "10 or 11"
        )
        if image.description.startswith(_WRITTEN_BY_EC2):
            yield Problem(path, reason)
        elif not licensed:
            run.warn(f"{path}: to judge by its name or description, {reason}")
