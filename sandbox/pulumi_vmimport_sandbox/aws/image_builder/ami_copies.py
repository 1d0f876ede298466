"""The copy of an AMI for an account in a Region, with its name, tags, key and launch permissions."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends

from pulumi_vmimport_sandbox.aws.core.builder_image import BuilderImage, ImageCopy
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.ec2.copied_ami import CopiedAmi
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import check_launch_permission, find_image, public_sharing_problem
from pulumi_vmimport_sandbox.aws.iam.policy_evaluation import PolicyRequest, verdict
from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import ActingRole
from pulumi_vmimport_sandbox.aws.kms.ebs_keys import default_key, is_managed_by_aws
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key

_VARIABLE = re.compile(r"\{\{\s*imagebuilder:(buildDate|buildVersion)\s*\}\}")
_PERMISSIONS = {
    "userIds": "UserId",
    "userGroups": "Group",
    "organizationArns": "OrganizationArn",
    "organizationalUnitArns": "OrganizationalUnitArn",
}
_CREATED_BY = {"CreatedBy": "EC2 Image Builder"}


class CopyError(Exception):
    """A copy that EC2 rejects, in its words."""


def start_copy(cloud: Cloud, here: AccountRegion, image: BuilderImage, copy: ImageCopy, role: ActingRole) -> None:
    """Start the copy of an image.

    Raises:
        AccessError: The role does not permit it.
        CopyError: EC2 rejects the copy.
    """
    there = AccountRegion(copy.account, copy.region)
    ec2: Any = ec2_backends[there.account][there.region]
    source = find_image(ec2_backends[here.account][here.region], here, image.source_ami or "")
    settings = copy.distribution.get("amiDistributionConfiguration") or {}
    role.require("ec2:CopyImage", f"arn:aws:ec2:{there.region}::image/*")
    role.require("ec2:CreateTags", f"arn:aws:ec2:{there.region}::image/*")
    if source is None:
        raise CopyError(f"EC2 Client Error: 'The image id '[{image.source_ami}]' does not exist'")
    encrypted, key, failure = _encryption(here, there, source, settings.get("kmsKeyId"))
    request = {
        "Name": _name(image, settings.get("name")),
        "Description": settings.get("description"),
        "SourceRegion": here.region,
    }
    copy.ami = CopiedAmi(ec2, request, source, encrypted=encrypted, kms_key=key)
    copy.ami.start(at=_started(cloud, image), seconds=cloud.settings.copy_image_seconds, failure=failure)
    ec2.amis[copy.ami.id] = copy.ami
    # AWS's policies for the deletion require the tag CreatedBy on AMIs and snapshots.
    copy.ami.add_tags({**(settings.get("amiTags") or {}), **_CREATED_BY, "Ec2ImageBuilderArn": image.arn})
    for snapshot in copy.ami.snapshots:
        snapshot.add_tags(dict(_CREATED_BY))


def share(cloud: Cloud, copy: ImageCopy, role: ActingRole) -> None:
    """Add the launch permissions of the configuration.

    Raises:
        AccessError: The role does not permit it.
        CopyError: EC2 rejects it.
    """
    settings = copy.distribution.get("amiDistributionConfiguration") or {}
    given = settings.get("launchPermission") or {}
    permissions = [{_PERMISSIONS[name]: value} for name, values in given.items() for value in values]
    if not permissions:
        return
    role.require("ec2:ModifyImageAttribute", f"arn:aws:ec2:{copy.region}::image/{copy.ami.id}")
    there = AccountRegion(copy.account, copy.region)
    if any(s.encrypted and is_managed_by_aws(there, s.kms_key_id) for s in copy.ami.snapshots):
        text = "Snapshots encrypted with the AWS Managed CMK can\u2019t be shared. Specify another snapshot."
        raise CopyError(f"EC2 Client Error: '{text}'")
    if reason := public_sharing_problem(cloud, there, permissions):
        raise CopyError(f"EC2 Client Error: '{reason}'")
    for permission in permissions:
        check_launch_permission(permission)
    copy.ami.launch_permissions += [new for new in permissions if new not in copy.ami.launch_permissions]


def _started(cloud: Cloud, image: BuilderImage) -> float:
    return image.started_at + cloud.settings.distribution_pending_seconds


def _name(image: BuilderImage, name: str | None) -> str:
    """The name of an AMI: the image's name and the build date by default."""
    date = datetime.fromtimestamp(image.created_at, UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
    values = {"buildDate": date, "buildVersion": image.version.replace("/", "-")}
    return _VARIABLE.sub(lambda match: values[match[1]], name or f"{image.name} {{{{ imagebuilder:buildDate }}}}")


def _encryption(
    here: AccountRegion, there: AccountRegion, source: Any, key_name: str | None
) -> tuple[bool, str | None, str | None]:
    """Whether the copy is encrypted, its key, and the reason if the copy is to fail. The reasons are assumed."""
    ec2: Any = ec2_backends[there.account][there.region]
    known = ec2_backends[source.owner_id][here.region].snapshots
    snapshots = [known.get(mapping["Ebs"]["SnapshotId"]) for mapping in source.block_device_mappings]
    encrypted = [snapshot for snapshot in snapshots if snapshot is not None and snapshot.encrypted]
    for snapshot in encrypted if there.account != here.account else ():
        if not _may_decrypt(here, snapshot.kms_key_id, there.account):
            return True, None, f"Given key ID is not accessible: {snapshot.kms_key_id or 'alias/aws/ebs'}"
    if key_name is None:
        is_encrypted = bool(encrypted) or bool(ec2.ebs_encryption_by_default)
        return is_encrypted, default_key(ec2) if is_encrypted else None, None
    key = find_kms_key(there, key_name)
    if key is None or not key.is_usable:
        return True, key_name, f"Given key ID is not accessible: {key_name}"
    return True, key.arn, None


def _may_decrypt(here: AccountRegion, key_name: str | None, account: str) -> bool:
    """Whether a key's policy or a grant lets another account read snapshots that the key encrypts."""
    key = None if is_managed_by_aws(here, key_name) else find_kms_key(here, key_name or "")
    if key is None:
        return False
    principals = (("AWS", f"arn:aws:iam::{account}:root"), ("AWS", account))
    policy = json.loads(key.policy)
    if any(verdict(policy, PolicyRequest("kms:Decrypt", None, {}, name)) == "allow" for name in principals):
        return True
    grants = kms_backends[here.account][here.region].list_grants(key.arn, "")
    return any(f":{account}:" in grant.grantee_principal and "Decrypt" in grant.operations for grant in grants)
