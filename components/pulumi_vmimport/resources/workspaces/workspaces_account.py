"""WorkspacesAccount: the account enabled for bring-your-own-licence WorkSpaces in a Region, for good.

Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html; requirement WS-01.
"""

import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, replace
from typing import Any, Unpack, overload

import pulumi
from botocore.exceptions import ClientError

from pulumi_vmimport.aws.service_errors import error_code, error_message
from pulumi_vmimport.aws.workspaces import byol_account
from pulumi_vmimport.aws.workspaces.byol_account import ByolSupport
from pulumi_vmimport.lifecycle.aws_inputs import AwsInputs, aws_input_problems
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Condition, Created, Lifecycle, Problem, Run, is_known
from pulumi_vmimport.lifecycle.managed_resource import AwsArgs, ManagedResource
from pulumi_vmimport.lifecycle.property_bag import updatable
from pulumi_vmimport.lifecycle.task_waiting import wait_for_end

_OCTET = r"(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])"
_CIDR = re.compile(rf"{_OCTET}\.{_OCTET}\.0\.0/16")


@dataclass(frozen=True, kw_only=True)
class WorkspacesAccountInputs(AwsInputs):
    dedicated_tenancy_management_cidr_range: str
    acknowledge_irreversible: bool = updatable(MISSING)


@dataclass(frozen=True, kw_only=True)
class WorkspacesAccountState(WorkspacesAccountInputs):
    dedicated_tenancy_support: str | None = None


class WorkspacesAccountLifecycle(Lifecycle[WorkspacesAccountInputs, WorkspacesAccountState]):
    inputs_type = WorkspacesAccountInputs
    state_type = WorkspacesAccountState

    def check(self, inputs: WorkspacesAccountInputs) -> Iterator[Problem]:
        yield from aws_input_problems(inputs)
        cidr_range = inputs.dedicated_tenancy_management_cidr_range
        if is_known(cidr_range) and not _CIDR.fullmatch(cidr_range):
            yield Problem("dedicatedTenancyManagementCidrRange", f"expected a.b.0.0/16, got {cidr_range!r}")
        if is_known(inputs.acknowledge_irreversible) and not inputs.acknowledge_irreversible:
            yield Problem(
                "acknowledgeIrreversible",
                "expected true: AWS has no way to disable BYOL again, nor does `pulumi destroy`, got false",
            )

    def preflight(self, run: Run, inputs: WorkspacesAccountInputs) -> Iterator[Problem]:
        cidr_range = inputs.dedicated_tenancy_management_cidr_range
        if not is_known(cidr_range):
            return
        support = byol_account.byol_support(run.aws)
        if support.is_enabled:
            if support.cidr_range != cidr_range:
                yield Problem("dedicatedTenancyManagementCidrRange", _other_range(run, support, cidr_range))
            return
        try:
            ranges = byol_account.available_cidr_ranges(run.aws, cidr_range)
        except ClientError as error:
            if error_code(error) != "AccessDeniedException":
                raise
            run.warn(
                f"AWS tells no ranges: {error_message(error)}; either account {run.aws.account_id} is not approved for "
                "BYOL yet, or the permission workspaces:ListAvailableManagementCidrRanges is missing"
            )
            return
        if cidr_range not in ranges:
            free = ", ".join(ranges) or "none within it"
            yield Problem(
                "dedicatedTenancyManagementCidrRange", f"expected a range that is free ({free}), got {cidr_range}"
            )

    def create(self, run: Run, inputs: WorkspacesAccountInputs) -> Created[WorkspacesAccountState]:
        id = f"{run.aws.account_id}/{run.aws.region}"
        state: WorkspacesAccountState = self.state_type(**vars(inputs))
        return Created(id, self._enabled(run, id, state))

    def read(self, run: Run, id: str, state: WorkspacesAccountState) -> WorkspacesAccountState | None:
        support = byol_account.byol_support(run.aws)
        if support.is_enabled:
            return _observed(state, support)
        return None if self.condition(state) is Condition.READY else state

    def update(
        self, run: Run, id: str, state: WorkspacesAccountState, inputs: WorkspacesAccountInputs
    ) -> WorkspacesAccountState:
        updated = self.replace_inputs(state, inputs)
        return updated if self.condition(state) is Condition.READY else self._enabled(run, id, updated)

    def delete(self, run: Run, id: str, state: WorkspacesAccountState) -> None:
        run.warn(f"account {id} stays enabled for BYOL: AWS has no way back; only Pulumi forgets it")

    def condition(self, state: WorkspacesAccountState) -> Condition:
        return Condition.READY if state.dedicated_tenancy_support == "ENABLED" else Condition.UNFINISHED

    def _enabled(self, run: Run, id: str, state: WorkspacesAccountState) -> WorkspacesAccountState:
        """Enable BYOL, or wait until what an earlier run began is done."""
        support = byol_account.byol_support(run.aws)
        if not support.is_enabled:
            run.record(id, state)
            if not _is_changing(run):
                try:
                    byol_account.enable_byol(run.aws, state.dedicated_tenancy_management_cidr_range)
                except ClientError as error:
                    # botocore's second try, after the answer to the first was lost.
                    if error_code(error) != "InvalidResourceStateException" or not _is_changing(run):
                        raise
            ended = wait_for_end(
                run,
                byol_account.POLLERS,
                id,
                lambda change: change.state != "PENDING",
                lambda change: f"enabling BYOL, {change.state.lower()}",
            )
            support = byol_account.byol_support(run.aws)
            if not support.is_enabled:
                told = (ended.error if ended else None) or "AWS does not say why"
                raise CleanFailureError(f"BYOL could not be enabled for account {id}: {told}; nothing was changed")
        wanted = state.dedicated_tenancy_management_cidr_range
        if support.cidr_range != wanted:
            raise CleanFailureError(_other_range(run, support, wanted))
        return _observed(state, support)


def _is_changing(run: Run) -> bool:
    latest = byol_account.latest_modification(run.aws)
    return latest is not None and latest.state == "PENDING"


def _observed(state: WorkspacesAccountState, support: ByolSupport) -> WorkspacesAccountState:
    cidr_range = support.cidr_range or state.dedicated_tenancy_management_cidr_range
    return replace(state, dedicated_tenancy_management_cidr_range=cidr_range, dedicated_tenancy_support="ENABLED")


def _other_range(run: Run, support: ByolSupport, wanted: str) -> str:
    return (
        f"account {run.aws.account_id} is enabled in {run.aws.region} already, with {support.cidr_range}, which cannot "
        f"be changed; expected that, got {wanted}"
    )


class WorkspacesAccountArgs(AwsArgs):
    """The arguments of WorkspacesAccount.

    A change of any but acknowledge_irreversible, timeout_minutes, profile and assume_role_arn replaces the resource,
    which AWS refuses where BYOL is enabled.
    """

    dedicated_tenancy_management_cidr_range: pulumi.Input[str]
    """The range of the network through which AWS manages the WorkSpaces, such as 10.111.0.0/16; it must be free."""
    acknowledge_irreversible: pulumi.Input[bool]
    """true: you know that neither AWS nor this resource can disable BYOL again."""


class WorkspacesAccount(ManagedResource, module="vmimport", name="WorkspacesAccount"):
    """The account enabled for BYOL WorkSpaces in a Region, once AWS has approved its application.

    There is no way back: `pulumi destroy` leaves the account as it is and says so. One that is enabled already is taken
    as it is, without a write.

    Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/byol-windows-images.html
    """

    dedicated_tenancy_support: pulumi.Output[str]
    """ENABLED, once AWS has done it."""

    @overload
    def __init__(
        self, resource_name: str, args: WorkspacesAccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **kwargs: Unpack[WorkspacesAccountArgs]
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        args: WorkspacesAccountArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(resource_name, args, opts, **kwargs)
