"""EC2 as moto has it, with the import calls, and with what moto gets wrong around their results made right."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidAMIIdError, UnvailableAMIIdError
from moto.ec2.responses import EC2Response

from pulumi_vmimport.sandbox.aws.completion import complete
from pulumi_vmimport.sandbox.aws.import_calls import TASK_RESOURCE, ImportCalls
from pulumi_vmimport.sandbox.aws.import_tasks import ImportTask
from pulumi_vmimport.sandbox.aws.service_error import ServiceError
from pulumi_vmimport.sandbox.aws.tag_rules import checked_tags


class Ec2Calls(ImportCalls, EC2Response):  # type: ignore[misc] # moto has no types
    """The EC2 of the sandbox; bound to one by a subclass with `cloud`."""

    def call_action(self) -> Any:
        # moto is not made for several threads; and a completed import shows in every call.
        with self.cloud.lock:
            complete(self.cloud)
            self._forget_deregistered()
            return super().call_action()

    def deregister_image(self) -> ActionResult:
        image_id = self._get_param("ImageId")
        snapshots = [
            str(mapping["Ebs"]["SnapshotId"])
            for mapping in getattr(self.ec2_backend.amis.get(image_id), "block_device_mappings", [])
        ]
        super().deregister_image()
        self.cloud.deregistered[image_id] = self.cloud.now
        self.ec2_backend.tags.pop(image_id, None)
        if not self._get_param("DeleteAssociatedSnapshots"):
            return ActionResult({"Return": True})
        results = [{"SnapshotId": s, "ReturnCode": self._deleted_with_image(s)} for s in snapshots]
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    def modify_image_attribute(self) -> ActionResult:
        image = self._image()
        answer = super().modify_image_attribute()
        attribute = self._get_param("Attribute")
        named = {attribute: {"Value": self._get_param("Value")}} if attribute else {}
        for name, member in (("description", "Description"), ("imds_support", "ImdsSupport")):
            given = self._get_param(member) or named.get(member[0].lower() + member[1:])
            if given:
                setattr(image, name, given["Value"])
        return answer

    def describe_image_attribute(self) -> ActionResult:
        self._image()
        return super().describe_image_attribute()

    def create_tags(self) -> ActionResult:
        tasks = self._split_off_tasks()
        added = {tag["Key"]: tag.get("Value", "") for tag in self._get_param("Tags", [])}
        merged = [checked_tags(task.tags, added) for task in tasks]
        for resource in self.params["Resources"]:
            if resource in self.ec2_backend.deleted_amis:
                raise InvalidAMIIdError([resource])
        if self.params["Resources"]:
            super().create_tags()
        self.error_on_dryrun()
        for task, tags in zip(tasks, merged, strict=True):
            task.tags = tags
        return EmptyResult()

    def delete_tags(self) -> ActionResult:
        tasks = self._split_off_tasks()
        if self.params["Resources"]:
            super().delete_tags()
        self.error_on_dryrun()
        named = {tag["Key"]: tag.get("Value") for tag in self._get_param("Tags", [])}
        for task in tasks:
            kept = {k: v for k, v in task.tags.items() if named and (k not in named or named[k] not in {None, v})}
            task.tags = kept
        return EmptyResult()

    def describe_tags(self) -> ActionResult:
        found: list[Any] = list(super().describe_tags().result["Tags"])
        filters = self._filters_from_querystring()
        found += [tag for tag in self._task_tag_list() if _passes(tag, filters)]
        return ActionResult({"Tags": found})

    def _image(self) -> Any:
        """The image of the call; moto would stumble over one that is not there."""
        image_id = self._get_param("ImageId")
        if image_id in self.ec2_backend.deleted_amis:
            raise UnvailableAMIIdError(image_id)
        if image_id not in self.ec2_backend.amis:
            raise InvalidAMIIdError([image_id])
        return self.ec2_backend.amis[image_id]

    def _deleted_with_image(self, snapshot_id: str) -> str:
        others = (m["Ebs"]["SnapshotId"] for ami in self.ec2_backend.amis.values() for m in ami.block_device_mappings)
        if snapshot_id in others:
            return "skipped"
        # One that was deleted by hand already is no error to DeregisterImage: assumed.
        self.ec2_backend.snapshots.pop(snapshot_id, None)
        self.ec2_backend.tags.pop(snapshot_id, None)
        return "success"

    def _forget_deregistered(self) -> None:
        """A deregistered id gives an empty list for a while and an error after (api-facts.md section 1)."""
        now, after = self.cloud.now, self.cloud.pace.deregistered_image_seconds
        gone = self.ec2_backend.deleted_amis
        gone[:] = [image for image in gone if now < self.cloud.deregistered.get(image, now) + after]

    def _split_off_tasks(self) -> Sequence[ImportTask]:
        """Take import tasks, which moto does not know as resources, out of the call's Resources."""
        ids: list[str] = self._get_param("Resources") or []
        tasks = self.cloud.tasks[self.place]
        ours = [resource for resource in ids if resource.startswith("import-")]
        for resource in ours:
            if resource not in tasks:
                raise ServiceError("InvalidID", f"The ID '{resource}' is not valid")
        if ours:
            self.params["Resources"] = [resource for resource in ids if resource not in ours]
        return [tasks[resource] for resource in ours]

    def _task_tag_list(self) -> Iterable[dict[str, str]]:
        for task in self.cloud.listed_tasks(self.place):
            for key, value in task.tags.items():
                yield {"ResourceId": task.id, "ResourceType": TASK_RESOURCE, "Key": key, "Value": value}


def _passes(tag: Mapping[str, str], filters: Mapping[str, Sequence[str]]) -> bool:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
    found = {
        "key": tag["Key"],
        "resource-id": tag["ResourceId"],
        "resource-type": tag["ResourceType"],
        "value": tag["Value"],
        f"tag:{tag['Key']}": tag["Value"],
    }
    return all(
        name in found and any(fnmatch.fnmatchcase(found[name], value) for value in values)
        for name, values in filters.items()
    )
