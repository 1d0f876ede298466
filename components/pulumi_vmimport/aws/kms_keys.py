"""Whether EBS can encrypt with a key: AWS tells a wrong one only when the conversion is over.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportImage.html, KmsKeyId;
https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html.
"""

from botocore.exceptions import ClientError

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.errors import error_code


def problem(aws: AwsConnection, key_id: str) -> str | None:
    """Why EBS cannot encrypt with the key of this id, ARN or alias in the connection's Region; None where it can.

    Raises:
        ClientError: KMS does not let the caller look.
    """
    if key_id.startswith("arn:") and (region := key_id.split(":")[3]) != aws.region:
        return f"is in {region}, expected {aws.region}, the Region of the import"
    try:
        key = aws.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if error_code(error) == "NotFoundException":
            return "does not exist in the Region; give the id, ARN or alias of a symmetric key there"
        raise
    if key.get("KeySpec") != "SYMMETRIC_DEFAULT":
        return f"is of the kind {key.get('KeySpec')}, expected a symmetric key (SYMMETRIC_DEFAULT)"
    if key.get("KeyState") != "Enabled":
        return f"is {key.get('KeyState')}, expected Enabled from now until the task has ended"
    return None
