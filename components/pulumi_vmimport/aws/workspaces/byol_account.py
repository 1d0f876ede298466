"""The account's configuration for BYOL (bring your own license) WorkSpaces in a Region.

Source: https://docs.aws.amazon.com/workspaces/latest/api/API_DescribeAccount.html, API_ModifyAccount.html,
API_DescribeAccountModifications.html, API_ListAvailableManagementCidrRanges.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.task_poller import Pollers

# The default, which Service Quotas can raise.
# Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/workspaces-limits.html
DEFAULT_IMAGE_QUOTA = 40

_FINAL_STATES = frozenset({"COMPLETED", "FAILED"})


@dataclass(frozen=True)
class ByolSupport:
    """BYOL in the response of DescribeAccount. A value that is neither ENABLED nor DISABLED is in between."""

    is_enabled: bool
    is_disabled: bool
    cidr_range: str | None
    message: str | None


@dataclass(frozen=True)
class ByolModification:
    """A modification of the account's configuration."""

    state: str
    cidr_range: str | None
    error: str | None

    @property
    def is_over(self) -> bool:
        return self.state in _FINAL_STATES

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "ByolModification":
        """The modification in an element of `AccountModifications`."""
        code, message = answer.get("ErrorCode"), answer.get("ErrorMessage", "")
        return cls(
            state=answer.get("ModificationState", "PENDING"),
            cidr_range=answer.get("DedicatedTenancyManagementCidrRange"),
            error=f"{code}: {message}" if code else None,
        )


def byol_support(aws: AwsConnection) -> ByolSupport:
    """Whether BYOL is enabled for the account in the Region."""
    answer = aws.client("workspaces").describe_account()
    return ByolSupport(
        is_enabled=answer["DedicatedTenancySupport"] == "ENABLED",
        is_disabled=answer["DedicatedTenancySupport"] == "DISABLED",
        cidr_range=answer.get("DedicatedTenancyManagementCidrRange"),
        message=answer.get("Message"),
    )


def enable_byol(aws: AwsConnection, cidr_range: str) -> None:
    """Start to enable BYOL. This cannot be undone."""
    aws.client("workspaces").modify_account(
        DedicatedTenancySupport="ENABLED", DedicatedTenancyManagementCidrRange=cidr_range
    )


def latest_modification(aws: AwsConnection) -> ByolModification | None:
    """The modification that was started last; None if there is none."""
    found: list[Any] = []
    token: dict[str, Any] = {}
    while True:
        answer = aws.client("workspaces").describe_account_modifications(**token)
        found += answer.get("AccountModifications", [])
        if not answer.get("NextToken"):
            break
        token = {"NextToken": answer["NextToken"]}
    # The order of the modifications is not documented.
    newest = max(found, key=lambda each: each["StartTime"].timestamp() if each.get("StartTime") else 0.0, default=None)
    return ByolModification.read(newest) if newest else None


def available_cidr_ranges(aws: AwsConnection, within: str) -> list[str]:
    """The CIDR ranges available for the management network.

    Raises:
        ClientError: with code AccessDeniedException if AWS has not approved the account for BYOL.
    """
    answer = aws.client("workspaces").list_available_management_cidr_ranges(ManagementCidrRangeConstraint=within)
    return list(answer.get("ManagementCidrRanges", []))


def _describe(aws: AwsConnection, ids: list[str]) -> dict[str, ByolModification]:
    """The latest modification for each watched id: an account has one at a time."""
    latest = latest_modification(aws)
    return dict.fromkeys(ids, latest) if latest else {}


POLLERS = Pollers[ByolModification](_describe)
