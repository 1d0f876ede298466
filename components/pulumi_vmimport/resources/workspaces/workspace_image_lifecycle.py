"""What the WorkSpaces images have in common, however they are made: waiting, tags, adoption, deletion.

WorkSpaces has no client tokens: an image that an interrupted run started is found by its name, which is unique in the
Region, and known by its tags.
"""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, NotRequired, TypeVar

import pulumi
from botocore.exceptions import ClientError

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
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, OWN_TAGS, is_reserved_tag
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.rules.tag_rules import tag_problems
from pulumi_vmimport.resources.workspaces.unavailable_retry import once_available

# Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html
_NAME = re.compile(r"[a-zA-Z0-9_./()\\-]{1,64}")
_DESCRIPTION = re.compile(r"[a-zA-Z0-9_./() -]+")
_DESCRIPTION_LENGTH = 256
IMAGE_ID = re.compile(r"wsi-[0-9a-z]{9,63}")
TAG_VALUE_LENGTH = 255
# What botocore's second try meets when the answer to the first was lost on the way: the first one's image, or the
# WorkSpace that it is being made of.
_BEGUN_ALREADY = frozenset({"ResourceAlreadyExistsException", "InvalidResourceStateException"})


@dataclass(frozen=True, kw_only=True)
class WorkspaceImageInputs(AwsInputs):
    image_name: str
    image_description: str
    tags: Mapping[str, str] | None = updatable()
    retain_on_delete: bool | None = updatable()
    keep_failed_image: bool | None = updatable()


@dataclass(frozen=True, kw_only=True)
class WorkspaceImageState(WorkspaceImageInputs):
    image_id: str | None = None
    image_state: str | None = None
    required_tenancy: str | None = None
    owner_account_id: str | None = None


class WorkspaceImageArgs(AwsArgs):
    """The arguments that every WorkSpaces image has."""

    image_name: pulumi.Input[str]
    r"""The name, unique in the Region: 1 to 64 of `a-z A-Z 0-9 _ . / ( ) \ -`, no space. A change replaces."""
    image_description: pulumi.Input[str]
    """The description: 1 to 256 of `a-z A-Z 0-9 _ . / ( ) -` and space. A change replaces."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the image; at most 45."""
    retain_on_delete: NotRequired[pulumi.Input[bool]]
    """Leave the image in the account when the resource is deleted. Default: false."""
    keep_failed_image: NotRequired[pulumi.Input[bool]]
    """Keep the record of an image that could not be made, for a look in the console; the next `up` replaces it.
    Default: false, it is deleted."""


InputsT = TypeVar("InputsT", bound=WorkspaceImageInputs)
StateT = TypeVar("StateT", bound=WorkspaceImageState)


class WorkspaceImageLifecycle(Lifecycle[InputsT, StateT], Generic[InputsT, StateT]):
    unique_inputs: ClassVar[tuple[str, ...]] = ("imageName", "region")
    mend: ClassVar[str] = "mend the guest, export and import it again"
    """What to do about an image that could not be made."""

    @abstractmethod
    def start(self, run: Run, inputs: InputsT, tags: Mapping[str, str]) -> str:
        """Make the call that starts the image; returns its id."""

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
        if image is not None and not self._is_own(run, image):
            yield Problem("imageName", self._taken(image))
        if image is None and len(owned) >= byol_account.DEFAULT_IMAGE_QUOTA:
            run.warn(
                f"the account has {len(owned)} WorkSpaces images in {run.aws.region}; unless its quota was raised "
                f"above {byol_account.DEFAULT_IMAGE_QUOTA}, delete one or ask Service Quotas for more (WS-06)"
            )

    def is_begun(self, run: Run, inputs: InputsT) -> bool:
        """Whether an earlier run began the image, of which Pulumi then learnt nothing."""
        image = workspace_images.find_by_name(run.aws, inputs.image_name) if is_known(inputs.image_name) else None
        return image is not None and self._is_own(run, image)

    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        image_id = self._own_image(run, inputs)
        if image_id is None:
            try:
                tags = self._tags(run, inputs)
                image_id = once_available(run, inputs.image_name, lambda: self.start(run, inputs, tags))
            except ClientError as error:
                if error_code(error) not in _BEGUN_ALREADY:
                    raise
                image_id = self._own_image(run, inputs)
                if image_id is None:
                    raise
        state: StateT = self.state_type(**vars(inputs), image_id=image_id, image_state="PENDING")
        run.record(image_id, state)
        return Created(image_id, self._finish(run, image_id, state))

    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        image = workspace_images.find(run.aws, id)
        if image is None:
            return None
        tags = {k: v for k, v in workspaces_tags.list_tags(run.aws, id).items() if not is_reserved_tag(k)}
        own = tags if tags or state.tags is not None else None  # no tags and an empty map of them are the same
        return replace(_observed(state, image), tags=own)

    def update(self, run: Run, id: str, state: StateT, inputs: InputsT) -> StateT:
        # Until they are off the image, tags that go stay recorded: an update that breaks off is completed by the next.
        updated = replace(self.replace_inputs(state, inputs), tags={**(state.tags or {}), **(inputs.tags or {})})
        run.record(id, updated)
        if self.condition(state) is not Condition.READY:
            updated = self._finish(run, id, updated)
        self._retag(run, id, state.tags or {}, inputs)
        return replace(updated, tags=inputs.tags)

    def delete(self, run: Run, id: str, state: StateT) -> None:
        image = workspace_images.find(run.aws, id)
        if image is not None and state.retain_on_delete and self.condition(state) is Condition.READY:
            workspaces_tags.untag(run.aws, id, OWN_TAGS)
            return
        if image is not None and image.pending:  # WorkSpaces has no call that cancels an image
            image = self._settled(run, id)
        if image is not None:
            try:
                workspace_images.delete(run.aws, id)
            except ClientError as error:
                if error_code(error) == "ResourceAssociatedException":
                    words = f"image {id} ({image.name}) is still in use: {error_message(error)}"
                    raise PartialFailureError(f"{words}; {_what_goes_first(run, id)}") from error
                raise

    def condition(self, state: StateT) -> Condition:
        conditions = {"AVAILABLE": Condition.READY, "ERROR": Condition.BROKEN}
        return conditions.get(state.image_state or "", Condition.UNFINISHED)

    def _own_image(self, run: Run, inputs: InputsT) -> str | None:
        """The image that an earlier run started for these inputs; what it left in ERROR or from other inputs goes."""
        image = workspace_images.find_by_name(run.aws, inputs.image_name)
        if image is None:
            return None
        tags = workspaces_tags.list_tags(run.aws, image.id)
        if run.identity.tags(inputs).items() <= tags.items() and image.state != "ERROR":
            self._retag(run, image.id, tags, inputs)
            return image.id
        if tags.get(IDENTITY_TAG) != run.identity.key:
            raise CleanFailureError(self._taken(image))
        if image.pending:
            self._settled(run, image.id)
        workspace_images.delete(run.aws, image.id)
        return None

    def _finish(self, run: Run, id: str, state: StateT) -> StateT:
        image = self._settled(run, id)
        state = _observed(state, image) if image else replace(state, image_state="ERROR")
        run.record(id, state)
        if image is None:
            raise CleanFailureError(
                f"image {id} is gone: it was deleted while it was made; the next `pulumi up` makes it anew"
            )
        if image.state != "AVAILABLE":
            words = f"image {id} ended in {image.state}: {workspace_image_errors.explain(image.errors)}"
            if state.keep_failed_image:
                raise PartialFailureError(
                    f"{words}; {self.mend}; the image record was kept, the next `pulumi up` replaces it"
                )
            try:
                workspace_images.delete(run.aws, id)
            except ClientError as error:  # the codes are what the user needs; the record is deleted by the next run
                raise PartialFailureError(
                    f"{words}; its record could not be deleted: {error_message(error)}"
                ) from error
            raise CleanFailureError(f"{words}; {self.mend}; the image record was deleted")
        return state

    def _settled(self, run: Run, id: str) -> WorkspaceImage | None:
        """The image once it is no longer pending; None when it is gone."""
        return wait_for_end(
            run, workspace_images.POLLERS, id, lambda image: not image.pending, lambda image: image.state.lower()
        )

    def _retag(self, run: Run, id: str, had: Mapping[str, str], inputs: InputsT) -> None:
        wanted = self._tags(run, inputs)
        workspaces_tags.untag(run.aws, id, {key for key in had if not is_reserved_tag(key)} - wanted.keys())
        workspaces_tags.tag(run.aws, id, wanted)

    def _tags(self, run: Run, inputs: InputsT) -> dict[str, str]:
        return {**(inputs.tags or {}), **run.identity.tags(inputs)}

    def _is_own(self, run: Run, image: WorkspaceImage) -> bool:
        return workspaces_tags.list_tags(run.aws, image.id).get(IDENTITY_TAG) == run.identity.key

    def _taken(self, image: WorkspaceImage) -> str:
        return f"the name {image.name!r} belongs to image {image.id} of the account already; choose another name"


def name_problem(name: str) -> str | None:
    """Why WorkSpaces refuses an image's name."""
    if _NAME.fullmatch(name):
        return None
    return rf"expected 1 to 64 of a-z A-Z 0-9 _ . / ( ) \ - and no space, got {name!r}"


def description_problem(description: str, longest: int = _DESCRIPTION_LENGTH) -> str | None:
    """Why WorkSpaces refuses the description of an image, or of something else that may have another length."""
    if _DESCRIPTION.fullmatch(description) and len(description) <= longest:
        return None
    return f"expected 1 to {longest} of a-z A-Z 0-9 _ . / ( ) - and space, got {description!r}"


def image_id_problem(image_id: str) -> str | None:
    """Why something is no id of a WorkSpaces image."""
    return None if IMAGE_ID.fullmatch(image_id) else f"expected wsi- and 9 to 63 of a-z 0-9, got {image_id!r}"


def _observed(state: StateT, image: WorkspaceImage) -> StateT:
    return replace(
        state,
        image_id=image.id,
        image_state=image.state,
        required_tenancy=image.required_tenancy,
        owner_account_id=image.owner_account_id,
    )


def _what_goes_first(run: Run, image_id: str) -> str:
    """An advice that names the bundles that use an image and the accounts it is shared with (WS-11)."""
    try:
        bundles = ", ".join(f"{b.id} ({b.name})" for b in workspace_bundles.list_by_image(run.aws, image_id))
        accounts = ", ".join(image_permissions.list_accounts(run.aws, image_id))
    except ClientError as error:
        return (
            f"delete its bundles and stop sharing it first (which and with whom is not known: {error_message(error)})"
        )
    advice = [f"delete its bundles {bundles}"] if bundles else []
    advice += [f"stop sharing it with {accounts}"] if accounts else []
    by_name = "; one that is replaced needs a new image_name: its bundles then get the new image before it goes"
    all_of_it = " and ".join(advice) or "delete its bundles and what is being made of it"
    return f"{all_of_it} first (WS-11){by_name if bundles else ''}"
