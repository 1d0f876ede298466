"""The lifecycle that all WorkSpaces images share: waiting, tags, adoption after an interrupted run, deletion."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.resource_arns import id_in_arn
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.tables import workspace_image_errors
from pulumi_vmimport.aws.workspaces import (
    byol_account,
    image_permissions,
    workspace_bundles,
    workspace_images,
    workspaces_tags,
)
from pulumi_vmimport.aws.workspaces.workspace_images import WorkspaceImage
from pulumi_vmimport.guest.preparation_steps import steps_by_code
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.call_retries import retry_while_unavailable
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Existing,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.identity import OWN_TAGS
from pulumi_vmimport.lifecycle.image_lifecycle import ImageLifecycle
from pulumi_vmimport.lifecycle.provenance import provenance_of
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.rules.tag_rules import tag_problems, user_tags
from pulumi_vmimport.resources.workspaces import resource_tags
from pulumi_vmimport.resources.workspaces.identifier_rules import (
    TAG_VALUE_LENGTH,
    description_problem,
    name_problem,
)
from pulumi_vmimport.resources.workspaces.workspace_image import WorkspaceImageInputs, WorkspaceImageState

# If the response to botocore's first attempt was lost, its retry fails with one of these: the image exists, or the
# WorkSpace is busy with it.
_ALREADY_STARTED = frozenset({"ResourceAlreadyExistsException", "InvalidResourceStateException"})
_IN_USE = "ResourceAssociatedException"


InputsT = TypeVar("InputsT", bound=WorkspaceImageInputs)
StateT = TypeVar("StateT", bound=WorkspaceImageState)


class WorkspaceImageLifecycle(ImageLifecycle[InputsT, StateT], Generic[InputsT, StateT]):
    complete_states = frozenset({"AVAILABLE"})
    broken_states = frozenset({"ERROR"})
    unique_inputs: ClassVar[tuple[str, ...]] = ("imageName", "region")
    remedy: ClassVar[str] = "fix the guest, then export and import it again"
    """What to do when the image ends in state ERROR."""

    local_inputs = frozenset({"keep_failed_image", "retain_on_delete"})

    def reported_inputs(self, run: Run, image: WorkspaceImage, facts: Mapping[str, str]) -> Mapping[str, Any]:
        """The inputs of this kind that WorkSpaces or the tags of the image report, by their Python names."""
        del run, image, facts
        return {}

    def read_existing(self, run: Run, id: str, state: StateT) -> Existing[StateT] | None:
        image_id = id_in_arn(id)
        image = workspace_images.find(run.aws, image_id)
        if image is None:
            return None
        if image.state == "ERROR":
            words = workspace_image_errors.explain(image.errors, steps_by_code())
            raise CleanFailureError(
                f"WorkSpaces image {image_id} ({image.name}) is in state ERROR: {words}; delete it, and declare the "
                "resource to create another"
            )
        tags = workspaces_tags.list_tags(run.aws, image_id)
        facts = provenance_of(tags)
        found = replace(
            _with_outputs(state, image),
            image_name=image.name,
            image_description=image.description,
            tags=user_tags(tags, None),
            provenance=facts or None,
        )
        return self.as_existing(image_id, replace(found, **self.reported_inputs(run, image, facts)))

    @abstractmethod
    def start(self, run: Run, inputs: InputsT, tags: Mapping[str, str]) -> str:
        """Call the operation that creates the image, with these tags and those of its source; return the image's id."""

    def check(self, inputs: InputsT) -> Iterator[Problem]:
        if is_known(inputs.image_name) and (reason := name_problem(inputs.image_name)):
            yield Problem("imageName", reason)
        if is_known(inputs.image_description) and (reason := description_problem(inputs.image_description)):
            yield Problem("imageDescription", reason)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags, longest_value=TAG_VALUE_LENGTH)

    def preflight(self, run: Run, inputs: InputsT) -> Iterator[Problem]:
        if not is_known(inputs.image_name):
            return
        owned = list(workspace_images.list_owned(run.aws))
        image = next((image for image in owned if image.name == inputs.image_name), None)
        if image is not None and not resource_tags.is_own(run, image.id):
            yield Problem("imageName", resource_tags.name_conflict("image", image))
        if image is None and len(owned) >= byol_account.DEFAULT_IMAGE_QUOTA:
            run.warn(
                f"the account owns {len(owned)} WorkSpaces images in {run.aws.region}, and the default quota is "
                f"{byol_account.DEFAULT_IMAGE_QUOTA}; unless your quota is higher, delete an image or request an "
                "increase in Service Quotas"
            )

    def was_started(self, run: Run, inputs: InputsT) -> bool:
        """Whether an earlier run started the image and was killed before Pulumi recorded it."""
        image = workspace_images.find_by_name(run.aws, inputs.image_name) if is_known(inputs.image_name) else None
        return image is not None and resource_tags.is_own(run, image.id)

    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        image_id = self._adopt(run, inputs) or self._start(run, inputs)
        state: StateT = self.state_type(**vars(inputs), image_id=image_id, image_state="PENDING")
        run.record(image_id, state)
        return Created(image_id, self.finish(run, image_id, state))

    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        image = workspace_images.find(run.aws, id)
        if image is None:
            return None
        tags = workspaces_tags.list_tags(run.aws, id)
        return replace(
            _with_outputs(state, image),
            tags=user_tags(tags, state.tags),
            provenance=state.provenance or provenance_of(tags) or None,
        )

    def delete(self, run: Run, id: str, state: StateT) -> None:
        image = workspace_images.find(run.aws, id)
        if image is not None and image.pending:  # WorkSpaces cannot cancel the creation of an image
            image = self._wait_for_end(run, id)
        if image is None:
            return
        if state.retain_on_delete and self.condition(state) is Condition.READY:
            workspaces_tags.untag(run.aws, id, OWN_TAGS)
            return
        try:
            workspace_images.delete(run.aws, id)
        except ClientError as error:
            if error_code(error) != _IN_USE:
                raise
            failure = f"image {id} ({image.name}) is still in use: {error_message(error)}"
            raise PartialFailureError(f"{failure}; {_dependents_remedy(run, id)}") from error

    def set_tags(self, run: Run, id: str, recorded: Mapping[str, str], inputs: InputsT) -> None:
        resource_tags.replace_tags(run, id, recorded, inputs)

    def describe_broken(self, id: str, state: StateT) -> str:
        return f"WorkSpaces image {id} ({state.image_name}) is in state {state.image_state}"

    def _adopt(self, run: Run, inputs: InputsT) -> str | None:
        """The id of the image that an earlier run started from these inputs. Deletes one that cannot be adopted."""
        image = workspace_images.find_by_name(run.aws, inputs.image_name)
        if image is None:
            return None
        if resource_tags.adopt(run, inputs, "image", image):
            return image.id
        if image.pending:
            self._wait_for_end(run, image.id)
        workspace_images.delete(run.aws, image.id)
        return None

    def _start(self, run: Run, inputs: InputsT) -> str:
        tags = resource_tags.all_tags(run, inputs)
        try:
            return retry_while_unavailable(run, inputs.image_name, lambda: self.start(run, inputs, tags))
        except ClientError as error:
            if error_code(error) in _ALREADY_STARTED and (image_id := self._adopt(run, inputs)):
                return image_id
            raise

    def finish(self, run: Run, id: str, state: StateT) -> StateT:
        image = self._wait_for_end(run, id)
        state = _with_outputs(state, image) if image else replace(state, image_state="ERROR")
        run.record(id, state)
        if image is None:
            raise CleanFailureError(
                f"image {id} was deleted while it was being created; the next `pulumi up` creates it again"
            )
        if image.state == "AVAILABLE":
            return replace(state, provenance=provenance_of(workspaces_tags.list_tags(run.aws, id)) or None)
        errors = workspace_image_errors.explain(image.errors, steps_by_code())
        failure = f"image {id} ended in {image.state}: {errors}; {self.remedy}"
        if state.keep_failed_image:
            raise PartialFailureError(f"{failure}; the failed image was kept and the next `pulumi up` replaces it")
        remove_failed_work(failure, lambda: workspace_images.delete(run.aws, id))
        raise CleanFailureError(f"{failure}; the failed image was deleted")

    def _wait_for_end(self, run: Run, id: str) -> WorkspaceImage | None:
        """The image once it is no longer pending; None when it is gone."""
        return wait_for_end(
            run,
            workspace_images.POLLERS,
            id,
            lambda image: not image.pending,
            lambda image: image.state.lower(),
        )


def _with_outputs(state: StateT, image: WorkspaceImage) -> StateT:
    return replace(
        state,
        image_id=image.id,
        image_state=image.state,
        required_tenancy=image.required_tenancy,
        owner_account_id=image.owner_account_id,
    )


def _dependents_remedy(run: Run, image_id: str) -> str:
    """The remedy for an image in use, with the bundles that use it and the accounts that it is shared with."""
    try:
        bundles = ", ".join(f"{b.id} ({b.name})" for b in workspace_bundles.list_by_image(run.aws, image_id))
        accounts = ", ".join(image_permissions.shared_account_ids(run.aws, image_id))
    except ClientError as error:
        return f"delete its bundles and stop sharing it first (they could not be listed: {describe_aws_error(error)})"
    steps = [f"delete its bundles {bundles}"] if bundles else []
    steps += [f"stop sharing it with {accounts}"] if accounts else []
    remedy = f"{' and '.join(steps) or 'delete its bundles and the images being created from it'} first"
    if not bundles:
        return remedy
    return f"{remedy}; to replace the image, change image_name: bundles then receive the new image before it is deleted"
