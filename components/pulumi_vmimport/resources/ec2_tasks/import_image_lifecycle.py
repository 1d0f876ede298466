"""The lifecycle of ImportImage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from pulumi_vmimport.aws.ec2 import ebs_snapshots, ec2_tags, image_copies, images
from pulumi_vmimport.aws.ec2.import_request import api_members
from pulumi_vmimport.aws.ec2.import_tasks import IMAGE_IMPORTS, ImageImportTask, start_image_import
from pulumi_vmimport.aws.ec2.sysprep import SYSPREP_TAG, sysprep_of, sysprep_tags
from pulumi_vmimport.lifecycle.contract import Condition, Existing, Problem, Run, is_known
from pulumi_vmimport.lifecycle.provenance import provenance_of, source_tags
from pulumi_vmimport.lifecycle.task_waiting import until_visible
from pulumi_vmimport.resources.ec2_tasks import import_image_rules as rules
from pulumi_vmimport.resources.ec2_tasks import imported_images, named_image
from pulumi_vmimport.resources.ec2_tasks.conversion_lifecycle import ConversionLifecycle
from pulumi_vmimport.resources.ec2_tasks.existing_imports import image_inputs
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs, ImportImageState
from pulumi_vmimport.resources.ec2_tasks.import_image_state import (
    imds_support,
    is_chosen_by_aws,
    is_client,
    with_image,
)
from pulumi_vmimport.resources.ec2_tasks.import_queue import IMPORT_QUEUE
from pulumi_vmimport.resources.ec2_tasks.untraced_results import warn_of_untraced_images
from pulumi_vmimport.resources.rules.object_source import tags_of_source
from pulumi_vmimport.resources.rules.source_version import containers_version
from pulumi_vmimport.resources.rules.sysprep_rules import warn_of_clones, warn_of_launched_clones
from pulumi_vmimport.resources.rules.tag_rules import user_tags


class ImportImageLifecycle(ConversionLifecycle[ImportImageInputs, ImportImageState, ImageImportTask]):
    inputs_type = ImportImageInputs
    state_type = ImportImageState
    tasks = IMAGE_IMPORTS
    quota_queue = IMPORT_QUEUE
    local_inputs = frozenset({
        "client_data", "ignored_findings", "image_profile", "ingestion_process", "operating_system",
        "retain_on_delete", "role_name", "skip_operating_system_check", "source_hash",
    })  # fmt: skip
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "diskContainers": "EC2 describes the disk images of an import for seven days, and snapshots not at all",
        "licenseSpecifications": "EC2 describes the license configurations of an import for seven days",
    }

    def check(self, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.check(inputs)

    def preflight(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.preflight(run, inputs)

    def role_problems(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.role_problems(run, inputs, fresh=True)

    def inspection_problems(self, run: Run, inputs: ImportImageInputs) -> Iterator[Problem]:
        return rules.inspection_problems(run, inputs) if rules.is_inspected_by_create(run) else iter(())

    def source_version(self, run: Run, inputs: ImportImageInputs) -> str | None:
        return containers_version(run, inputs.disk_containers)

    def start(self, run: Run, inputs: ImportImageInputs, unusable: set[str]) -> ImageImportTask:
        warn_of_untraced_images(run, inputs)
        return super().start(run, inputs, unusable)

    def start_task(self, run: Run, inputs: ImportImageInputs, token: str, tags: Mapping[str, str]) -> ImageImportTask:
        return start_image_import(run.aws, api_members(inputs), token, tags)

    def source_tags(self, run: Run, inputs: ImportImageInputs) -> Mapping[str, str]:
        return tags_of_source(run, inputs.disk_containers)

    def initial_state(self, inputs: ImportImageInputs, task: ImageImportTask) -> ImportImageState:
        return ImportImageState(**vars(inputs), import_task_id=task.id, task_status=task.status)

    def with_source(self, run: Run, state: ImportImageState) -> ImportImageState:
        if state.detected_guest is not None or not is_known(state.disk_containers):
            return state
        return replace(state, detected_guest=rules.detected_guest(run, state))

    def with_result(self, state: ImportImageState, task: ImageImportTask) -> ImportImageState:
        return replace(
            state,
            image_id=task.image_id,
            snapshot_ids=task.snapshot_ids,
            detected_license_type=task.license_type,
            detected_platform=task.platform,
            billed_usage_operation=task.usage_operation,
            provenance={**provenance_of(task.tags), "importTask": task.id},
        )

    def has_result(self, state: ImportImageState) -> bool:
        return state.image_id is not None

    def find_result(self, run: Run, task_id: str, state: ImportImageState) -> ImportImageState | None:
        state = replace(state, import_task_id=task_id)
        if image := images.find_imported(run.aws, task_id) or next(iter(named_image.find_copies(run, task_id)), None):
            return replace(
                state,
                task_status="settling",
                image_id=image.id,
                snapshot_ids=image.snapshot_ids,
                provenance=state.provenance or {**provenance_of(image.tags), "importTask": task_id},
            )
        remaining = tuple(snapshot.id for snapshot in ebs_snapshots.find_imported(run.aws, task_id))
        return replace(state, task_status="deregistered", snapshot_ids=remaining) if remaining else None

    def result_exists(self, run: Run, task: ImageImportTask) -> bool:
        def look() -> bool:
            image = images.find(run.aws, str(task.image_id))
            return image is not None or bool(named_image.find_copies(run, task.id))

        return until_visible(run, str(task.image_id), look) is not None

    def configure_result(self, run: Run, state: ImportImageState) -> ImportImageState | None:
        marks = {**sysprep_tags(state.sysprep, is_client=is_client(state)), **source_tags(state.provenance or {})}
        tags = {**(state.tags or {}), **run.identity.tags(self.inputs_of(state)), **marks}
        named = self._named(run, state, tags)
        if named is None:
            return None
        id, description = str(named.image_id), state.description
        is_done = until_visible(run, id, lambda: ec2_tags.tag_existing(run.aws, _resource_ids(named), tags))
        if is_done and description is not None:
            is_done = until_visible(run, id, lambda: images.set_description(run.aws, id, description))
        if is_done and state.imds_support is not None:
            is_done = until_visible(run, id, lambda: image_copies.require_imds_v2(run.aws, id))
        image = until_visible(run, id, lambda: images.find(run.aws, id)) if is_done else None
        if image is None:
            return None
        if SYSPREP_TAG not in marks and SYSPREP_TAG in image.tags:
            ec2_tags.untag(run.aws, _resource_ids(named), [SYSPREP_TAG])
        permissions = image_copies.launch_permissions(run.aws, id)
        warn_of_clones(run, image, permissions)
        return replace(with_image(named, image), launch_permissions=permissions)

    def _named(self, run: Run, state: ImportImageState, tags: Mapping[str, str]) -> ImportImageState | None:
        """The state with the AMI that has the name of the input, or with EC2's AMI if there is no such input."""
        name = state.image_name
        if name is None and state.replaced_image_id is not None:  # the input was removed while the AMI was copied
            image = images.find(run.aws, str(state.image_id))
            name = image.name if image else None
        if name is None:
            return state

        def with_ids(named: named_image.NamedImage) -> ImportImageState:
            return replace(state, **vars(named))

        def record(named: named_image.NamedImage) -> None:
            run.record(str(state.import_task_id), with_ids(named))

        current = named_image.NamedImage(
            str(state.image_id), state.snapshot_ids, state.replaced_image_id, state.replaced_snapshot_ids
        )
        request = image_copies.CopyRequest(
            str(state.image_id), name, state.description, state.encrypted, state.kms_key_id
        )
        named = named_image.named_image(run, str(state.import_task_id), current, request, tags=tags, record=record)
        return with_ids(named) if named else None

    def condition(self, state: ImportImageState) -> Condition:
        condition = super().condition(state)
        is_copying = state.replaced_image_id is not None and condition is Condition.READY
        return Condition.UNFINISHED if is_copying else condition

    def describe_broken(self, id: str, state: ImportImageState) -> str:
        if state.task_status != "deregistered":
            return super().describe_broken(id, state)
        return f"AMI {state.image_id or f'of import task {id}'} was deregistered outside of Pulumi"

    def inputs_of(self, state: ImportImageState) -> ImportImageInputs:
        name, description = is_chosen_by_aws(state.image_name, state.description)
        inputs = super().inputs_of(state)
        return replace(
            inputs,
            image_name=None if name else inputs.image_name,
            description=None if description else inputs.description,
        )

    def describe_result(self, state: ImportImageState) -> str:
        return f"AMI {state.image_id} or one of its snapshots"

    def read(self, run: Run, id: str, state: ImportImageState) -> ImportImageState | None:
        found = super().read(run, id, state)
        is_complete = found is not None and self.condition(found) is Condition.READY
        return self.with_source(run, found) if found is not None and is_complete else found

    def task_of(self, run: Run, id: str) -> str | None:
        return imported_images.task_of(run, id) if id.startswith("ami-") else id

    def existing_inputs(self, state: ImportImageState, task: ImageImportTask) -> ImportImageState:
        return image_inputs(state, task.answer, provenance_of(task.tags).get("object"))

    def read_existing(self, run: Run, id: str, state: ImportImageState) -> Existing[ImportImageState] | None:
        found = super().read_existing(run, id, state)
        image_id = found.state.image_id if found else None
        image = images.find(run.aws, image_id) if image_id else None
        if found is None or image is None:
            return found
        state = imported_images.described(run, found.state, image)
        guest = self.with_source(run, replace(state, source_hash=None)).detected_guest  # as the next refresh reads it
        return replace(found, state=replace(state, detected_guest=guest))

    def untag_result(self, run: Run, state: ImportImageState, keys: Sequence[str]) -> None:
        if images.find(run.aws, str(state.image_id)) is not None:
            ec2_tags.untag(run.aws, _resource_ids(state), keys)

    def result_of_existing(self, run: Run, state: ImportImageState) -> ImportImageState:
        return imported_images.with_copy(run, state)

    def read_result(self, run: Run, state: ImportImageState) -> ImportImageState | None:
        image = images.find(run.aws, str(state.image_id))
        if image is None:
            # The snapshots remain after the AMI was deregistered outside of Pulumi. Keep the state, so that delete
            # removes them.
            remaining = ebs_snapshots.find_existing(run.aws, state.snapshot_ids)
            return replace(state, task_status="deregistered", snapshot_ids=remaining) if remaining else None
        permissions = image_copies.launch_permissions(run.aws, image.id)
        warn_of_clones(run, image, permissions)
        warn_of_launched_clones(run, image)
        return replace(
            state,
            tags=user_tags(image.tags, state.tags),
            sysprep=sysprep_of(image.tags),
            description=image.description,
            image_name=state.image_name if state.replaced_image_id else image.name,
            imds_support=imds_support(image),
            snapshot_ids=image.snapshot_ids,
            launch_permissions=permissions,
            provenance=state.provenance or provenance_of(image.tags) or None,
        )

    def delete_result(self, run: Run, state: ImportImageState) -> None:
        named_image.delete_image(run, state.image_id, state.snapshot_ids)
        named_image.delete_image(run, state.replaced_image_id, state.replaced_snapshot_ids)
        # A run that was killed may have left a copy that it did not record.
        for copy in named_image.find_copies(run, state.import_task_id) if state.import_task_id else ():
            named_image.delete_image(run, copy.id, copy.snapshot_ids)


def _resource_ids(state: ImportImageState) -> list[str]:
    return [str(state.image_id), *state.snapshot_ids]
