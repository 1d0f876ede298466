"""The Regions that an account has not enabled or that do not exist: their services do not know its credentials.

The codes and words are those for invalid credentials; AWS documents none for a disabled Region.
A Region that does not exist has no endpoint in AWS; here all Regions have the same one.
Source: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""

from dataclasses import dataclass
from http import HTTPStatus

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

from pulumi_vmimport_sandbox.aws.core.access_keys import account_in_key
from pulumi_vmimport_sandbox.aws.core.call_log import IncomingCall
from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud
from pulumi_vmimport_sandbox.aws.core.wire_errors import WireError

_UNKNOWN = "The security token included in the request is invalid."
_REGIONS = {region.name for region in RegionsAndZonesBackend.regions} | {"aws-global"}
_REJECTIONS = {
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials"),
    "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    "sts": ("InvalidClientTokenId", _UNKNOWN),
}


@dataclass(frozen=True)
class DisabledRegions:
    """Rejects calls to Regions that are disabled or do not exist."""

    cloud: Cloud
    account_id: str
    """The first account"""

    def require_enabled(self, incoming: IncomingCall) -> None:
        """Reject a call to a Region that its account cannot use. Raises: WireError in the words of the service."""
        account = account_in_key(incoming.access_key) or self.account_id
        with self.cloud.lock:
            is_disabled = AccountRegion(account, incoming.call.region) in self.cloud.disabled_regions
        if is_disabled or incoming.call.region not in _REGIONS:
            code, message = _REJECTIONS.get(incoming.call.service, ("UnrecognizedClientException", _UNKNOWN))
            raise WireError(HTTPStatus.FORBIDDEN, code, message)
