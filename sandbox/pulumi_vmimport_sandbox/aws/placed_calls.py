"""What every call of the sandbox's EC2 knows: the cloud it belongs to, and where it was made."""

from typing import ClassVar

from moto.ec2.responses._base_response import EC2BaseResponse

from pulumi_vmimport_sandbox.aws.cloud import Cloud, Place


class PlacedCalls(EC2BaseResponse):  # type: ignore[misc] # moto has no types
    """Calls of an account in a Region."""

    cloud: ClassVar[Cloud]

    @property
    def place(self) -> Place:
        """The account and Region of the call."""
        return Place(str(self.current_account), str(self.region))
