"""The lifecycle that ImportVmImage and ImportDiskImage share."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from pulumi_vmimport.aws.ec2 import images
from pulumi_vmimport.aws.image_builder import builder_images
from pulumi_vmimport.aws.image_builder.builder_images import COMPLETE_STATUSES, RETRYABLE_STATUSES, BuilderImage
from pulumi_vmimport.aws.tables.known_failures import with_explanation
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    UNKNOWN,
    CleanFailureError,
    Created,
    Existing,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.identity import OWN_TAGS, completion_tag
from pulumi_vmimport.lifecycle.image_lifecycle import ImageLifecycle
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.image_builder.image_import import ImageImportInputs, ImageImportState
from pulumi_vmimport.resources.image_builder.image_import_rules import import_problems
from pulumi_vmimport.resources.image_builder.image_removal import wait_while_in_progress
from pulumi_vmimport.resources.image_builder.image_starts import find_or_start, set_tags
from pulumi_vmimport.resources.rules.tag_rules import tag_problems, user_tags

InputsT = TypeVar("InputsT", bound=ImageImportInputs)
StateT = TypeVar("StateT", bound=ImageImportState)


class ImageImportLifecycle(ImageLifecycle[InputsT, StateT], Generic[InputsT, StateT]):
    complete_states = COMPLETE_STATUSES
    broken_states = RETRYABLE_STATUSES | {"deregistered", "DELETED"}  # RetryImage repeats builds, not imports

    local_inputs = frozenset({"description", "retain_on_delete"})
    build_type: ClassVar[str]
    """Image Builder's type of the images"""

    @abstractmethod
    def reported_inputs(self, run: Run, image: BuilderImage) -> Mapping[str, Any]:
        """The inputs that an image reports, by their Python names."""

    def read_existing(self, run: Run, id: str, state: StateT) -> Existing[StateT] | None:
        image = builder_images.find(run.aws, id) if id.startswith("arn:") else None
        if image is None:
            return None
        if image.build_type not in (None, self.build_type):
            raise CleanFailureError(
                f"image {id} is of build type {image.build_type}, expected {self.build_type}; import it as the "
                "resource that made it (docs/existing_resources.md)"
            )
        given = {"name": image.name or UNKNOWN, "semantic_version": image.version or UNKNOWN}
        log_group = {"log_group_name": image.log_group_name}
        reported = {**vars(state), **given, **log_group, **self.reported_inputs(run, image)}
        found = self.read(run, id, self.state_type(**reported))
        return self.as_existing(image.arn, found) if found is not None else None

    @abstractmethod
    def request(self, inputs: InputsT) -> Mapping[str, Any]:
        """The members of the call that starts the import, without client token and tags."""

    @abstractmethod
    def start(self, run: Run, inputs: InputsT, token: str, tags: Mapping[str, str]) -> str:
        """Start the import, and return the ARN of the image."""

    @abstractmethod
    def remove(self, run: Run, image: BuilderImage, inputs: InputsT | StateT) -> None:
        """Delete an image that is not in progress, with what belongs to it."""

    @abstractmethod
    def left(self, inputs: InputsT | StateT) -> str:
        """What a failed import leaves, for its message."""

    def source_tags(self, run: Run, inputs: InputsT) -> Mapping[str, str]:
        """The tags of a new image that record its source."""
        del run, inputs
        return {}

    def mark_ami(self, run: Run, image: BuilderImage) -> None:
        """Tag the AMI of a complete image, if it belongs to the resource."""
        del run, image

    def release_ami(self, run: Run, image: BuilderImage) -> None:
        """Remove the tags that name the resource from an AMI that is retained."""
        del run, image

    def with_outputs(self, run: Run, state: StateT, image: BuilderImage) -> StateT:
        """The state with the outputs that an image has."""
        return replace(
            state,
            image_build_version_arn=image.arn,
            image_id=_image_id(run, image),
            image_state=image.status,
            state_reason=image.reason,
        )

    def check(self, inputs: InputsT) -> Iterator[Problem]:
        yield from import_problems(inputs)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags)

    def create(self, run: Run, inputs: InputsT) -> Created[StateT]:
        def start(token: str, tags: Mapping[str, str]) -> str:
            return self.start(run, inputs, token, tags)

        def is_usable(image: BuilderImage) -> bool:
            if image.status not in RETRYABLE_STATUSES:
                return not _is_deregistered(run, image)
            self.remove(run, image, inputs)  # a run was killed before it removed the failed image
            return False

        source = self.source_tags(run, inputs)
        arn = find_or_start(run, inputs, self.request(inputs), start, is_usable, source=source)
        state: StateT = self.state_type(**vars(inputs), image_build_version_arn=arn, image_state="PENDING")
        run.record(arn, state)
        return Created(arn, self.finish(run, arn, state))

    def read(self, run: Run, id: str, state: StateT) -> StateT | None:
        image = builder_images.find(run.aws, id)
        if image is None:
            return self.without_image(run, id, state)
        found = replace(self.with_outputs(run, state, image), tags=user_tags(image.tags, state.tags))
        if not _is_deregistered(run, image):
            return found
        reason = f"AMI {found.image_id} no longer exists"
        return replace(found, image_state="deregistered", state_reason=reason)

    def without_image(self, run: Run, id: str, state: StateT) -> StateT | None:
        """The state of a resource whose Image Builder image does not exist; None if none of it exists."""
        del run, id, state
        return None

    def delete(self, run: Run, id: str, state: StateT) -> None:
        image = builder_images.find(run.aws, id)
        if image is not None and image.is_in_progress:
            image = wait_while_in_progress(run, image)
        if image is None:
            if not state.retain_on_delete:
                self.remove_without_image(run, id, state)
        elif state.retain_on_delete and image.status in COMPLETE_STATUSES:
            self.release_ami(run, image)
            builder_images.untag(run.aws, id, image.tags.keys() & set(OWN_TAGS))
        else:
            self.remove(run, image, state)

    def remove_without_image(self, run: Run, id: str, state: StateT) -> None:
        """Delete what is left of a resource whose Image Builder image does not exist."""
        del run, id, state

    def set_tags(self, run: Run, id: str, recorded: Mapping[str, str], inputs: InputsT) -> None:
        set_tags(run, id, recorded, inputs)

    def describe_broken(self, id: str, state: StateT) -> str:
        reason = f": {state.state_reason}" if state.state_reason else ""
        return f"image {id} is {state.image_state}{reason}"

    def finish(self, run: Run, id: str, state: StateT) -> StateT:
        ended = wait_for_end(run, builder_images.POLLERS, id, lambda image: not image.is_in_progress, _progress)
        if ended is None:
            run.record(id, replace(state, image_state="DELETED"))
            raise CleanFailureError(
                f"image {id} was deleted while it was being imported; {self.left(state)}; the next `pulumi up` "
                "imports the image again"
            )
        if ended.status in COMPLETE_STATUSES:
            self.mark_ami(run, ended)
        state = self.with_outputs(run, state, ended)
        run.record(id, state)
        if ended.status not in COMPLETE_STATUSES:
            reason = with_explanation(ended.reason or "no reason")
            failure = f'image {id} ended {ended.status}: "{reason}"'
            remove_failed_work(failure, lambda: self.remove(run, ended, state))
            raise CleanFailureError(
                f"{failure}; the image was deleted, {self.left(state)}; fix the cause and run `pulumi up` again"
            )
        builder_images.tag(run.aws, id, completion_tag())
        return state


def _progress(image: BuilderImage) -> str:
    return f"{image.status.lower()}: {image.reason}" if image.reason else image.status.lower()


def _image_id(run: Run, image: BuilderImage) -> str | None:
    """The AMI of an image in its Region and account."""
    return next(iter(image.own_amis.get(run.aws.region or "", [])), None)


def _is_deregistered(run: Run, image: BuilderImage) -> bool:
    """Whether the AMI of a complete image no longer exists."""
    image_id = _image_id(run, image)
    return image.status in COMPLETE_STATUSES and image_id is not None and images.find(run.aws, image_id) is None
