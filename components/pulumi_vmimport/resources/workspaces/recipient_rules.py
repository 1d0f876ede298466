"""Whether the recipients of a BYOL image are in the organization of its owner, as far as it can be looked up.

Whether a recipient is enabled for BYOL can be looked up only with credentials of the recipient.
Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/share-custom-image.html
"""

from collections.abc import Iterator, Mapping

from pulumi_vmimport.aws.workspaces import organization
from pulumi_vmimport.lifecycle.contract import Problem, Run
from pulumi_vmimport.resources.rules.aws_error_warnings import warn_on_aws_error

_ONLY_WITHIN = "a BYOL image can be shared only with accounts of the same organization"


def recipient_problems(run: Run, accounts: Mapping[str, str]) -> Iterator[Problem]:
    """The accounts, by their paths, that cannot receive a BYOL image. What cannot be looked up is a warning."""
    if not accounts:
        return
    listed = ", ".join(accounts.values())
    with warn_on_aws_error(run, f"whether {listed} and account {run.aws.account_id} are in the same organization"):
        own = organization.organization_of_caller(run.aws)
        if own is None:
            reason = f"account {run.aws.account_id} is in no organization, and {_ONLY_WITHIN}"
            yield from (Problem(path, reason) for path in accounts)
            return
        for path, account in accounts.items():
            status = organization.account_status(run.aws, account)
            if status is None:
                yield Problem(path, f"account {account} is not in organization {own}, and {_ONLY_WITHIN}")
            elif status != "ACTIVE":
                yield Problem(path, f"account {account} is {status} in organization {own}, expected ACTIVE")
