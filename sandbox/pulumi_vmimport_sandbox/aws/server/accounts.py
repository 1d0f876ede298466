"""Additional accounts of the sandbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from moto.organizations.models import organizations_backends

from pulumi_vmimport_sandbox.aws.core.access_keys import key_of_account
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud

ROLE_OF_MEMBERS = "OrganizationAccountAccessRole"
"""The role that AWS Organizations creates in each member account."""
_PARTITION = "aws"


@dataclass(frozen=True)
class Account:
    """An account with its own credentials, valid until the sandbox stops."""

    account_id: str
    region: str
    """The default Region of clients and calls."""
    _cloud: Cloud = field(repr=False)
    _make_client: Callable[[str, str | None, str, Config | None], Any] = field(repr=False)

    @property
    def access_key(self) -> str:
        """The access key for programs."""
        return key_of_account(self.account_id).access_key

    @property
    def secret_key(self) -> str:
        """The secret key of the access key."""
        return key_of_account(self.account_id).secret_key

    @property
    def role_arn(self) -> str:
        """A role of the account that the sandbox's first account can assume."""
        return f"arn:{_PARTITION}:iam::{self.account_id}:role/{ROLE_OF_MEMBERS}"

    def client(self, service: str, region: str | None = None, config: Config | None = None) -> Any:
        """A boto3 client of the account. Default: one attempt per call."""
        return self._make_client(service, region, self.access_key, config)

    def observer(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for setup and assertions. Its calls are not recorded and not affected by faults."""
        return self._make_client(service, region, key_of_account(self.account_id, observer=True).access_key, None)

    def enable_byol(self, region: str | None = None) -> None:
        """Enable BYOL in a Region."""
        with self._cloud.lock:
            self._cloud.byol.pop(AccountRegion(self.account_id, region or self.region), None)

    def disable_byol(self, region: str | None = None, *, approved: bool = True) -> None:
        """Disable BYOL in a Region. ModifyAccount can enable it only if `approved`."""
        with self._cloud.lock:
            byol = self._cloud.byol[AccountRegion(self.account_id, region or self.region)]
            byol.cidr_range, byol.is_approved = None, approved

    def disable_region(self, region: str) -> None:
        """Disable a Region: it is not opted in, and rejects the credentials of the account."""
        with self._cloud.lock:
            self._cloud.disabled_regions.add(AccountRegion(self.account_id, region))


def join_organization(owner: str, region: str) -> str:
    """Create an account in the organization of another account, creating the organization if necessary.

    Returns:
        The id of the new account.
    """
    organization = organizations_backends[owner][_PARTITION]
    if organization.org is None:
        organization.create_organization(region)
    made = organization.create_account(AccountName="second", Email="second@sandbox.example")
    return str(made["CreateAccountStatus"]["AccountId"])
