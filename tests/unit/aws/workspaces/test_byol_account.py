from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces import byol_account
from pulumi_vmimport.aws.workspaces.byol_account import ByolModification, ByolSupport

CIDR = "172.31.0.0/16"
Stub = Callable[..., Stubber]


@pytest.mark.parametrize(
    ("answer", "support"),
    [
        (
            {"DedicatedTenancySupport": "ENABLED", "DedicatedTenancyManagementCidrRange": CIDR, "Message": "ok"},
            ByolSupport(is_enabled=True, is_disabled=False, cidr_range=CIDR, message="ok"),
        ),
        (
            {"DedicatedTenancySupport": "DISABLED"},
            ByolSupport(is_enabled=False, is_disabled=True, cidr_range=None, message=None),
        ),
        (
            {"DedicatedTenancySupport": "ENABLING"},
            ByolSupport(is_enabled=False, is_disabled=False, cidr_range=None, message=None),
        ),
    ],
)
def test_byol_is_enabled_by_dedicated_tenancy(
    aws: AwsConnection, stub: Stub, answer: dict[str, Any], support: ByolSupport
) -> None:
    stub("workspaces").add_response("describe_account", answer, {})
    assert byol_account.byol_support(aws) == support


def test_byol_is_enabled_with_a_management_network(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response(
        "modify_account",
        {},
        {"DedicatedTenancySupport": "ENABLED", "DedicatedTenancyManagementCidrRange": CIDR},
    )
    byol_account.enable_byol(aws, CIDR)


def test_the_latest_modification_is_the_one_that_started_last_on_any_page(aws: AwsConnection, stub: Stub) -> None:
    def started(day: int, state: str) -> dict[str, Any]:
        return {"ModificationState": state, "StartTime": datetime(2026, 11, day, tzinfo=UTC)}

    for _ in range(2):
        stub("workspaces").add_response(
            "describe_account_modifications",
            {
                "AccountModifications": [started(1, "FAILED"), {"ModificationState": "COMPLETED"}],
                "NextToken": "more",
            },
            {},
        )
        stub("workspaces").add_response(
            "describe_account_modifications",
            {"AccountModifications": [started(3, "PENDING"), started(2, "FAILED")]},
            {"NextToken": "more"},
        )
    expected = ByolModification("PENDING", None, None)
    assert byol_account.latest_modification(aws) == expected
    poller = byol_account.POLLERS.for_connection(aws, 0)
    with poller.watching("123456789012"):
        assert poller.poll("123456789012") == (True, expected)


def test_an_account_without_modifications_has_no_latest(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response("describe_account_modifications", {}, {})
    assert byol_account.latest_modification(aws) is None


def test_a_failed_modification_has_code_and_message() -> None:
    answer = {
        "ModificationState": "FAILED",
        "DedicatedTenancyManagementCidrRange": CIDR,
        "ErrorCode": "InvalidCidr",
        "ErrorMessage": "in use",
    }
    assert ByolModification.read(answer) == ByolModification("FAILED", CIDR, "InvalidCidr: in use")
    assert ByolModification.read({}) == ByolModification("PENDING", None, None)
    assert ByolModification.read({"ErrorCode": "X"}).error == "X: "


def test_available_ranges_are_those_within_the_constraint(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response(
        "list_available_management_cidr_ranges",
        {"ManagementCidrRanges": [CIDR]},
        {"ManagementCidrRangeConstraint": "172.0.0.0/8"},
    )
    assert byol_account.available_cidr_ranges(aws, "172.0.0.0/8") == [CIDR]


def test_the_default_image_quota_is_that_of_the_guide() -> None:
    assert byol_account.DEFAULT_IMAGE_QUOTA == 40
