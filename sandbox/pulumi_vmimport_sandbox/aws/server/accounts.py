"""Accounts of the sandbox beside its first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from moto.organizations.models import organizations_backends

from pulumi_vmimport_sandbox.aws.core.access_keys import key_of_account
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud

ROLE_OF_MEMBERS = "OrganizationAccountAccessRole"
"""The role that AWS makes in each account that an organization creates."""
_PARTITION = "aws"


@dataclass(frozen=True)
class Account:
    """An account with credentials of its own, which work until the sandbox ends."""

    account_id: str
    region: str
    """The Region of clients and calls that name none."""
    _cloud: Cloud = field(repr=False)
    _make_client: Callable[[str, str | None, str, Config | None], Any] = field(repr=False)

    @property
    def access_key(self) -> str:
        """The access key for programs."""
        return key_of_account(self.account_id).access_key

    @property
    def secret_key(self) -> str:
        """The secret key that goes with it."""
        return key_of_account(self.account_id).secret_key

    @property
    def role_arn(self) -> str:
        """A role of the account that the sandbox's first account may assume."""
        return f"arn:{_PARTITION}:iam::{self.account_id}:role/{ROLE_OF_MEMBERS}"

    def client(self, service: str, region: str | None = None, config: Config | None = None) -> Any:
        """A boto3 client of the account; one attempt a call where `config` says no other."""
        return self._make_client(service, region, self.access_key, config)

    def observer(self, service: str, region: str | None = None) -> Any:
        """A boto3 client that looks on and prepares: its calls are not recorded, and no fault strikes them."""
        return self._make_client(service, region, key_of_account(self.account_id, observer=True).access_key, None)

    def enable_byol(self, region: str | None = None) -> None:
        """Let WorkSpaces take the account's BYOL images in a Region."""
        with self._cloud.lock:
            self._cloud.byol.pop(AccountRegion(self.account_id, region or self.region), None)

    def disable_byol(self, region: str | None = None, *, approved: bool = True) -> None:
        """Let WorkSpaces take no BYOL images in a Region; where `approved`, ModifyAccount enables it again."""
        with self._cloud.lock:
            byol = self._cloud.byol[AccountRegion(self.account_id, region or self.region)]
            byol.cidr_range, byol.is_approved = None, approved


def join_organization(owner: str, region: str) -> str:
    """Make an account in the organization of another, which is made where there is none, and return its id."""
    organization = organizations_backends[owner][_PARTITION]
    if organization.org is None:
        organization.create_organization(region)
    made = organization.create_account(AccountName="second", Email="second@sandbox.example")
    return str(made["CreateAccountStatus"]["AccountId"])
