"""The ARNs of Image Builder's resources.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateDistributionConfiguration.html
"""

import re

_SAME_IN_ARNS = re.compile("[ _]")


def configuration_arn(name: str, *, partition: str, region: str, account_id: str) -> str:
    """The ARN of a configuration. Names that differ only in case, spaces and underscores have the same ARN."""
    resource = _SAME_IN_ARNS.sub("-", name.lower())
    return f"arn:{partition}:imagebuilder:{region}:{account_id}:distribution-configuration/{resource}"
