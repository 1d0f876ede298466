"""The ids of resources in their ARNs.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""


def id_in_arn(id: str) -> str:
    """The id in an ARN such as `arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0`; any other text unchanged."""
    return id.rpartition("/")[2] if id.startswith("arn:") else id
