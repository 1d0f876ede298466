"""Validation of EC2 tags.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
"""

from collections.abc import Mapping

from pulumi_vmimport_sandbox.aws.core.service_error import ServiceError

_TAGS, _KEY, _VALUE = 50, 127, 256


def merge_tags(present: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The existing tags with the added ones.

    Raises:
        ServiceError: A tag is invalid or there are too many.
    """
    for key, value in added.items():
        if key.startswith("aws:"):
            text = "Tag keys starting with 'aws:' are reserved for internal use"
            raise ServiceError("InvalidParameterValue", text)
        if len(key) > _KEY or len(value) > _VALUE:
            text = f"Tag {key!r} is too long: keys have up to {_KEY} characters, values up to {_VALUE}"  # assumed
            raise ServiceError("InvalidParameterValue", text)
    merged = {**present, **added}
    if len(merged) > _TAGS:
        raise ServiceError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    return merged
