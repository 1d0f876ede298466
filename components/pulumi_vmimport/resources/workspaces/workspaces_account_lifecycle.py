"""The lifecycle of WorkspacesAccount."""

import re
from collections.abc import Iterator
from dataclasses import replace

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.permissions.denied_calls import missing_statement
from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.tables import known_failures
from pulumi_vmimport.aws.workspaces import byol_account
from pulumi_vmimport.aws.workspaces.byol_account import ByolSupport
from pulumi_vmimport.lifecycle.aws_inputs import aws_input_problems
from pulumi_vmimport.lifecycle.contract import (
    CleanFailureError,
    Condition,
    Created,
    Existing,
    Lifecycle,
    Problem,
    Run,
    is_known,
)
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end
from pulumi_vmimport.resources.workspaces.workspaces_account import WorkspacesAccountInputs, WorkspacesAccountState
from pulumi_vmimport.shown_value import shown_value

_OCTET = r"(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])"
_CIDR = re.compile(rf"{_OCTET}\.{_OCTET}\.0\.0/16")


class WorkspacesAccountLifecycle(Lifecycle[WorkspacesAccountInputs, WorkspacesAccountState]):
    inputs_type = WorkspacesAccountInputs
    state_type = WorkspacesAccountState
    condition_output = "dedicatedTenancySupport"

    def check(self, inputs: WorkspacesAccountInputs) -> Iterator[Problem]:
        yield from aws_input_problems(inputs)
        cidr_range = inputs.dedicated_tenancy_management_cidr_range
        if is_known(cidr_range) and not _CIDR.fullmatch(cidr_range):
            yield Problem("dedicatedTenancyManagementCidrRange", f"expected a.b.0.0/16, got {shown_value(cidr_range)}")
        if is_known(inputs.acknowledge_irreversible) and not inputs.acknowledge_irreversible:
            yield Problem(
                "acknowledgeIrreversible",
                "expected true, because neither AWS nor `pulumi destroy` can disable BYOL again, got false",
            )

    def preflight(self, run: Run, inputs: WorkspacesAccountInputs) -> Iterator[Problem]:
        cidr_range = inputs.dedicated_tenancy_management_cidr_range
        if not is_known(cidr_range):
            return
        support = byol_account.byol_support(run.aws)
        if support.is_enabled:
            if support.cidr_range != cidr_range:
                yield Problem("dedicatedTenancyManagementCidrRange", _range_conflict(run, support, cidr_range))
            return
        try:
            ranges = byol_account.available_cidr_ranges(run.aws, cidr_range)
        except ClientError as error:
            if error_code(error) != "AccessDeniedException":
                raise
            words = error_message(error)
            cause = (
                f"either account {run.aws.account_id} is not approved for BYOL yet, or the permission "
                "workspaces:ListAvailableManagementCidrRanges is missing"
            )
            if known_failures.is_denial(words):
                cause = known_failures.explain(words)
            elif statement := missing_statement(error):
                cause = f"{cause}; {statement}"
            run.warn(f"could not list the available CIDR ranges: {words}; {cause}")
            return
        if cidr_range not in ranges:
            available = ", ".join(ranges) or "none within it"
            yield Problem(
                "dedicatedTenancyManagementCidrRange", f"expected an available range ({available}), got {cidr_range}"
            )

    def create(self, run: Run, inputs: WorkspacesAccountInputs) -> Created[WorkspacesAccountState]:
        id = f"{run.aws.account_id}/{run.aws.region}"
        state: WorkspacesAccountState = self.state_type(**vars(inputs))
        return Created(id, self._enable(run, id, state))

    def read(self, run: Run, id: str, state: WorkspacesAccountState) -> WorkspacesAccountState | None:
        support = byol_account.byol_support(run.aws)
        if support.is_enabled:
            return _with_support(state, support)
        return None if support.is_disabled and self.condition(state) is Condition.READY else state

    def read_existing(
        self, run: Run, id: str, state: WorkspacesAccountState
    ) -> Existing[WorkspacesAccountState] | None:
        account, _, region = id.partition("/")
        if account != run.aws.account_id or region not in ("", run.aws.region):
            return None
        support = byol_account.byol_support(run.aws)
        if not support.is_enabled:
            return None
        # An account that is enabled has nothing left to acknowledge.
        enabled = replace(_with_support(state, support), acknowledge_irreversible=True)
        return self.as_existing(f"{account}/{run.aws.region}", enabled)

    def update(
        self, run: Run, id: str, state: WorkspacesAccountState, inputs: WorkspacesAccountInputs
    ) -> WorkspacesAccountState:
        updated = self.replace_inputs(state, inputs)
        return updated if self.condition(state) is Condition.READY else self._enable(run, id, updated)

    def delete(self, run: Run, id: str, state: WorkspacesAccountState) -> None:
        run.warn(f"account {id} stays enabled for BYOL: AWS cannot disable it; only the state entry is removed")

    def condition(self, state: WorkspacesAccountState) -> Condition:
        return Condition.READY if state.dedicated_tenancy_support == "ENABLED" else Condition.UNFINISHED

    def _enable(self, run: Run, id: str, state: WorkspacesAccountState) -> WorkspacesAccountState:
        """Enable BYOL, or wait for the modification that an earlier run requested."""
        support = byol_account.byol_support(run.aws)
        if not support.is_enabled:
            run.record(id, state)
            if not _is_modification_pending(run):
                try:
                    byol_account.enable_byol(run.aws, state.dedicated_tenancy_management_cidr_range)
                except ClientError as error:
                    # If the response to botocore's first attempt was lost, its retry finds the modification pending.
                    if error_code(error) != "InvalidResourceStateException" or not _is_modification_pending(run):
                        raise
            ended = wait_for_end(
                run,
                byol_account.POLLERS,
                id,
                lambda change: change.is_over,
                lambda change: f"enabling BYOL, {change.state.lower()}",
            )
            support = byol_account.byol_support(run.aws)
            if not support.is_enabled:
                reason = (ended.error if ended else None) or "AWS gives no reason"
                raise CleanFailureError(
                    f"BYOL could not be enabled for account {id}: {reason}; the account was not changed"
                )
        if support.cidr_range != state.dedicated_tenancy_management_cidr_range:
            raise CleanFailureError(_range_conflict(run, support, state.dedicated_tenancy_management_cidr_range))
        return _with_support(state, support)


def _is_modification_pending(run: Run) -> bool:
    latest = byol_account.latest_modification(run.aws)
    return latest is not None and not latest.is_over


def _with_support(state: WorkspacesAccountState, support: ByolSupport) -> WorkspacesAccountState:
    cidr_range = support.cidr_range or state.dedicated_tenancy_management_cidr_range
    return replace(state, dedicated_tenancy_management_cidr_range=cidr_range, dedicated_tenancy_support="ENABLED")


def _range_conflict(run: Run, support: ByolSupport, cidr_range: str) -> str:
    return (
        f"account {run.aws.account_id} is already enabled in {run.aws.region} with {support.cidr_range}, which cannot "
        f"be changed; expected {support.cidr_range}, got {cidr_range}"
    )
