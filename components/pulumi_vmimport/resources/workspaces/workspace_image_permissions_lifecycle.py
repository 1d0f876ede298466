"""The lifecycle of WorkspaceImagePermissions."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.permissions.denied_calls import describe_service_error, missing_statement
from pulumi_vmimport.aws.resource_arns import id_in_arn
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.tables import known_failures
from pulumi_vmimport.aws.workspaces import image_permissions, workspace_images
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.call_retries import retry_while_unavailable
from pulumi_vmimport.lifecycle.contract import (
    Condition,
    Created,
    Existing,
    Lifecycle,
    PartialFailureError,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.resources.workspaces.identifier_rules import account_id_problem, image_id_problem
from pulumi_vmimport.resources.workspaces.recipient_rules import recipient_problems
from pulumi_vmimport.resources.workspaces.source_image_rules import own_image
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import (
    WorkspaceImagePermissionsInputs,
    WorkspaceImagePermissionsState,
)

# The codes with which WorkSpaces rejects an account. Source: the page above.
_REJECTIONS = frozenset({
    "AccessDeniedException",
    "InvalidParameterValuesException",
    "OperationNotSupportedException",
})  # fmt: skip
_SHARING_RULES = (
    "only the owner can share an image, with accounts in the same Region, and a BYOL image only with accounts of the "
    "same organization (the same payer) that are enabled for BYOL "
    "(https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html)"
)


class WorkspaceImagePermissionsLifecycle(Lifecycle[WorkspaceImagePermissionsInputs, WorkspaceImagePermissionsState]):
    inputs_type = WorkspaceImagePermissionsInputs
    state_type = WorkspaceImagePermissionsState
    unique_inputs = ("imageId", "region")  # otherwise deleting the old resource would revoke what the new one shared

    def check(self, inputs: WorkspaceImagePermissionsInputs) -> Iterator[Problem]:
        yield from aws_input_problems(inputs)
        if is_known(inputs.image_id) and (reason := image_id_problem(inputs.image_id)):
            yield Problem("imageId", reason)
        if is_known(inputs.account_ids):
            yield from _account_problems(inputs.account_ids)

    def preflight(self, run: Run, inputs: WorkspaceImagePermissionsInputs) -> Iterator[Problem]:
        account_ids = inputs.account_ids if is_known(inputs.account_ids) else ()
        for number, account in enumerate(account_ids):
            if is_known(account) and account == run.aws.account_id:
                yield Problem(f"accountIds[{number}]", f"expected other accounts, got your own, {run.aws.account_id}")
        if not is_known(inputs.image_id):
            return
        remedy = "only the owner can share an image: copy it and share the copy"
        image = yield from own_image(run, inputs.image_id, "imageId", remedy)
        if image is None:
            return
        if image.required_tenancy == "DEDICATED" and run.aws.partition == "aws-us-gov":
            yield Problem("imageId", f"image {image.id} is a BYOL image; in GovCloud, ask AWS Support to share it")
        if is_known(inputs.account_ids, *account_ids):
            shared = image_permissions.shared_account_ids(run.aws, image.id)
            if others := sorted(set(shared) - set(account_ids)):
                run.warn(f"image {image.id} is also shared with {', '.join(others)}; this resource stops sharing it")
            if image.required_tenancy == "DEDICATED":
                recipients = {f"accountIds[{n}]": account for n, account in enumerate(account_ids)}
                known = {*shared, run.aws.account_id}
                yield from recipient_problems(run, {p: a for p, a in recipients.items() if a not in known})

    def create(self, run: Run, inputs: WorkspaceImagePermissionsInputs) -> Created[WorkspaceImagePermissionsState]:
        state: WorkspaceImagePermissionsState = self.state_type(**vars(inputs))
        return Created(inputs.image_id, self._reconcile(run, state))

    def read(self, run: Run, id: str, state: WorkspaceImagePermissionsState) -> WorkspaceImagePermissionsState | None:
        shared = _shared_with(run, id)
        if shared is None:
            return None
        if self.condition(state) is not Condition.READY:
            return replace(state, shared_account_ids=tuple(shared))
        account_ids = _in_order_of(state.account_ids, shared)
        return replace(state, account_ids=account_ids, shared_account_ids=tuple(shared))

    def read_existing(
        self, run: Run, id: str, state: WorkspaceImagePermissionsState
    ) -> Existing[WorkspaceImagePermissionsState] | None:
        image_id = id_in_arn(id)
        shared = _shared_with(run, image_id)
        if not shared:
            return None
        accounts = tuple(shared)
        return self.as_existing(
            image_id, replace(state, image_id=image_id, account_ids=accounts, shared_account_ids=accounts)
        )

    def update(
        self, run: Run, id: str, state: WorkspaceImagePermissionsState, inputs: WorkspaceImagePermissionsInputs
    ) -> WorkspaceImagePermissionsState:
        return self._reconcile(run, self.replace_inputs(state, inputs))

    def delete(self, run: Run, id: str, state: WorkspaceImagePermissionsState) -> None:
        for account in _shared_with(run, id) or ():
            _set_permission(run, id, account, may_copy=False)

    def condition(self, state: WorkspaceImagePermissionsState) -> Condition:
        is_complete = state.shared_account_ids is not None and set(state.shared_account_ids) == set(state.account_ids)
        return Condition.READY if is_complete else Condition.UNFINISHED

    def _reconcile(self, run: Run, state: WorkspaceImagePermissionsState) -> WorkspaceImagePermissionsState:
        """Make the accounts in AWS those of the state, with one call for each account to add or remove.

        An interrupted run may have changed some of them, so AWS's list is read first.
        """
        id, wanted = state.image_id, set(state.account_ids)
        shared = set(image_permissions.shared_account_ids(run.aws, id))
        state = replace(state, shared_account_ids=tuple(sorted(shared)))
        run.record(id, state)
        for account in sorted(shared ^ wanted):
            run.status(f"{id}: {'sharing with' if account in wanted else 'no longer sharing with'} {account}")
            _set_permission(run, id, account, may_copy=account in wanted)
            shared ^= {account}
            state = replace(state, shared_account_ids=tuple(sorted(shared)))
            run.record(id, state)
        return state


def _account_problems(account_ids: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, account in enumerate(account_ids):
        if not is_known(account):
            continue
        if reason := account_id_problem(account):
            yield Problem(f"accountIds[{number}]", reason)
        elif account in seen:
            yield Problem(f"accountIds[{number}]", f"expected each account once, got {account} again")
        seen.add(account)


def _shared_with(run: Run, image_id: str) -> list[str] | None:
    """The accounts that can copy the image; None when the image is gone."""
    try:
        return image_permissions.shared_account_ids(run.aws, image_id)
    except ClientError as error:
        if error_code(error) in workspace_images.NOT_FOUND:
            return None
        raise


def _in_order_of(account_ids: tuple[str, ...], shared: Iterable[str]) -> tuple[str, ...]:
    """The shared accounts in the order of the program, because the order has no meaning; others at the end."""
    present = set(shared)
    return (*(account for account in account_ids if account in present), *sorted(present - set(account_ids)))


def _set_permission(run: Run, image_id: str, account: str, *, may_copy: bool) -> None:
    call = image_permissions.share if may_copy else image_permissions.stop_sharing
    try:
        retry_while_unavailable(run, image_id, lambda: call(run.aws, image_id, account))
    except ClientError as error:
        # If the response to botocore's first attempt was lost, its retry can fail although the permission is set.
        if (account in (_shared_with(run, image_id) or ())) is may_copy:
            return
        if may_copy and error_code(error) in _REJECTIONS:
            words = error_message(error)
            is_by_iam = known_failures.is_denial(words) or missing_statement(error)
            cause = describe_service_error(error) if is_by_iam else f"{words}; {_SHARING_RULES}"
            raise PartialFailureError(f"image {image_id} cannot be shared with {account}: {cause}") from error
        raise
