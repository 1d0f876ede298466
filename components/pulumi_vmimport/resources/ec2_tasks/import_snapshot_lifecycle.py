"""The lifecycle of ImportSnapshot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from pulumi_vmimport.aws.ec2 import ebs_snapshots, ec2_tags
from pulumi_vmimport.aws.ec2.import_request import SNAPSHOT_MEMBERS, api_members
from pulumi_vmimport.aws.ec2.import_tasks import SNAPSHOT_IMPORTS, SnapshotImportTask, start_snapshot_import
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Existing, Problem, Run, is_known
from pulumi_vmimport.lifecycle.provenance import provenance_of, source_tags
from pulumi_vmimport.lifecycle.task_waiting import until_visible
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import ConversionLifecycle
from pulumi_vmimport.resources.ec2_tasks.existing_imports import snapshot_inputs
from pulumi_vmimport.resources.ec2_tasks.import_queue import IMPORT_QUEUE
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshotInputs, ImportSnapshotState
from pulumi_vmimport.resources.ec2_tasks.untraced_results import warn_of_untraced_snapshots
from pulumi_vmimport.resources.rules import disk_container_rules as disk_rules
from pulumi_vmimport.resources.rules.encryption_rules import encryption_problems, key_arns, look_up_key
from pulumi_vmimport.resources.rules.ignored_findings import ignored_finding_problems
from pulumi_vmimport.resources.rules.object_source import tags_of_source
from pulumi_vmimport.resources.rules.role_names import role_name_problems
from pulumi_vmimport.resources.rules.service_role_access import RequiredAccess
from pulumi_vmimport.resources.rules.service_role_rules import role_problems
from pulumi_vmimport.resources.rules.source_version import containers_version
from pulumi_vmimport.resources.rules.tag_rules import tag_problems, user_tags


class ImportSnapshotLifecycle(ConversionLifecycle[ImportSnapshotInputs, ImportSnapshotState, SnapshotImportTask]):
    inputs_type = ImportSnapshotInputs
    state_type = ImportSnapshotState
    tasks = SNAPSHOT_IMPORTS
    quota_queue = IMPORT_QUEUE
    local_inputs = frozenset({"client_data", "ignored_findings", "retain_on_delete", "role_name", "source_hash"})
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "diskContainer": "EC2 describes the disk image of an import for seven days",
        "description": "EC2 describes the task of an import for seven days",
    }

    def check(self, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        if is_known(inputs.disk_container):
            yield from disk_rules.container_problems("diskContainer", inputs.disk_container)
        yield from ignored_finding_problems(inputs.ignored_findings)
        yield from encryption_problems(inputs.encrypted, inputs.kms_key_id)
        yield from role_name_problems(inputs.role_name)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags)

    def preflight(self, run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        problems = list(disk_rules.look_up_container(run, "diskContainer", "diskContainer", inputs.disk_container))
        yield from problems
        if not problems and not _is_inspected_by_create(run) and is_known(inputs.ignored_findings):
            yield from _inspect(run, inputs)
        key_problems = list(look_up_key(run, inputs.kms_key_id))
        yield from key_problems
        if is_known(inputs.role_name) and not run.supplied_by_resource("roleName"):
            yield from _role_problems(run, inputs, with_disk=not problems, with_key=not key_problems)

    def role_problems(self, run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        return _role_problems(run, inputs, fresh=True)

    def inspection_problems(self, run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
        return _inspect(run, inputs) if _is_inspected_by_create(run) else iter(())

    def source_version(self, run: Run, inputs: ImportSnapshotInputs) -> str | None:
        return containers_version(run, [inputs.disk_container])

    def start(self, run: Run, inputs: ImportSnapshotInputs, unusable: set[str]) -> SnapshotImportTask:
        warn_of_untraced_snapshots(run, inputs)
        return super().start(run, inputs, unusable)

    def start_task(
        self, run: Run, inputs: ImportSnapshotInputs, token: str, tags: Mapping[str, str]
    ) -> SnapshotImportTask:
        return start_snapshot_import(run.aws, api_members(inputs, SNAPSHOT_MEMBERS), token, tags)

    def source_tags(self, run: Run, inputs: ImportSnapshotInputs) -> Mapping[str, str]:
        return tags_of_source(run, [inputs.disk_container])

    def initial_state(self, inputs: ImportSnapshotInputs, task: SnapshotImportTask) -> ImportSnapshotState:
        return ImportSnapshotState(**vars(inputs), import_task_id=task.id, task_status=task.status)

    def with_result(self, state: ImportSnapshotState, task: SnapshotImportTask) -> ImportSnapshotState:
        facts = {**provenance_of(task.tags), "importTask": task.id}
        return replace(state, snapshot_id=task.snapshot_id, provenance=facts)

    def has_result(self, state: ImportSnapshotState) -> bool:
        return state.snapshot_id is not None

    def find_result(self, run: Run, task_id: str, state: ImportSnapshotState) -> ImportSnapshotState | None:
        snapshot = next(iter(ebs_snapshots.find_imported(run.aws, task_id)), None)
        if snapshot is None:
            return None
        facts = state.provenance or {**provenance_of(snapshot.tags), "importTask": task_id}
        return replace(state, task_status="settling", import_task_id=task_id, snapshot_id=snapshot.id, provenance=facts)

    def result_exists(self, run: Run, task: SnapshotImportTask) -> bool:
        id = str(task.snapshot_id)
        return until_visible(run, id, lambda: ebs_snapshots.find(run.aws, id)) is not None

    def configure_result(self, run: Run, state: ImportSnapshotState) -> ImportSnapshotState | None:
        id, own = str(state.snapshot_id), run.identity.tags(self.inputs_of(state))
        tags = {**(state.tags or {}), **own, **source_tags(state.provenance or {})}
        is_tagged = until_visible(run, id, lambda: ec2_tags.tag_existing(run.aws, [id], tags))
        snapshot = until_visible(run, id, lambda: ebs_snapshots.find(run.aws, id)) if is_tagged else None
        return replace(state, volume_size=snapshot.volume_size) if snapshot else None

    def describe_result(self, state: ImportSnapshotState) -> str:
        return f"snapshot {state.snapshot_id}"

    def task_of(self, run: Run, id: str) -> str | None:
        if not id.startswith("snap-"):
            return id
        snapshot = ebs_snapshots.find(run.aws, id)
        if snapshot is None:
            return None
        task_id = ebs_snapshots.importing_task(snapshot.description)
        if task_id is None or not task_id.startswith(ebs_snapshots.SNAPSHOT_TASK):
            raise CleanFailureError(
                f'snapshot {id} ("{snapshot.description}") is not the snapshot of an ImportSnapshot task; import it as '
                "vmimport:index:DirectSnapshot, or as aws:ebs/snapshot:Snapshot of pulumi-aws"
            )
        return task_id

    def existing_inputs(self, state: ImportSnapshotState, task: SnapshotImportTask) -> ImportSnapshotState:
        return snapshot_inputs(state, task.answer)

    def read_existing(self, run: Run, id: str, state: ImportSnapshotState) -> Existing[ImportSnapshotState] | None:
        found = super().read_existing(run, id, state)
        snapshot = ebs_snapshots.find(run.aws, str(found.state.snapshot_id)) if found else None
        if found is None or snapshot is None:
            return found
        key = ebs_snapshots.key_arn(run.aws, snapshot)
        state = replace(found.state, encrypted=snapshot.encrypted, kms_key_id=key)
        unread = [] if is_known(state.disk_container) else ["description"]
        unread += ["kms_key_id"] if snapshot.encrypted and key is None else []
        return self.as_existing(found.id, state, *unread)

    def untag_result(self, run: Run, state: ImportSnapshotState, keys: Sequence[str]) -> None:
        if ebs_snapshots.find(run.aws, str(state.snapshot_id)) is not None:
            ec2_tags.untag(run.aws, [str(state.snapshot_id)], keys)

    def read_result(self, run: Run, state: ImportSnapshotState) -> ImportSnapshotState | None:
        snapshot = ebs_snapshots.find(run.aws, str(state.snapshot_id))
        if snapshot is None:
            return None
        return replace(
            state,
            tags=user_tags(snapshot.tags, state.tags),
            volume_size=snapshot.volume_size,
            provenance=state.provenance or provenance_of(snapshot.tags) or None,
        )

    def delete_result(self, run: Run, state: ImportSnapshotState) -> None:
        if state.snapshot_id is not None:
            ebs_snapshots.delete(run.aws, state.snapshot_id)


def _is_inspected_by_create(run: Run) -> bool:
    """Whether preview cannot inspect the image yet, so that create must."""
    return run.supplied_by_resource("diskContainer") or run.supplied_by_resource("ignoredFindings")


def _role_problems(
    run: Run, inputs: ImportSnapshotInputs, *, with_disk: bool = True, with_key: bool = True, fresh: bool = False
) -> Iterator[Problem]:
    """Why the service role is insufficient. A disk or key with a problem of its own says nothing about the role."""
    access = RequiredAccess(
        import_objects=disk_rules.objects_of([inputs.disk_container] if with_disk else []),
        kms_key_arns=key_arns(run, inputs.encrypted, inputs.kms_key_id) if with_key else (),
    )
    return role_problems(run, inputs.role_name, access, fresh=fresh)


def _inspect(run: Run, inputs: ImportSnapshotInputs) -> Iterator[Problem]:
    # Most previews inspect no image, and importing the disk readers takes longer than all other imports together.
    from pulumi_vmimport.resources.rules import image_inspection  # noqa: PLC0415

    purpose = image_inspection.Purpose(ImageProfile.SNAPSHOT, inputs.ignored_findings or ())
    return image_inspection.inspect_container(run, "diskContainer", inputs.disk_container, purpose)
