"""The start of an Image Builder image: once, also after an interrupted run."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.image_builder import builder_images
from pulumi_vmimport.aws.image_builder.builder_images import BuilderImage
from pulumi_vmimport.aws.service_errors import error_message
from pulumi_vmimport.lifecycle.call_retries import retry_while_unavailable
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run
from pulumi_vmimport.lifecycle.identity import is_adoptable, is_reserved_tag
from pulumi_vmimport.lifecycle.image_lifecycle import TaggedInputs
from pulumi_vmimport.lifecycle.task_waiting import POLLS_BEFORE_GONE

_TOKEN_CHARACTERS = 36  # earlier versions of the API accept no longer client tokens
# IAM documents no duration; a role that was created a moment ago is usable within seconds.
_PROPAGATION_SECONDS = 300.0


def find_or_start(
    run: Run,
    inputs: TaggedInputs,
    request: Mapping[str, Any],
    start: Callable[[str, Mapping[str, str]], str],
    is_usable: Callable[[BuilderImage], bool],
    *,
    source: Mapping[str, str] | None = None,
) -> str:
    """The ARN of the image that an earlier run of the resource started with these inputs, or of a new one.

    Args:
        run: the run of the resource.
        inputs: its inputs.
        request: all parameters of the call that starts an image, without tags.
        start: makes the call with a client token and tags, and returns the ARN.
        is_usable: whether the resource can have an image of an earlier run.
        source: the tags of a new image that record its source. Default: none.
    """
    own_tags, unusable = run.identity.tags(inputs), set[str]()

    def can_be_used(image: BuilderImage) -> bool:
        return own_tags.items() <= image.tags.items() and is_adoptable(image.tags) and is_usable(image)

    for image in builder_images.list_own(run.aws):
        if own_tags.items() <= image.tags.items():
            if can_be_used(image):
                return image.arn
            unusable.add(image.arn)
    tags = {**(inputs.tags or {}), **(source or {}), **own_tags}
    while True:
        # Image Builder rejects a known token with other parameters, so the token contains all of them.
        previous = json.dumps([request, tags, sorted(unusable)], sort_keys=True)
        arn = start(run.identity.token(inputs, previous)[:_TOKEN_CHARACTERS], tags)
        found = _find_new(run, arn)
        if found is not None and can_be_used(found):
            return arn
        unusable.add(arn)  # the answer to a token that started an image that was deleted or retained meanwhile


def start_once_role_is_known(run: Run, operation: str, role: str, call: Callable[[], str]) -> str:
    """Call an operation of Image Builder with a role, as soon as IAM has propagated a role of the stack."""
    started = time.monotonic()
    while True:
        try:
            return retry_while_unavailable(run, operation, call)
        except ClientError as error:
            if not builder_images.rejects_role(error) or not run.supplied_by_resource("executionRole"):
                raise
            if time.monotonic() - started >= _PROPAGATION_SECONDS:
                raise CleanFailureError(f"{error_message(error)}; check the role; nothing was started") from error
            run.status(f"waiting for IAM to propagate role {role}")
            run.wait(run.poll_seconds)


def set_tags(run: Run, arn: str, recorded: Mapping[str, str] | None, inputs: TaggedInputs) -> None:
    """Give an image the tags of the inputs, in place of those of the state."""
    removed = {key for key in recorded or {} if not is_reserved_tag(key)} - (inputs.tags or {}).keys()
    builder_images.untag(run.aws, arn, removed)
    builder_images.tag(run.aws, arn, {**(inputs.tags or {}), **run.identity.tags(inputs)})


def _find_new(run: Run, arn: str) -> BuilderImage | None:
    """The image that a call has just returned; None if it stays missing."""
    for _ in range(POLLS_BEFORE_GONE):
        if (found := builder_images.find(run.aws, arn)) is not None:
            return found
        run.wait(run.poll_seconds)
    return None
