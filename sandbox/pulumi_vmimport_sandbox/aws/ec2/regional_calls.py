"""The base class of the EC2 calls: the cloud, the account and the Region of a call."""

from typing import ClassVar

from moto.ec2.responses._base_response import EC2BaseResponse

from pulumi_vmimport_sandbox.aws.core.cloud import AccountRegion, Cloud


class RegionalCalls(EC2BaseResponse):  # type: ignore[misc] # moto has no types
    """EC2 calls of an account in a Region."""

    cloud: ClassVar[Cloud]

    @property
    def account_region(self) -> AccountRegion:
        """The account and Region of the call."""
        return AccountRegion(str(self.current_account), str(self.region))
