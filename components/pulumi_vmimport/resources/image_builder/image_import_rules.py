"""The rules and the request members that ImportVmImage and ImportDiskImage share.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImportVmImage.html, API_ImportDiskImage.html,
API_Image.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from pulumi_vmimport.lifecycle.contract import Problem, is_known
from pulumi_vmimport.resources.image_builder.image_import import ImageImportInputs
from pulumi_vmimport.resources.image_builder.request_rules import log_group_problems, tag_key_problems
from pulumi_vmimport.resources.image_builder.value_rules import length_problems, pattern_problems
from pulumi_vmimport.shown_value import shown_value

_NAME = re.compile(r"[-_A-Za-z0-9][-_A-Za-z0-9 ]{1,126}[-_A-Za-z0-9]")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
# Source: https://docs.aws.amazon.com/imagebuilder/latest/userguide/ibhow-semantic-versioning.html
_LARGEST_NUMBER = 2**30 - 1
_LONGEST_DESCRIPTION = 1024


class SystemInputs(Protocol):
    """What the requests of both operations contain."""

    @property
    def name(self) -> str: ...
    @property
    def semantic_version(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def log_group_name(self) -> str | None: ...
    @property
    def platform(self) -> str: ...
    @property
    def os_version(self) -> str | None: ...


def import_problems(inputs: ImageImportInputs) -> Iterator[Problem]:
    """The problems of the common inputs alone."""
    expected = "3 to 128 letters, digits, spaces, hyphens and underscores, without a space at either end"
    yield from pattern_problems("name", inputs.name, _NAME, expected)
    if is_known(inputs.semantic_version):
        yield from _version_problems(inputs.semantic_version)
    yield from length_problems("description", inputs.description, _LONGEST_DESCRIPTION, "characters")
    yield from log_group_problems(inputs.log_group_name)
    yield from tag_key_problems(inputs.tags)


def common_members(inputs: SystemInputs) -> Mapping[str, Any]:
    """The members of the requests of both operations."""
    logging = {"logGroupName": inputs.log_group_name} if inputs.log_group_name else None
    members = {
        "name": inputs.name,
        "semanticVersion": inputs.semantic_version,
        "description": inputs.description,
        "platform": str(inputs.platform),
        "osVersion": None if inputs.os_version is None else str(inputs.os_version),
        "loggingConfiguration": logging,
    }
    return {name: value for name, value in members.items() if value is not None}


def _version_problems(version: str) -> Iterator[Problem]:
    expected = f"three numbers of at most {_LARGEST_NUMBER} with dots, such as 1.0.0"
    if not _VERSION.fullmatch(version) or any(int(part) > _LARGEST_NUMBER for part in version.split(".")):
        yield Problem("semanticVersion", f"expected {expected}, got {shown_value(version)}")
