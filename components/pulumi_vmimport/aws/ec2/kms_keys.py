"""Whether EBS can encrypt with a key: AWS tells a wrong one only when the conversion is over.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html, KmsKeyId;
https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html.
"""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.service_errors import error_code


@dataclass(frozen=True)
class Key:
    """A key as DescribeKey shows it."""

    arn: str
    spec: str
    state: str

    @property
    def problem(self) -> str | None:
        """Why EBS cannot encrypt with it; None where it can."""
        if self.spec != "SYMMETRIC_DEFAULT":
            return f"is of the kind {self.spec}, expected a symmetric key (SYMMETRIC_DEFAULT)"
        if self.state != "Enabled":
            return f"is {self.state}, expected Enabled from now until the task has ended"
        return None


def find(aws: AwsConnection, key_id: str) -> Key | None:
    """The key of this id, ARN or alias in the connection's Region; None when there is none.

    Raises:
        ClientError: KMS does not let the caller look.
    """
    try:
        found = aws.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if error_code(error) == "NotFoundException":
            return None
        raise
    return Key(arn=found["Arn"], spec=found.get("KeySpec", ""), state=found.get("KeyState", ""))
