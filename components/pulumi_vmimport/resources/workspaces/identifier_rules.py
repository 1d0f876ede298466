"""The names, descriptions and ids that WorkSpaces accepts."""

import re

from pulumi_vmimport.shown_value import shown_value

# Source: https://docs.aws.amazon.com/workspaces/latest/api/API_ImportWorkspaceImage.html
_NAME = re.compile(r"[a-zA-Z0-9_./()\\-]{1,64}")
_DESCRIPTION = re.compile(r"[a-zA-Z0-9_./() -]+")
_DESCRIPTION_LENGTH = 256
_IMAGE_ID = re.compile(r"wsi-[0-9a-z]{9,63}")
_ACCOUNT_ID = re.compile(r"\d{12}")
TAG_VALUE_LENGTH = 255


def name_problem(name: str) -> str | None:
    """Why WorkSpaces rejects the name of an image or a bundle."""
    if _NAME.fullmatch(name):
        return None
    return rf"expected 1 to 64 of a-z A-Z 0-9 _ . / ( ) \ - and no space, got {shown_value(name)}"


def description_problem(description: str, max_length: int = _DESCRIPTION_LENGTH) -> str | None:
    """Why WorkSpaces rejects the description of an image, or of a bundle, which has another maximum length."""
    if _DESCRIPTION.fullmatch(description) and len(description) <= max_length:
        return None
    return f"expected 1 to {max_length} of a-z A-Z 0-9 _ . / ( ) - and space, got {shown_value(description)}"


def image_id_problem(image_id: str) -> str | None:
    """Why this is not the id of a WorkSpaces image."""
    return (
        None if _IMAGE_ID.fullmatch(image_id) else f"expected wsi- and 9 to 63 of a-z 0-9, got {shown_value(image_id)}"
    )


def account_id_problem(account_id: str) -> str | None:
    """Why this is not the id of an AWS account."""
    return None if _ACCOUNT_ID.fullmatch(account_id) else f"expected 12 digits, got {shown_value(account_id)}"
