"""The lifecycle of FastLaunch.

EC2 keeps no tags for EC2 Fast Launch: an interrupted run is recognized by the AMI and its settings.
"""

from collections.abc import Iterator
from dataclasses import replace

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.ec2 import fast_launch, images
from pulumi_vmimport.aws.ec2.fast_launch import FastLaunchImage, FastLaunchSettings
from pulumi_vmimport.aws.ec2.fast_launch_request import FastLaunchTemplate
from pulumi_vmimport.aws.resource_arns import id_in_arn
from pulumi_vmimport.aws.service_errors import error_code
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Existing,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
)
from pulumi_vmimport.lifecycle.failed_work import remove_failed_work
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.ec2_images import fast_launch_rules as rules
from pulumi_vmimport.resources.ec2_images.fast_launch import FastLaunchInputs, FastLaunchState
from pulumi_vmimport.resources.rules.available_images import wait_until_available

# Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-fast-launch-troubleshoot.html
_CAUSES = (
    "most often the AMI was created from a running instance, or without Sysprep and its shutdown option "
    "(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-fast-launch-troubleshoot.html)"
)


class FastLaunchLifecycle(Lifecycle[FastLaunchInputs, FastLaunchState]):
    inputs_type = FastLaunchInputs
    state_type = FastLaunchState
    condition_output = "fastLaunchState"
    unique_inputs = ("imageId", "region")

    def check(self, inputs: FastLaunchInputs) -> Iterator[Problem]:
        return rules.check(inputs)

    def preflight(self, run: Run, inputs: FastLaunchInputs) -> Iterator[Problem]:
        return rules.preflight(run, inputs)

    def create(self, run: Run, inputs: FastLaunchInputs) -> Created[FastLaunchState]:
        wait_until_available(run, inputs.image_id)
        state: FastLaunchState = self.state_type(**vars(inputs))
        enabled, image = self._enable(run, state)
        if enabled.fast_launch_state == fast_launch.ENABLED:
            return Created(inputs.image_id, enabled)
        remove_failed_work(_failure(enabled, image), lambda: _disable(run, inputs.image_id, image))
        raise CleanFailureError(f"{_failure(enabled, image)}; EC2 Fast Launch was disabled again; nothing was left")

    def read(self, run: Run, id: str, state: FastLaunchState) -> FastLaunchState | None:
        image = fast_launch.find(run.aws, id)
        return _with_image(state, image) if image else None

    def read_existing(self, run: Run, id: str, state: FastLaunchState) -> Existing[FastLaunchState] | None:
        image = fast_launch.find(run.aws, id_in_arn(id))
        if image is None:
            return None
        found = replace(state, image_id=image.id, launch_template=_template_of_program(image))
        return self.as_existing(image.id, _with_image(found, image))

    def import_problem(self, id: str, state: FastLaunchState) -> str | None:
        problem = super().import_problem(id, state)
        return f"EC2 Fast Launch of AMI {problem}" if problem else None

    def update(self, run: Run, id: str, state: FastLaunchState, inputs: FastLaunchInputs) -> FastLaunchState:
        is_template_removed = state.launch_template is not None and inputs.launch_template is None
        enabled, image = self._enable(run, self.replace_inputs(state, inputs), is_changed=is_template_removed)
        if enabled.fast_launch_state != fast_launch.ENABLED:
            raise PartialFailureError(f"{_failure(enabled, image)}; the next `pulumi up` enables it again")
        return enabled

    def delete(self, run: Run, id: str, state: FastLaunchState) -> None:
        _disable(run, id, fast_launch.find(run.aws, id))

    def condition(self, state: FastLaunchState) -> Condition:
        return Condition.READY if state.fast_launch_state == fast_launch.ENABLED else Condition.UNFINISHED

    def _enable(
        self, run: Run, state: FastLaunchState, *, is_changed: bool = False
    ) -> tuple[FastLaunchState, FastLaunchImage | None]:
        """Enable EC2 Fast Launch with the settings of the state, unless it is, and wait for the result.

        What a failed or an interrupted attempt left is disabled first: EC2 enables it only after the clean-up.
        """
        id, settings = state.image_id, _settings(state)
        image = fast_launch.find(run.aws, id)
        if image is not None and (image.is_failed or image.state == fast_launch.DISABLING):
            _disable(run, id, image)
            image = None
        if image is None or is_changed or not settings.are_met_by(image):
            _call_enable(run, id, settings)
        run.record(id, replace(state, fast_launch_state=fast_launch.ENABLING))
        image = wait_for_end(
            run,
            fast_launch.POLLERS,
            id,
            lambda image: image.state != fast_launch.ENABLING,
            lambda _: "enabling EC2 Fast Launch: preparing the first snapshot",
        )
        if image is None:
            raise CleanFailureError(
                f"EC2 Fast Launch was disabled for AMI {id} while it was being enabled; run `pulumi up` again to "
                "enable it"
            )
        state = _with_image(state, image)
        run.record(id, state)
        return state, image


def _call_enable(run: Run, id: str, settings: FastLaunchSettings) -> None:
    try:
        fast_launch.enable(run.aws, id, settings)
    except ClientError:
        # If the response to botocore's first attempt was lost, its retry may be rejected.
        image = fast_launch.find(run.aws, id)
        if image is None or image.is_failed or not settings.are_met_by(image):
            raise


def _disable(run: Run, id: str, image: FastLaunchImage | None) -> None:
    """Disable EC2 Fast Launch, and wait until EC2 has deleted the snapshots. A second attempt ignores errors of EC2."""
    if image is None:
        return
    if image.state != fast_launch.DISABLING:
        try:
            fast_launch.disable(run.aws, id, force=image.state == fast_launch.DISABLING_FAILED)
        except ClientError as error:
            if error_code(error) not in images.NO_SUCH_IMAGE:
                raise
            run.warn(
                f"EC2 Fast Launch of AMI {id} cannot be disabled, because the AMI does not exist; delete the snapshots "
                f"with the description `This is Fast Launch snapshot for image {id}`, if there are any"
            )
            return
    failed_before = image.state == fast_launch.DISABLING_FAILED
    while (found := fast_launch.find(run.aws, id)) is not None:
        if found.state == fast_launch.DISABLING_FAILED and not failed_before:
            raise PartialFailureError(
                f'EC2 Fast Launch could not be disabled for AMI {id}: "{found.reason}"; snapshots may remain; run the '
                "command again, which ignores errors of the deletion"
            )
        run.status(f"{id}: disabling EC2 Fast Launch")
        run.wait(run.poll_seconds)


def _settings(state: FastLaunchState) -> FastLaunchSettings:
    return FastLaunchSettings(state.target_resource_count, state.max_parallel_launches, state.launch_template)


def _with_image(state: FastLaunchState, image: FastLaunchImage) -> FastLaunchState:
    return replace(
        state,
        fast_launch_state=image.state,
        target_resource_count=image.target_resource_count,
        max_parallel_launches=image.max_parallel_launches,
        launch_template=_in_spelling_of(state.launch_template, image.launch_template),
    )


def _in_spelling_of(recorded: FastLaunchTemplate | None, found: FastLaunchTemplate | None) -> FastLaunchTemplate | None:
    """EC2's template as the program names it, by id or name; without one, EC2 shows a template of its own."""
    if recorded is None or found is None:
        return None
    if recorded.is_same(found):
        return recorded
    if recorded.launch_template_name:
        return replace(found, launch_template_id=None)
    return replace(found, launch_template_name=None)


def _template_of_program(image: FastLaunchImage) -> FastLaunchTemplate | None:
    """The launch template, by its id; None for the one that EC2 makes without a template in the request."""
    template = image.launch_template
    if template is None or (template.launch_template_name or "").startswith(fast_launch.OWN_TEMPLATES):
        return None
    return replace(template, launch_template_name=None) if template.launch_template_id else template


def _failure(state: FastLaunchState, image: FastLaunchImage | None) -> str:
    reason = image.reason if image else ""
    return f'EC2 Fast Launch for AMI {state.image_id} ended {state.fast_launch_state}: "{reason}"; {_CAUSES}'
