"""WorkspaceImagePermissions: the accounts that may copy a WorkSpaces image, all of them as one resource.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html; requirements WS-05 to WS-12.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, replace

import pulumi
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.workspaces import image_permissions, workspace_images
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    Condition,
    Created,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.resources.workspaces.unavailable_retry import once_available
from pulumi_vmimport.resources.workspaces.workspace_image_lifecycle import image_id_problem

_ACCOUNT = re.compile(r"\d{12}")
# What the service means when it refuses an account. Source: the page above (WS-05, WS-07, WS-08).
_REFUSALS = frozenset({
    "AccessDeniedException",
    "InvalidParameterValuesException",
    "OperationNotSupportedException",
})  # fmt: skip
_RULES = (
    "only its owner can share an image, with accounts of the same Region; one that brings its own licence only with "
    "accounts of the same organization (the same payer) that are enabled for BYOL too (WS-05, WS-07, WS-08)"
)


@dataclass(frozen=True, kw_only=True)
class WorkspaceImagePermissionsInputs(AwsInputs):
    image_id: str
    account_ids: tuple[str, ...] = updatable(MISSING)


@dataclass(frozen=True, kw_only=True)
class WorkspaceImagePermissionsState(WorkspaceImagePermissionsInputs):
    shared_account_ids: tuple[str, ...] | None = None


class WorkspaceImagePermissionsLifecycle(Lifecycle[WorkspaceImagePermissionsInputs, WorkspaceImagePermissionsState]):
    inputs_type = WorkspaceImagePermissionsInputs
    state_type = WorkspaceImagePermissionsState
    unique_inputs = ("imageId", "region")  # else the old one's end would take away what the new one gave

    def check(self, inputs: WorkspaceImagePermissionsInputs) -> Iterator[Problem]:
        yield from aws_input_problems(inputs)
        if is_known(inputs.image_id) and (reason := image_id_problem(inputs.image_id)):
            yield Problem("imageId", reason)
        if is_known(inputs.account_ids):
            yield from _account_problems(inputs.account_ids)

    def preflight(self, run: Run, inputs: WorkspaceImagePermissionsInputs) -> Iterator[Problem]:
        if is_known(inputs.account_ids):
            own = (
                i for i, account in enumerate(inputs.account_ids) if is_known(account) and account == run.aws.account_id
            )
            for number in own:
                yield Problem(f"accountIds[{number}]", f"expected other accounts, got your own, {run.aws.account_id}")
        if not is_known(inputs.image_id):
            return
        image = workspace_images.find_shared(run.aws, inputs.image_id)
        if image is None:
            if not run.supplied_by_resource("imageId"):
                yield Problem("imageId", f"there is no image {inputs.image_id} in {run.aws.region}")
            return
        if image.owner_account_id not in {None, run.aws.account_id}:
            yield Problem(
                "imageId",
                f"image {image.id} belongs to account {image.owner_account_id}; who was given an image cannot share it "
                "on: copy it and share the copy (WS-08)",
            )
            return
        if image.required_tenancy == "DEDICATED" and run.aws.partition == "aws-us-gov":
            yield Problem("imageId", f"image {image.id} is BYOL: in GovCloud AWS Support shares it (WS-07)")
        if is_known(inputs.account_ids, *inputs.account_ids):
            shared = image_permissions.list_accounts(run.aws, image.id)
            if others := sorted(set(shared) - set(inputs.account_ids)):
                run.warn(f"image {image.id} is shared with {', '.join(others)} too, which this resource will end")

    def create(self, run: Run, inputs: WorkspaceImagePermissionsInputs) -> Created[WorkspaceImagePermissionsState]:
        # Nobody but the service knows how far an earlier run got: its list is looked at before every create and update.
        state: WorkspaceImagePermissionsState = self.state_type(**vars(inputs))
        return Created(inputs.image_id, self._share(run, state))

    def read(self, run: Run, id: str, state: WorkspaceImagePermissionsState) -> WorkspaceImagePermissionsState | None:
        shared = _shared_with(run, id)
        if shared is None:
            return None
        if self.condition(state) is not Condition.READY:
            return replace(state, shared_account_ids=tuple(shared))
        in_order = _in_order(shared, state.account_ids)
        return replace(state, account_ids=in_order, shared_account_ids=tuple(shared))

    def update(
        self, run: Run, id: str, state: WorkspaceImagePermissionsState, inputs: WorkspaceImagePermissionsInputs
    ) -> WorkspaceImagePermissionsState:
        return self._share(run, self.replace_inputs(state, inputs))

    def delete(self, run: Run, id: str, state: WorkspaceImagePermissionsState) -> None:
        for account in _shared_with(run, id) or ():
            _change(run, id, account, may_copy=False)

    def condition(self, state: WorkspaceImagePermissionsState) -> Condition:
        is_done = state.shared_account_ids is not None and set(state.shared_account_ids) == set(state.account_ids)
        return Condition.READY if is_done else Condition.UNFINISHED

    def _share(self, run: Run, state: WorkspaceImagePermissionsState) -> WorkspaceImagePermissionsState:
        """Make the service's list that of the state, one call for each account that is missing or too much."""
        id, wanted = state.image_id, set(state.account_ids)
        shared = set(image_permissions.list_accounts(run.aws, id))
        state = replace(state, shared_account_ids=tuple(sorted(shared)))
        run.record(id, state)
        for account in sorted(shared ^ wanted):
            run.status(f"{id}: {'sharing with' if account in wanted else 'no longer sharing with'} {account}")
            _change(run, id, account, may_copy=account in wanted)
            shared ^= {account}
            state = replace(state, shared_account_ids=tuple(sorted(shared)))
            run.record(id, state)
        return state


def _account_problems(account_ids: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, account in enumerate(account_ids):
        if not is_known(account):
            continue
        if not _ACCOUNT.fullmatch(account):
            yield Problem(f"accountIds[{number}]", f"expected 12 digits, got {account!r}")
        elif account in seen:
            yield Problem(f"accountIds[{number}]", f"expected each account once, got {account} again")
        seen.add(account)


def _shared_with(run: Run, image_id: str) -> list[str] | None:
    """The accounts; None when the image is gone."""
    try:
        return image_permissions.list_accounts(run.aws, image_id)
    except ClientError as error:
        if error_code(error) in workspace_images.NOT_FOUND:
            return None
        raise


def _in_order(shared: Iterable[str], told: tuple[str, ...]) -> tuple[str, ...]:
    """The accounts in the order in which the program tells them, for the order says nothing; others behind."""
    present = set(shared)
    return (*(account for account in told if account in present), *sorted(present - set(told)))


def _change(run: Run, image_id: str, account: str, *, may_copy: bool) -> None:
    call = image_permissions.share if may_copy else image_permissions.stop_sharing
    try:
        once_available(run, image_id, lambda: call(run.aws, image_id, account))
    except ClientError as error:
        # botocore's second try, after the answer to the first was lost, asks for what is so already.
        if (account in (_shared_with(run, image_id) or ())) is may_copy:
            return
        if may_copy and error_code(error) in _REFUSALS:
            refused = f"image {image_id} cannot be shared with {account}"
            raise PartialFailureError(f"{refused}: {error_message(error)}; {_RULES}") from error
        raise


class WorkspaceImagePermissionsArgs(AwsArgs):
    """The arguments of WorkspaceImagePermissions.

    A change of any but account_ids, timeout_minutes, profile and assume_role_arn replaces the permissions.
    """

    image_id: pulumi.Input[str]
    """The image, wsi-..., of your account."""
    account_ids: pulumi.Input[list[pulumi.Input[str]]]
    """All the accounts that may copy the image, 12 digits each; what others were given is taken away."""


class WorkspaceImagePermissions(ManagedResource, module="vmimport", name="WorkspaceImagePermissions"):
    """The accounts that may copy a WorkSpaces image in its Region, all of them; the resource's id is the image's.

    One resource for an image: a second one would take away what the first gives. An account that was given or taken
    away by hand shows in `pulumi preview --refresh`. Copies that were made stay when an account is taken away.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html
    """

    image_id: pulumi.Output[str]
    """The image. Who is to copy it takes the id from here: by then it is shared."""
    shared_account_ids: pulumi.Output[list[str]]
    """The accounts as WorkSpaces lists them, sorted."""

    def __init__(
        self, name: str, args: WorkspaceImagePermissionsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args, opts)
