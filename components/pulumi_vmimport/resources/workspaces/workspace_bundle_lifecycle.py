"""The lifecycle of WorkspaceBundle."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.resource_arns import id_in_arn
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.workspaces import workspace_bundles
from pulumi_vmimport.aws.workspaces.compute_types import ComputeType
from pulumi_vmimport.aws.workspaces.workspace_bundles import BundleDescription
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.call_retries import retry_if, retry_while_unavailable
from pulumi_vmimport.lifecycle.contract import (
    UNKNOWN,
    CleanFailureError,
    Condition,
    Created,
    Existing,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.resources.workspaces import resource_tags
from pulumi_vmimport.resources.workspaces.bundle_storage_rules import storage_problems
from pulumi_vmimport.resources.workspaces.identifier_rules import (
    TAG_VALUE_LENGTH,
    description_problem,
    image_id_problem,
    name_problem,
)
from pulumi_vmimport.resources.workspaces.source_image_rules import availability_problems, own_image
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundleInputs, WorkspaceBundleState
from pulumi_vmimport.shown_value import shown_value

_DESCRIPTION_LENGTH = 255
_BUNDLE_IN_USE = "ResourceAssociatedException"


class WorkspaceBundleLifecycle(Lifecycle[WorkspaceBundleInputs, WorkspaceBundleState]):
    inputs_type = WorkspaceBundleInputs
    state_type = WorkspaceBundleState
    condition_output = "bundleState"
    unique_inputs = ("bundleName", "region")

    def check(self, inputs: WorkspaceBundleInputs) -> Iterator[Problem]:
        if is_known(inputs.bundle_name) and (reason := name_problem(inputs.bundle_name)):
            yield Problem("bundleName", reason)
        description = inputs.bundle_description
        if is_known(description) and (reason := description_problem(description, _DESCRIPTION_LENGTH)):
            yield Problem("bundleDescription", reason)
        if is_known(inputs.image_id) and (reason := image_id_problem(inputs.image_id)):
            yield Problem("imageId", reason)
        has_gpu = inputs.compute_type.startswith("GRAPHICS") if is_known(inputs.compute_type) else None
        yield from storage_problems(inputs.root_storage_gib, inputs.user_storage_gib, has_gpu=has_gpu)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, longest_value=TAG_VALUE_LENGTH)

    def preflight(self, run: Run, inputs: WorkspaceBundleInputs) -> Iterator[Problem]:
        if is_known(inputs.bundle_name):
            bundle = workspace_bundles.find_by_name(run.aws, inputs.bundle_name)
            if bundle is not None and not resource_tags.is_own(run, bundle.id):
                yield Problem("bundleName", resource_tags.name_conflict("bundle", bundle))
        if is_known(inputs.image_id):
            remedy = "copy the image with CopyWorkspaceImage and use the copy"
            image = yield from own_image(run, inputs.image_id, "imageId", remedy)
            if image is not None:
                yield from availability_problems(run, image, "imageId")

    def create(self, run: Run, inputs: WorkspaceBundleInputs) -> Created[WorkspaceBundleState]:
        bundle = self._adopt(run, inputs) or self._create_or_adopt(run, inputs)
        state: WorkspaceBundleState = self.state_type(**vars(inputs), bundle_id=bundle.id, bundle_state="PENDING")
        run.record(bundle.id, state)
        try:
            state = self._finish(run, bundle.id, state)
            state = self._set_image(run, bundle.id, state, inputs.image_id)
        except PartialFailureError as error:
            remove_failed_work(str(error), lambda: workspace_bundles.delete(run.aws, bundle.id))
            raise CleanFailureError(f"{error}; the bundle was deleted") from error
        return Created(bundle.id, state)

    def read(self, run: Run, id: str, state: WorkspaceBundleState) -> WorkspaceBundleState | None:
        bundle = workspace_bundles.find(run.aws, id)
        if bundle is None:
            return None
        return replace(
            state,
            bundle_id=id,
            bundle_state=bundle.state,
            image_id=bundle.image_id or state.image_id,
            tags=resource_tags.user_tags(run, id, state.tags),
        )

    def read_existing(self, run: Run, id: str, state: WorkspaceBundleState) -> Existing[WorkspaceBundleState] | None:
        bundle = workspace_bundles.find(run.aws, id_in_arn(id))
        if bundle is None:
            return None
        if bundle.owner not in (None, run.aws.account_id):
            raise CleanFailureError(
                f"bundle {bundle.id} ({bundle.name}) belongs to {bundle.owner}, expected account {run.aws.account_id}; "
                "read it with aws.workspaces.get_bundle of pulumi-aws"
            )
        reported: Any = {
            "bundle_name": bundle.name,
            "bundle_description": bundle.description,
            "compute_type": ComputeType(bundle.compute_type) if bundle.compute_type in set(ComputeType) else UNKNOWN,
            "root_storage_gib": UNKNOWN if bundle.root_storage_gib is None else bundle.root_storage_gib,
            "user_storage_gib": UNKNOWN if bundle.user_storage_gib is None else bundle.user_storage_gib,
            "image_id": bundle.image_id or UNKNOWN,
        }
        found = self.read(run, bundle.id, replace(state, **reported))
        return self.as_existing(bundle.id, found) if found is not None else None

    def update(
        self, run: Run, id: str, state: WorkspaceBundleState, inputs: WorkspaceBundleInputs
    ) -> WorkspaceBundleState:
        # The old image and the tags to remove stay recorded until they are replaced, so that the next update completes
        # an interrupted one.
        tags = {**(state.tags or {}), **(inputs.tags or {})}
        updated = replace(self.replace_inputs(state, inputs), image_id=state.image_id, tags=tags)
        run.record(id, updated)
        if self.condition(state) is not Condition.READY:
            updated = self._finish(run, id, updated)
        updated = self._set_image(run, id, updated, inputs.image_id)
        resource_tags.replace_tags(run, id, state.tags or {}, inputs)
        return replace(updated, tags=inputs.tags)

    def delete(self, run: Run, id: str, state: WorkspaceBundleState) -> None:
        try:
            retry_while_unavailable(run, id, lambda: workspace_bundles.delete(run.aws, id))
        except ClientError as error:
            if error_code(error) != _BUNDLE_IN_USE:
                raise
            failure = f"bundle {id} ({state.bundle_name}) is still in use: {error_message(error)}"
            raise PartialFailureError(f"{failure}; {_workspaces_remedy(run, id)} first") from error
        while workspace_bundles.find(run.aws, id) is not None:  # its image cannot be deleted before
            run.status(f"{id}: deleting")
            run.wait(run.poll_seconds)

    def condition(self, state: WorkspaceBundleState) -> Condition:
        conditions = {"AVAILABLE": Condition.READY, "ERROR": Condition.BROKEN}
        return conditions.get(state.bundle_state or "", Condition.UNFINISHED)

    def describe_broken(self, id: str, state: WorkspaceBundleState) -> str:
        return f"WorkSpaces bundle {id} ({state.bundle_name}) is in state {state.bundle_state}"

    def _adopt(self, run: Run, inputs: WorkspaceBundleInputs) -> BundleDescription | None:
        """The bundle that an earlier run created from these inputs. Deletes one that cannot be adopted."""
        bundle = workspace_bundles.find_by_name(run.aws, inputs.bundle_name)
        if bundle is None or resource_tags.adopt(run, inputs, "bundle", bundle):
            return bundle
        workspace_bundles.delete(run.aws, bundle.id)
        return None

    def _create_or_adopt(self, run: Run, inputs: WorkspaceBundleInputs) -> BundleDescription:
        """Create the bundle, and wait while its name is reserved.

        AWS reserves the name of a deleted bundle for up to two hours. If instead the response to botocore's first
        attempt was lost, its retry is rejected for the same reason, and the bundle exists.
        """
        members, tags = _members(inputs), resource_tags.all_tags(run, inputs)

        def create() -> BundleDescription:
            try:
                return retry_while_unavailable(
                    run, inputs.bundle_name, lambda: workspace_bundles.create(run.aws, members, tags)
                )
            except ClientError as error:
                if _is_name_in_use(error) and (bundle := self._adopt(run, inputs)):
                    return bundle
                raise

        waiting = (
            f"waiting for the name {shown_value(inputs.bundle_name)}, which AWS reserves for two hours after a deletion"
        )
        return retry_if(run, _is_name_in_use, create, lambda words: f"{waiting}: {words}")

    def _finish(self, run: Run, id: str, state: WorkspaceBundleState) -> WorkspaceBundleState:
        """Wait until the bundle is AVAILABLE. Raises: PartialFailureError if a failed bundle still exists."""
        bundle = wait_for_end(
            run,
            workspace_bundles.POLLERS,
            id,
            lambda bundle: not bundle.pending,
            lambda bundle: bundle.state.lower(),
        )
        state = replace(state, bundle_state=bundle.state if bundle else "ERROR")
        run.record(id, state)
        if bundle is None:
            raise CleanFailureError(
                f"bundle {id} was deleted while it was being created; the next `pulumi up` creates it again"
            )
        if bundle.state != "AVAILABLE":
            raise PartialFailureError(
                f"bundle {id} ended in {bundle.state}, and WorkSpaces gives no reason; check that image "
                f"{bundle.image_id} is AVAILABLE and fits the root volume; the next `pulumi up` creates it again"
            )
        return replace(state, image_id=bundle.image_id or state.image_id)

    def _set_image(self, run: Run, id: str, state: WorkspaceBundleState, image_id: str) -> WorkspaceBundleState:
        """Set the image of the bundle unless it already has it."""
        if state.image_id == image_id:
            return state
        retry_while_unavailable(run, id, lambda: workspace_bundles.set_image(run.aws, id, image_id))
        return self._finish(run, id, replace(state, image_id=image_id))


def _is_name_in_use(error: BaseException) -> bool:
    return error_code(error) == "ResourceAlreadyExistsException"


def _members(inputs: WorkspaceBundleInputs) -> dict[str, Any]:
    root = inputs.root_storage_gib
    return {
        "BundleName": inputs.bundle_name,
        "BundleDescription": inputs.bundle_description,
        "ImageId": inputs.image_id,
        "ComputeType": {"Name": inputs.compute_type.value},
        "UserStorage": {"Capacity": str(inputs.user_storage_gib)},
        **({"RootStorage": {"Capacity": str(root)}} if root is not None else {}),
    }


def _workspaces_remedy(run: Run, bundle_id: str) -> str:
    """The remedy for a bundle in use, with the WorkSpaces that were launched from it."""
    try:
        workspaces = ", ".join(workspace_bundles.list_workspaces(run.aws, bundle_id))
    except ClientError as error:
        return f"delete or migrate its WorkSpaces (they could not be listed: {describe_aws_error(error)})"
    return f"delete or migrate its WorkSpaces{f' {workspaces}' if workspaces else ''}"
