"""The lifecycle of DistributeImage."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import image_copies
from pulumi_vmimport.aws.image_builder import builder_images, distribution_configurations
from pulumi_vmimport.aws.image_builder.builder_images import (
    COMPLETE_STATUSES,
    RETRYABLE_STATUSES,
    BuilderImage,
    DistributionRequest,
)
from pulumi_vmimport.aws.image_builder.distribution_configurations import DistributionConfiguration
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.call_retries import retry_while_unavailable
from pulumi_vmimport.lifecycle.contract import (
    UNKNOWN,
    CleanFailureError,
    Created,
    Existing,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.identity import INPUTS_TAG, OWN_TAGS, completion_tag
from pulumi_vmimport.lifecycle.image_lifecycle import ImageLifecycle
from pulumi_vmimport.lifecycle.provenance import provenance_of
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.image_builder import distribution_rules
from pulumi_vmimport.resources.image_builder.copy_marks import mark_copies, marks_of, release_copies
from pulumi_vmimport.resources.image_builder.distribute_image import DistributeImageInputs, DistributeImageState
from pulumi_vmimport.resources.image_builder.distribution_texts import describe_failure, progress_of
from pulumi_vmimport.resources.image_builder.image_removal import (
    existing_amis,
    remove_image,
    remove_recorded_amis,
    wait_while_in_progress,
)
from pulumi_vmimport.resources.image_builder.image_starts import find_or_start, set_tags, start_once_role_is_known
from pulumi_vmimport.resources.image_builder.request_rules import role_problems
from pulumi_vmimport.resources.rules.available_images import wait_until_available
from pulumi_vmimport.resources.rules.tag_rules import tag_problems, user_tags

_NOT_RETRYABLE = frozenset({"ClientException", "InvalidRequestException"})


class DistributeImageLifecycle(ImageLifecycle[DistributeImageInputs, DistributeImageState]):
    inputs_type = DistributeImageInputs
    state_type = DistributeImageState
    local_inputs = frozenset({"distribution_hash", "retain_on_delete"})
    unread_inputs: ClassVar[Mapping[str, str]] = {
        "sourceImage": "Image Builder does not report the source of a distribution",
        "executionRole": "Image Builder does not report it for this image",
    }
    complete_states = COMPLETE_STATUSES
    broken_states = frozenset({"deregistered", "stale", "DELETED"})

    def check(self, inputs: DistributeImageInputs) -> Iterator[Problem]:
        yield from distribution_rules.input_problems(inputs)
        yield from aws_input_problems(inputs)
        if is_known(inputs.tags):
            yield from tag_problems(inputs.tags)

    def preflight(self, run: Run, inputs: DistributeImageInputs) -> Iterator[Problem]:
        configuration = None
        for found in distribution_rules.configuration_of(run, inputs):
            if isinstance(found, DistributionConfiguration):
                configuration = found
            else:
                yield found
        usable: list[Mapping[str, Any]] = []
        if configuration is not None:
            usable = yield from distribution_rules.usable_distributions(run, configuration)
        yield from distribution_rules.source_problems(run, inputs, configuration, usable)
        if is_known(inputs.execution_role):
            yield from role_problems(run, inputs.execution_role)

    def create(self, run: Run, inputs: DistributeImageInputs) -> Created[DistributeImageState]:
        arn = self._existing_or_new(run, inputs)
        state = DistributeImageState(**vars(inputs), image_build_version_arn=arn, image_state="PENDING", amis=())
        run.record(arn, state)
        return Created(arn, self.finish(run, arn, state))

    def read(self, run: Run, id: str, state: DistributeImageState) -> DistributeImageState | None:
        image = builder_images.find(run.aws, id)
        if image is None:
            return _without_image(run, id, state)
        found = replace(_with_outputs(state, image), tags=user_tags(image.tags, state.tags))
        missing = _missing_amis(run, image) if image.status in COMPLETE_STATUSES else {}
        if state.image_state == "stale" and image.status in RETRYABLE_STATUSES:
            return replace(found, image_state="stale", state_reason=state.state_reason)
        if not missing:
            return found
        gone = ", ".join(f"{id} in {region}" for id, region in missing.items())
        amis = tuple(ami for ami in found.amis or () if ami["id"] not in missing)
        return replace(found, image_state="deregistered", state_reason=f"{gone} no longer exists", amis=amis)

    def read_existing(self, run: Run, id: str, state: DistributeImageState) -> Existing[DistributeImageState] | None:
        image = builder_images.find(run.aws, id) if id.startswith("arn:") else None
        if image is None:
            return None
        if image.build_type in {builder_images.VM_IMPORT, builder_images.ISO_IMPORT}:
            raise CleanFailureError(
                f"image {id} is of build type {image.build_type}, so it was imported, not distributed; import it as "
                "the resource that made it (docs/existing_resources.md)"
            )
        given = {
            "distribution_configuration_arn": image.configuration_arn or UNKNOWN,
            "execution_role": image.execution_role or UNKNOWN,
            "log_group_name": image.log_group_name,
            "provenance": provenance_of(image.tags) or None,
        }
        found = self.read(run, id, self.state_type(**{**vars(state), **given}))
        return self.as_existing(image.arn, found) if found is not None else None

    def delete(self, run: Run, id: str, state: DistributeImageState) -> None:
        image = builder_images.find(run.aws, id)
        if image is not None and image.is_in_progress:
            image = wait_while_in_progress(run, image)
        if image is None:
            if not state.retain_on_delete:
                remove_recorded_amis(run, id, state.amis or ())
            return
        if state.retain_on_delete and image.status in COMPLETE_STATUSES:
            release_copies(run, image)
            builder_images.untag(run.aws, id, image.tags.keys() & set(OWN_TAGS))
            return
        remove_image(run, image, state.execution_role)

    def set_tags(self, run: Run, id: str, recorded: Mapping[str, str], inputs: DistributeImageInputs) -> None:
        set_tags(run, id, recorded, inputs)

    def describe_broken(self, id: str, state: DistributeImageState) -> str:
        reason = f": {state.state_reason}" if state.state_reason else ""
        return f"the distribution of image {id} is {state.image_state}{reason}"

    def _existing_or_new(self, run: Run, inputs: DistributeImageInputs) -> str:
        """The ARN of the image that an earlier run started with these inputs, or of a new one."""
        request = DistributionRequest(
            inputs.source_image, inputs.distribution_configuration_arn, inputs.execution_role, inputs.log_group_name
        )

        def start(token: str, tags: Mapping[str, str]) -> str:
            if distribution_rules.AMI_ID.fullmatch(inputs.source_image):
                wait_until_available(run, inputs.source_image)
            return start_once_role_is_known(
                run,
                "DistributeImage",
                inputs.execution_role,
                lambda: builder_images.distribute(run.aws, request, token, tags),
            )

        return find_or_start(run, inputs, vars(request), start, lambda image: _is_usable(run, image))

    def finish(self, run: Run, id: str, state: DistributeImageState) -> DistributeImageState:
        image = builder_images.find(run.aws, id)
        if image is not None and image.status in RETRYABLE_STATUSES:
            self._resume(run, image, state)
        # The AMI of a parameter may have changed meanwhile.
        source = (state.provenance or {}).get("image", "").partition("@")[0] or state.source_image
        marks = marks_of(run, source)
        if marks:
            state = replace(state, provenance=provenance_of(marks))
            run.record(id, state)
        ended = wait_for_end(run, builder_images.POLLERS, id, lambda image: not image.is_in_progress, progress_of)
        if ended is None:
            kept = ", ".join(f"{ami['id']} in {ami['region']}" for ami in state.amis or ())
            left = f"AMIs that may remain: {kept}" if kept else "AMIs that it had distributed may remain"
            run.record(id, replace(state, image_state="DELETED"))
            raise CleanFailureError(
                f"image {id} was deleted while it was being distributed; {left}; the next `pulumi up` distributes "
                "the image again"
            )
        if ended.status in COMPLETE_STATUSES:
            mark_copies(run, ended, marks)
        state = _with_outputs(state, ended)
        run.record(id, state)
        if ended.status not in COMPLETE_STATUSES:
            raise PartialFailureError(describe_failure(ended))
        builder_images.tag(run.aws, id, completion_tag())
        return state

    def _resume(self, run: Run, image: BuilderImage, state: DistributeImageState) -> None:
        """Call RetryImage. Raises: PartialFailureError if the image can only be distributed again."""
        configuration = distribution_configurations.find(run.aws, state.distribution_configuration_arn)
        if configuration is not None and configuration.updated > image.created:
            words = "its distribution configuration was changed after the distribution had started"
            raise self._stale(run, image, state, words)
        try:
            retry_while_unavailable(run, "RetryImage", lambda: builder_images.retry(run.aws, image.arn))
        except ClientError as error:
            if error_code(error) not in _NOT_RETRYABLE:
                raise
            raise self._stale(run, image, state, error_message(error)) from error

    def _stale(self, run: Run, image: BuilderImage, state: DistributeImageState, words: str) -> PartialFailureError:
        """Record that the image has to be distributed again; returns the error to raise."""
        # The replacement must not adopt this image.
        builder_images.untag(run.aws, image.arn, image.tags.keys() & {INPUTS_TAG})
        run.record(image.arn, replace(_with_outputs(state, image), image_state="stale", state_reason=words))
        return PartialFailureError(
            f"image {image.arn} is {image.status} and cannot be resumed: {words}; the next `pulumi up` distributes the "
            "image again and deletes the AMIs of this one"
        )


def _with_outputs(state: DistributeImageState, image: BuilderImage) -> DistributeImageState:
    return replace(state, image_state=image.status, state_reason=image.reason, amis=tuple(map(asdict, image.amis)))


def _without_image(run: Run, id: str, state: DistributeImageState) -> DistributeImageState | None:
    """The state of a resource whose image was deleted outside Pulumi; None if no AMI of the account is left either."""
    left = existing_amis(run, id, state.amis or ())
    if not left:
        return None
    words = "the Image Builder image was deleted outside Pulumi"
    return replace(state, image_state="DELETED", state_reason=words, amis=tuple(left))


def _is_usable(run: Run, image: BuilderImage) -> bool:
    """Whether the AMIs of the image in its account exist, as far as it is complete."""
    return image.status not in COMPLETE_STATUSES or not _missing_amis(run, image)


def _missing_amis(run: Run, image: BuilderImage) -> dict[str, str]:
    """The AMIs of the image's account that no longer exist, with their Regions. Others cannot be described."""
    missing: dict[str, str] = {}
    for region, ids in image.own_amis.items():
        found = image_copies.describe(run.aws.in_region(region), ids)
        missing |= {id: region for id in ids if id not in found}
    return missing
