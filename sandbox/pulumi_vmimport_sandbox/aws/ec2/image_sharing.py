"""The accounts that may see and launch an image besides its owner.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moto.ec2.exceptions import InvalidAMIAttributeItemValueError
from moto.ec2.models import ec2_backends
from moto.organizations.models import organizations_backends
from moto.utilities.utils import get_partition

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud

_ORGANIZATION = re.compile(r"arn:aws[a-z-]*:organizations::\d{12}:organization/o-[a-z0-9]{10,32}")
_UNIT = re.compile(r"arn:aws[a-z-]*:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_FORMS = {
    "UserId": ("userId", re.compile(r"\d{12}")),
    "Group": ("UserGroup", re.compile("all")),
    "OrganizationArn": ("organizationArn", _ORGANIZATION),
    "OrganizationalUnitArn": ("organizationalUnitArn", _UNIT),
}


def check_launch_permission(permission: Mapping[str, str]) -> None:
    """Reject a launch permission that is not an account, group, organization or organizational unit.

    Raises:
        InvalidAMIAttributeItemValueError: The permission is invalid.
    """
    for member, value in permission.items():
        name, form = _FORMS[member]
        if not form.fullmatch(value):
            raise InvalidAMIAttributeItemValueError(name, value)


def public_sharing_problem(cloud: Cloud, owner: AccountRegion, added: Iterable[Mapping[str, str]]) -> str | None:
    """Why EC2 does not add the permissions: they make the image public, and the account blocks that.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html
    """
    if owner in cloud.public_images_blocked and {"Group": "all"} in [*added]:
        return "You can\u2019t publicly share this image because block public access for AMIs is enabled."  # assumed
    return None


def images_shared_with(account_region: AccountRegion) -> Iterator[Any]:
    """The images of other accounts that an account may launch, without their owners' tags."""
    for owner, backends in list(ec2_backends.items()):
        if owner == account_region.account or account_region.region not in backends:
            continue
        for image in backends[account_region.region].amis.values():
            if _may_launch(image, account_region):
                shared = copy.copy(image)
                # moto reads the tags of an image from its backend
                shared.ec2_backend = ec2_backends[account_region.account][account_region.region]
                yield shared


def find_image(ec2: Any, account_region: AccountRegion, image_id: str) -> Any:
    """An AMI that the account may launch, its own or a shared one; None if there is none."""
    shared = (image for image in images_shared_with(account_region) if image.id == image_id)
    return ec2.amis.get(image_id) or next(shared, None)


def _may_launch(image: Any, account_region: AccountRegion) -> bool:
    groups = {("Group", "all"), ("UserId", account_region.account), *memberships(account_region)}
    return any(groups & permission.items() for permission in image.launch_permissions)


def memberships(account_region: AccountRegion) -> Iterator[tuple[str, str]]:
    """The organization and the organizational units of an account."""
    master, partition = organizations_backends.master_accounts.get(
        account_region.account, (account_region.account, get_partition(account_region.region))
    )
    directory = organizations_backends[master][partition]
    if directory.org is None:
        return
    yield "OrganizationArn", directory.org.arn
    units = {unit.id: unit for unit in directory.ou}
    parent = next((account.parent_id for account in directory.accounts if account.id == account_region.account), None)
    while parent in units:
        yield "OrganizationalUnitArn", units[parent].arn
        parent = units[parent].parent_id
