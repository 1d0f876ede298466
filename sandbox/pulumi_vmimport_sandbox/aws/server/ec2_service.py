"""moto's EC2 with VM Import/Export and corrections of moto's image, snapshot and volume calls."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.responses import EC2Response

from pulumi_vmimport_sandbox.aws.core.conversion_task import ConversionTask
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.ec2.account_setting_calls import AccountSettingCalls
from pulumi_vmimport_sandbox.aws.ec2.fast_launch_calls import FastLaunchCalls
from pulumi_vmimport_sandbox.aws.ec2.image_calls import ImageCalls
from pulumi_vmimport_sandbox.aws.ec2.launch_calls import LaunchCalls
from pulumi_vmimport_sandbox.aws.ec2.tag_validation import merge_tags
from pulumi_vmimport_sandbox.aws.ec2.volume_calls import VolumeCalls
from pulumi_vmimport_sandbox.aws.server.completion import complete
from pulumi_vmimport_sandbox.aws.vm_import.export_calls import ExportCalls
from pulumi_vmimport_sandbox.aws.vm_import.import_calls import ImportCalls
from pulumi_vmimport_sandbox.aws.vm_import.snapshot_import_calls import SnapshotCalls


class Ec2Service(
    ImportCalls,
    SnapshotCalls,
    ExportCalls,
    LaunchCalls,
    ImageCalls,
    FastLaunchCalls,
    AccountSettingCalls,
    VolumeCalls,
    EC2Response,  # type: ignore[misc] # moto has no types
):
    """The EC2 service. A subclass with `cloud` belongs to one sandbox."""

    def call_action(self) -> Any:
        # moto is not thread-safe, and every call must see completed imports.
        with self.cloud.lock:
            complete(self.cloud)
            self._forget_deregistered()
            return super().call_action()

    def create_tags(self) -> ActionResult:
        tasks = self._split_off_tasks()
        added = {tag["Key"]: tag.get("Value", "") for tag in self._get_param("Tags", [])}
        merged = [merge_tags(task.tags, added) for task in tasks]
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

    def _split_off_tasks(self) -> Sequence[ConversionTask]:
        """Remove conversion tasks, which moto does not support as resources, from the call's Resources."""
        ids: list[str] = self._get_param("Resources") or []
        tasks = {task.id: task for task in self.cloud.listed_tasks(self.account_region)}
        ours = [resource for resource in ids if resource.startswith(("import-", "export-"))]
        for resource in ours:
            if resource not in tasks:
                raise ServiceError("InvalidID", f"The ID '{resource}' is not valid")
        if ours:
            self.params["Resources"] = [resource for resource in ids if resource not in ours]
        return [tasks[resource] for resource in ours]

    def _task_tag_list(self) -> Iterable[dict[str, str]]:
        for task in self.cloud.listed_tasks(self.account_region):
            for tag in task.tag_list:
                yield {"ResourceId": task.id, "ResourceType": task.resource_type, **tag}


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
