"""WorkSpaces calls that describe and permanently enable BYOL."""

import ipaddress
from collections.abc import Iterator

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.core.byol_state import AccountModification
from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError
from pulumi_vmimport_sandbox.aws.workspaces.ingestion_validation import invalid
from pulumi_vmimport_sandbox.aws.workspaces.regional_workspaces_calls import RegionalWorkspacesCalls

_PREFIX = 16  # service model: DedicatedTenancyManagementCidrRange
_RANGES_A_PAGE = 5  # service model: ManagementCidrRangeMaxResults
# The available ranges are assumed.
_NETWORKS = [ipaddress.IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15")]


class ByolCalls(RegionalWorkspacesCalls):
    """DescribeAccount, ModifyAccount, DescribeAccountModifications, ListAvailableManagementCidrRanges."""

    def describe_account(self) -> ActionResult:
        if not self.byol.is_enabled:
            return ActionResult({"DedicatedTenancySupport": "DISABLED"})
        account = {
            "DedicatedTenancySupport": "ENABLED",
            "DedicatedTenancyManagementCidrRange": self.byol.cidr_range,
            "DedicatedTenancyAccountType": "SOURCE_ACCOUNT",
        }
        return ActionResult(account)

    def modify_account(self) -> ActionResult:
        request, byol = self.request, self.byol
        self._require_approval()
        if request.get("DedicatedTenancySupport") != "ENABLED":
            raise invalid("DedicatedTenancySupport must be ENABLED.")
        wanted = request.get("DedicatedTenancyManagementCidrRange")
        if wanted not in {str(network) for network in _available("0.0.0.0/0")}:
            raise invalid(f"The management range {wanted!r} is not one of ListAvailableManagementCidrRanges.")
        if byol.is_enabled or byol.is_changing:
            state = "already enabled" if byol.is_enabled else "being modified"
            raise ServiceError("InvalidResourceStateException", f"BYOL of this account is {state}.")
        now = self.cloud.now
        failure = self.cloud.faults.next_account_failure()
        byol.modifications.append(
            AccountModification(wanted, now, now + self.cloud.settings.modify_account_seconds, failure)
        )
        return ActionResult({"Message": "The modification of the account was started."})

    def describe_account_modifications(self) -> ActionResult:
        modifications = []
        for change in self.byol.modifications:
            modification = {
                "ModificationState": change.state,
                "DedicatedTenancySupport": "ENABLED",
                "DedicatedTenancyManagementCidrRange": change.cidr_range,
                "StartTime": change.started_at,
            }
            if change.state == "FAILED" and change.failure:
                modification |= {"ErrorCode": change.failure.code, "ErrorMessage": change.failure.message}
            modifications.append(modification)
        return ActionResult({"AccountModifications": modifications})

    def list_available_management_cidr_ranges(self) -> ActionResult:
        self._require_approval()
        found = {str(network): str(network) for network in _available(self.request["ManagementCidrRangeConstraint"])}
        answer = self.page(found, _RANGES_A_PAGE)
        return ActionResult({"ManagementCidrRanges": answer.pop("page"), **answer})

    def _require_approval(self) -> None:
        # "can be run only by AWS accounts that are enabled for BYOL" is assumed to mean the approval by AWS, also for
        # ModifyAccount.
        if not self.byol.is_approved:
            raise ServiceError(
                "AccessDeniedException", "This account is not approved for Bring Your Own License (BYOL)."
            )


def _available(constraint: str) -> Iterator[ipaddress.IPv4Network]:
    try:
        within = ipaddress.IPv4Network(constraint, strict=False)
    except ValueError as error:
        raise invalid(f"The range {constraint!r} is invalid.") from error
    for network in _NETWORKS:
        yield from (part for part in network.subnets(new_prefix=_PREFIX) if part.overlaps(within))
