"""ImportImage: a disk image in S3 (or an EBS snapshot) becomes an AMI.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html; requirements IMG-*.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NotRequired

import pulumi

from pulumi_vmimport.aws import images, import_tasks
from pulumi_vmimport.aws.failures import explain
from pulumi_vmimport.aws.import_options import (
    Architecture,
    BootMode,
    Hypervisor,
    LicenseType,
    Platform,
    UsageOperation,
)
from pulumi_vmimport.aws.import_request import ClientData, DiskContainer, LicenseSpecification, api_members
from pulumi_vmimport.aws.import_tasks import ImportTask
from pulumi_vmimport.lifecycle.contract import Condition, Created, Failed, Lifecycle, Problem, Run
from pulumi_vmimport.lifecycle.identity import OWN_TAGS, is_own_tag
from pulumi_vmimport.lifecycle.managed_resource import AwsScopeArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.scope import AwsScope
from pulumi_vmimport.lifecycle.watching import watched_to_end
from pulumi_vmimport.resources import import_image_rules as rules
from pulumi_vmimport.resources.import_request_args import ClientDataArgs, DiskContainerArgs, LicenseSpecificationArgs


@dataclass(frozen=True, kw_only=True)
class ImportImageInputs(AwsScope):
    disk_containers: tuple[DiskContainer, ...]
    architecture: Architecture | None = None
    boot_mode: BootMode | None = None
    client_data: ClientData | None = None
    description: str | None = updatable()
    encrypted: bool | None = None
    hypervisor: Hypervisor | None = None
    kms_key_id: str | None = None
    license_specifications: tuple[LicenseSpecification, ...] | None = None
    license_type: LicenseType | None = None
    platform: Platform | None = None
    role_name: str | None = None
    source_hash: str | None = None
    tags: Mapping[str, str] | None = updatable()
    usage_operation: UsageOperation | None = None
    retain_on_delete: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class ImportImageState(ImportImageInputs):
    import_task_id: str | None = None
    image_id: str | None = None
    snapshot_ids: tuple[str, ...] = ()
    task_status: str | None = None
    status_message: str | None = None
    detected_license_type: str | None = None
    detected_platform: str | None = None
    billed_usage_operation: str | None = None


class ImportImageLifecycle(Lifecycle[ImportImageInputs, ImportImageState]):
    inputs = ImportImageInputs
    state = ImportImageState

    def check(self, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.check(inputs)

    def look_up(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.look_up(run, inputs)

    def create(self, run: Run, inputs: ImportImageInputs) -> Created[ImportImageState]:
        task = self._own_or_new_task(run, inputs)
        state = ImportImageState(**vars(inputs), import_task_id=task.id, task_status=task.status)
        run.keep(task.id, state)
        return Created(task.id, self._finish(run, state))

    def read(self, run: Run, id: str, state: ImportImageState) -> ImportImageState | None:
        if state.image_id is None:
            task = import_tasks.describe(run.aws, [id]).get(id)
            return _observed(state, task) if task else None
        image = images.find(run.aws, state.image_id)
        if image is None:
            # Snapshots outlive an AMI that somebody deregistered: the state stays, for delete to remove them.
            left = images.existing_snapshots(run.aws, state.snapshot_ids)
            return replace(state, task_status="deregistered", snapshot_ids=left) if left else None
        tags = {k: v for k, v in image.tags.items() if not is_own_tag(k)}
        description = image.description if state.description is not None else None
        own = tags if tags or state.tags is not None else None  # no tags and an empty map of them are the same
        return replace(state, tags=own, description=description, snapshot_ids=image.snapshot_ids)

    def update(self, run: Run, id: str, state: ImportImageState, inputs: ImportImageInputs) -> ImportImageState:
        updated = self.with_inputs(state, inputs)
        # Until they are off the AMI, tags that go stay recorded: an update that breaks off is completed by the next.
        run.keep(id, replace(updated, tags={**(state.tags or {}), **(inputs.tags or {})}))
        if self.condition(state) is not Condition.READY:
            return self._finish(run, updated)
        gone = (state.tags or {}).keys() - (inputs.tags or {}).keys()
        images.untag(run.aws, _things(state), gone)
        self._describe_and_tag(run, updated)
        return updated

    def delete(self, run: Run, id: str, state: ImportImageState) -> None:
        if state.retain_on_delete and state.image_id is not None:
            if images.find(run.aws, state.image_id) is not None:
                images.untag(run.aws, _things(state), OWN_TAGS)
            import_tasks.untag(run.aws, id, OWN_TAGS)
            return
        task = import_tasks.describe(run.aws, [id]).get(id) if state.image_id is None else None
        if task is not None and not task.completed:
            import_tasks.cancel(run.aws, id, f"deleted by Pulumi stack {run.identity.stack}")
            task = self._ended(run, id)
        image_id = state.image_id or (task.image_id if task else None)
        images.remove(run.aws, image_id, state.snapshot_ids or (task.snapshot_ids if task else ()))

    def condition(self, state: ImportImageState) -> Condition:
        if state.task_status in {"deleted", "deregistered"}:
            return Condition.BROKEN
        return Condition.READY if state.task_status == "completed" else Condition.UNFINISHED

    def _own_or_new_task(self, run: Run, inputs: ImportImageInputs) -> ImportTask:
        """The task an earlier run started for these inputs, unless it failed or its AMI is gone; else a new one."""
        wanted, ended = run.identity.tags(inputs), []
        for task in self._listed(run):
            if wanted.items() <= task.tags.items():
                if self._is_usable(run, task, wanted):
                    return task
                ended.append(task.id)
        return self._start(run, inputs, sorted(ended))

    def _listed(self, run: Run) -> Sequence[ImportTask]:
        """The Region's tasks; one call a period for all resources that begin at once."""
        poller = import_tasks.LISTS.of(run.aws, run.poll_seconds)
        with poller.watching(import_tasks.ALL):
            while True:
                answered, tasks = poller.look(import_tasks.ALL)
                if answered:
                    return tasks or ()
                run.wait(run.poll_seconds)

    def _start(self, run: Run, inputs: ImportImageInputs, ended: Sequence[str]) -> ImportTask:
        """Start a task. The token of an ended one would bring that one back: so a token has all attempts before it."""
        before, own_tags, refusals = list(ended), run.identity.tags(inputs), rules.Refusals(run, inputs)
        while True:
            token = run.identity.token(inputs, ",".join(before))
            try:
                task = import_tasks.start(run.aws, api_members(inputs), token, {**(inputs.tags or {}), **own_tags})
            except Exception as error:
                if not refusals.pass_by_themselves(error):
                    raise
                run.wait(run.poll_seconds)
                continue
            if task.status == "active":
                return task
            task = import_tasks.describe(run.aws, [task.id]).get(task.id, task)  # with tags, which the answer may lack
            if self._is_usable(run, task, own_tags):
                return task
            before.append(task.id)

    def _is_usable(self, run: Run, task: ImportTask, wanted: Mapping[str, str]) -> bool:
        """Whether a task is ours, was not given up by a delete that retains, did not fail, and its AMI is there."""
        if not wanted.items() <= task.tags.items() or task.status in {"deleting", "deleted"}:
            return False
        return not task.completed or images.find(run.aws, str(task.image_id)) is not None

    def _finish(self, run: Run, state: ImportImageState) -> ImportImageState:
        task_id = str(state.import_task_id)
        if state.image_id is None:
            task = self._ended(run, task_id)
            state = _observed(state, task) if task else replace(state, task_status="deleted")
            run.keep(task_id, state)
            if task is None:
                raise Failed(f"import task {task_id} is no longer listed by EC2; the next `pulumi up` starts anew")
            if task.ended_badly:
                images.remove(run.aws, task.image_id, task.snapshot_ids)
                words = task.message or "no message"
                raise Failed(
                    f'import task {task_id} ended {task.status}: "{words}"; {explain(words)}; nothing was left in EC2, '
                    "the next `pulumi up` starts anew"
                )
        self._describe_and_tag(run, state)
        image = images.find(run.aws, str(state.image_id))
        return replace(
            state,
            task_status="completed",
            detected_platform=image.platform_details if image else state.detected_platform,
            billed_usage_operation=image.usage_operation if image else state.billed_usage_operation,
        )

    def _ended(self, run: Run, task_id: str) -> ImportTask | None:
        """The task once it has completed or been deleted; None when EC2 no longer lists it."""
        return watched_to_end(
            run, import_tasks.POLLERS, task_id, lambda task: task.completed or task.ended_badly, lambda task: task.line
        )

    def _describe_and_tag(self, run: Run, state: ImportImageState) -> None:
        images.tag(run.aws, _things(state), {**(state.tags or {}), **run.identity.tags(self.inputs_of(state))})
        if state.description is not None:
            images.describe_as(run.aws, str(state.image_id), state.description)


def _things(state: ImportImageState) -> list[str]:
    return [str(state.image_id), *state.snapshot_ids]


def _observed(state: ImportImageState, task: ImportTask) -> ImportImageState:
    return replace(
        state,
        image_id=task.image_id,
        snapshot_ids=task.snapshot_ids,
        task_status="tagging" if task.completed else task.status,
        status_message=task.message,
        detected_license_type=task.license_type,
        detected_platform=task.platform,
        billed_usage_operation=task.usage_operation,
    )


class ImportImageArgs(AwsScopeArgs):
    """The arguments of ImportImage.

    A change of any but description, tags, retain_on_delete, timeout_minutes, profile and assume_role_arn replaces the
    AMI.
    """

    disk_containers: pulumi.Input[list[pulumi.Input[DiskContainerArgs]]]
    """The disks, root disk first; 1 to 21, or one OVA."""
    architecture: NotRequired[pulumi.Input[str]]
    """i386 or x86_64. Default: EC2 looks at the disk."""
    boot_mode: NotRequired[pulumi.Input[str]]
    """legacy-bios or uefi. Default: EC2 looks at the disk."""
    client_data: NotRequired[pulumi.Input[ClientDataArgs]]
    """What you tell about the upload."""
    description: NotRequired[pulumi.Input[str]]
    """A description of the task, and of the AMI once it is there."""
    encrypted: NotRequired[pulumi.Input[bool]]
    """Encrypt the AMI's snapshots. Default: false; must be false for WorkSpaces BYOL (IMG-05)."""
    hypervisor: NotRequired[pulumi.Input[str]]
    """xen, the only one there is."""
    kms_key_id: NotRequired[pulumi.Input[str]]
    """A symmetric key of the Region, enabled throughout; needs encrypted. Default: the account's default EBS key."""
    license_specifications: NotRequired[pulumi.Input[list[pulumi.Input[LicenseSpecificationArgs]]]]
    """License Manager configurations to attach to the AMI."""
    license_type: NotRequired[pulumi.Input[str]]
    """AWS or BYOL. Default: AWS for Windows Server, else BYOL. Excludes usage_operation."""
    platform: NotRequired[pulumi.Input[str]]
    """Windows or Linux. Default: EC2 looks at the disk."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave AMI and snapshots in the account when the resource is deleted. Default: false."""
    role_name: NotRequired[pulumi.Input[str]]
    """The service role. Default: vmimport."""
    source_hash: NotRequired[pulumi.Input[str]]
    """Anything that changes when the content of the objects does, such as a checksum; a change imports anew."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the task, the AMI and its snapshots; at most 46."""
    usage_operation: NotRequired[pulumi.Input[str]]
    """What the AMI is billed as, such as RunInstances:0800. Excludes license_type."""


class ImportImage(ManagedResource, module="vmimport", name="ImportImage"):
    """An AMI made by EC2's ImportImage from disk images in S3; the resource's id is the import task's.

    Created when the task has completed and the AMI and its snapshots carry the tags. A run that is cancelled or killed
    is taken up by the next one: a task is never started twice for the same inputs. Deleting it cancels the task, or
    deregisters the AMI and deletes its snapshots.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html
    """

    import_task_id: pulumi.Output[str]
    """The import task, import-ami-...; EC2 lists it for seven days after its end."""
    image_id: pulumi.Output[str]
    """The AMI."""
    snapshot_ids: pulumi.Output[list[str]]
    """The snapshots of the AMI, in the order of its disks."""
    task_status: pulumi.Output[str]
    """completed, or where a run that was interrupted left the task."""
    status_message: pulumi.Output[str | None]
    """EC2's last message for the task."""
    detected_license_type: pulumi.Output[str | None]
    """AWS or BYOL, as the task says."""
    detected_platform: pulumi.Output[str | None]
    """The AMI's platform details, such as Windows."""
    billed_usage_operation: pulumi.Output[str | None]
    """What the AMI is billed as."""

    def __init__(self, name: str, args: ImportImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
