"""EC2 calls for existing images: copying, sharing, attributes, deregistration."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidAMIIdError, UnvailableAMIIdError
from moto.ec2.models import ec2_backends
from moto.ec2.responses.amis import AmisResponse

from pulumi_vmimport_sandbox.aws.core.client_tokens import IdempotentParameterMismatch
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.copied_ami import CopiedAmi
from pulumi_vmimport_sandbox.aws.ec2.encryption_validation import check_key_is_for_encryption
from pulumi_vmimport_sandbox.aws.ec2.image_sharing import (
    check_launch_permission,
    images_shared_with,
    public_sharing_problem,
)
from pulumi_vmimport_sandbox.aws.ec2.regional_calls import RegionalCalls
from pulumi_vmimport_sandbox.aws.ec2.tag_validation import merge_tags
from pulumi_vmimport_sandbox.aws.kms.ebs_keys import default_key, is_managed_by_aws
from pulumi_vmimport_sandbox.aws.kms.key_lookup import find_kms_key

# The list parameters of ModifyImageAttribute with OperationType and their members.
_LISTS = {
    "UserIds": "UserId",
    "UserGroups": "Group",
    "OrganizationArns": "OrganizationArn",
    "OrganizationalUnitArns": "OrganizationalUnitArn",
}


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html, member Name
_NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")


class ImageCalls(RegionalCalls, AmisResponse):  # type: ignore[misc] # moto has no types
    """CopyImage, DescribeImages, launch permissions and other attributes, DeregisterImage."""

    def copy_image(self) -> ActionResult:
        request = {name: value for name, value in self.params.items() if name != "DryRun"}
        since = self.cloud.now - self.cloud.settings.client_token_seconds
        try:
            known = self.cloud.client_tokens.answer(self.account_region, "CopyImage", request, since)
        except IdempotentParameterMismatch as error:
            # EC2's words for RunInstances; assumed for CopyImage.
            text = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
            raise ServiceError("IdempotentParameterMismatch", text) from error
        if not known:
            self._require_new_name(request["Name"])
            source = self._copyable(request)
            tags = self._tags_of_copy(request, source)
            encrypted, key, failure = self._encryption_of_copy(request, source)
            self.error_on_dryrun()
            image = CopiedAmi(self.ec2_backend, request, source, encrypted=encrypted, kms_key=key)
            image.start(at=self.cloud.now, seconds=self.cloud.settings.copy_image_seconds, failure=failure)
            self.ec2_backend.amis[image.id] = image
            image.add_tags(tags["image"])
            for snapshot in image.snapshots:
                snapshot.add_tags(tags["snapshot"])
            image.update_state(self.cloud.now)
            known = {"ImageId": image.id}
            self.cloud.client_tokens.remember(self.account_region, "CopyImage", request, known, self.cloud.now)
        self.error_on_dryrun()
        return ActionResult(dict(known))

    def describe_images(self) -> ActionResult:
        with self._shared_images():
            return super().describe_images()

    def modify_image_attribute(self) -> ActionResult:
        image = self._image()
        changes = dict(self._get_param("LaunchPermission") or {})
        operation = self._get_param("OperationType")
        if operation:
            named = [{m: value} for name, m in _LISTS.items() for value in self._get_param(name) or []]
            changes = {operation.capitalize(): named}
        added, removed = changes.get("Add") or [], changes.get("Remove") or []
        for permission in [*added, *removed]:
            check_launch_permission(permission)
        self._require_shareable(image, added)
        self.error_on_dryrun()
        image.launch_permissions += [new for new in added if new not in image.launch_permissions]
        image.launch_permissions[:] = [kept for kept in image.launch_permissions if kept not in removed]
        attribute = self._get_param("Attribute")
        values = {attribute: {"Value": self._get_param("Value")}} if attribute else {}
        for name, member in (("description", "Description"), ("imds_support", "ImdsSupport")):
            given = self._get_param(member) or values.get(member[0].lower() + member[1:])
            if given:
                setattr(image, name, given["Value"])
        return EmptyResult()

    def describe_image_attribute(self) -> ActionResult:
        self._image()
        return super().describe_image_attribute()

    def reset_image_attribute(self) -> ActionResult:
        image = self._image()
        if self._get_param("Attribute") != "launchPermission":  # the only one that can be reset
            text = f"Value ({self._get_param('Attribute')}) for parameter attribute is invalid."  # assumed
            raise ServiceError("InvalidParameterValue", text)
        self.error_on_dryrun()
        image.launch_permissions.clear()
        return EmptyResult()

    def deregister_image(self) -> ActionResult:
        image = self._image()
        snapshots = [str(mapping["Ebs"]["SnapshotId"]) for mapping in image.block_device_mappings]
        super().deregister_image()
        self.cloud.deregistered[image.id] = self.cloud.now
        self.ec2_backend.tags.pop(image.id, None)
        if not self._get_param("DeleteAssociatedSnapshots"):
            return ActionResult({"Return": True})
        results = [{"SnapshotId": s, "ReturnCode": self._deleted_with_image(s)} for s in snapshots]
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    def _image(self) -> Any:
        """The image of the call. moto fails with a KeyError if it does not exist."""
        image_id = self._get_param("ImageId")
        if image_id in self.ec2_backend.deleted_amis:
            raise UnvailableAMIIdError(image_id)
        if image_id in self.ec2_backend.amis:
            return self.ec2_backend.amis[image_id]
        if any(image.id == image_id for image in images_shared_with(self.account_region)):
            raise ServiceError("AuthFailure", f"Not authorized for image:{image_id}")
        raise InvalidAMIIdError([image_id])

    def _require_new_name(self, name: str) -> None:
        """Reject an invalid name, and one that an image of the account in the Region has."""
        if not _NAME.fullmatch(name):
            text = (
                "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', "
                "'-', '/' and '_'"
            )
            raise ServiceError("InvalidAMIName.Malformed", text)
        for image in self.ec2_backend.amis.values():
            if image.name == name and image.owner_id == self.account_region.account:
                raise ServiceError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image.id}")

    def _copyable(self, request: Mapping[str, Any]) -> Any:
        """The source of a copy: an own or shared image."""
        there = AccountRegion(self.account_region.account, request["SourceRegion"])
        own = ec2_backends[there.account][there.region].amis
        image_id = request["SourceImageId"]
        shared = {image.id: image for image in images_shared_with(there)}
        if image_id not in own and image_id not in shared:
            raise InvalidAMIIdError([image_id])
        image = own.get(image_id) or shared[image_id]
        if image.state != "available":
            raise UnvailableAMIIdError(image_id)
        account = self.account_region.account
        for snapshot in _snapshots(image, there.region):
            readers = snapshot.create_volume_permission_userids | snapshot.create_volume_permission_groups
            if image.owner_id != account and not readers & {account, "all"}:
                # clong/DetectionLab#422 and many others
                text = "You do not have permission to access the storage of this ami"
                raise ServiceError("InvalidRequest", text)
        return image

    def _tags_of_copy(self, request: Mapping[str, Any], source: Any) -> dict[str, dict[str, str]]:
        tags: dict[str, dict[str, str]] = {"image": {}, "snapshot": {}}
        if request.get("CopyImageTags") and source.owner_id == self.account_region.account:
            tags["image"] = {tag["key"]: tag["value"] for tag in source.get_tags()}
        for specification in request.get("TagSpecifications") or []:
            kind = specification.get("ResourceType")
            if kind not in tags:
                text = f"'{kind}' is not a valid taggable resource type for this operation."
                raise ServiceError("InvalidParameterValue", text)
            added = {tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []}
            tags[kind] = merge_tags(tags[kind], added)
        return tags

    def _encryption_of_copy(self, request: Mapping[str, Any], source: Any) -> tuple[bool, str | None, str | None]:
        """Whether the copy is encrypted, its key, and the reason if the copy is to fail."""
        check_key_is_for_encryption(request)
        encrypted = any(snapshot.encrypted for snapshot in _snapshots(source, request["SourceRegion"]))
        if encrypted and request.get("Encrypted") is False:  # BedrockStreaming/tech.bedrockstreaming.com#346
            of = source.block_device_mappings[0]["Ebs"]["SnapshotId"]
            text = (
                f"Snapshot {of} is encrypted. Creating an unencrypted copy from an encrypted snapshot is not supported."
            )
            raise ServiceError("InvalidRequest", text)
        encrypted = encrypted or bool(request.get("Encrypted")) or bool(self.ec2_backend.ebs_encryption_by_default)
        name = request.get("KmsKeyId")
        if not name:
            return encrypted, default_key(self.ec2_backend) if encrypted else None, None
        key = find_kms_key(self.account_region, name)
        if key is None or not key.is_usable:
            return True, name, f"Given key ID is not accessible: {name}"  # assumed
        return True, key.arn, None

    def _require_shareable(self, image: Any, added: list[dict[str, str]]) -> None:
        if reason := public_sharing_problem(self.cloud, self.account_region, added):
            raise ServiceError("OperationNotPermitted", reason)
        for snapshot in _snapshots(image, self.account_region.region) if added else []:
            if snapshot.encrypted and is_managed_by_aws(
                self.account_region, snapshot.kms_key_id
            ):  # hashicorp/packer#7410
                text = "Snapshots encrypted with the AWS Managed CMK can\u2019t be shared. Specify another snapshot."
                raise ServiceError("InvalidParameter", text)

    def _deleted_with_image(self, snapshot_id: str) -> str:
        others = (m["Ebs"]["SnapshotId"] for ami in self.ec2_backend.amis.values() for m in ami.block_device_mappings)
        if snapshot_id in others:
            return "skipped"
        # Assumed: DeregisterImage ignores snapshots that no longer exist.
        self.ec2_backend.snapshots.pop(snapshot_id, None)
        self.ec2_backend.tags.pop(snapshot_id, None)
        return "success"

    def _forget_deregistered(self) -> None:
        """DescribeImages returns an empty list for a deregistered id at first and an error later."""
        now, after = self.cloud.now, self.cloud.settings.deregistered_image_seconds
        gone = self.ec2_backend.deleted_amis
        gone[:] = [image for image in gone if now < self.cloud.deregistered.get(image, now) + after]

    @contextmanager
    def _shared_images(self) -> Iterator[None]:
        """Add other accounts' images to the account's own images, the only ones that moto searches."""
        amis = self.ec2_backend.amis
        shared = {image.id: image for image in images_shared_with(self.account_region)}
        amis.update(shared)
        try:
            yield
        finally:
            for image_id in shared:
                del amis[image_id]


def _snapshots(image: Any, region: str) -> list[Any]:
    """The existing snapshots of an image."""
    snapshots = ec2_backends[image.owner_id][region].snapshots
    ids = (mapping["Ebs"]["SnapshotId"] for mapping in image.block_device_mappings)
    return [snapshots[snapshot_id] for snapshot_id in ids if snapshot_id in snapshots]
