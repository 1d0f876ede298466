"""The AMIs that StartResourceStateUpdate skips: `exclusionRules`.

Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LifecyclePolicyDetailExclusionRulesAmis.html.
The sandbox records no launches, and AWS does not exclude AMIs without a recorded one, so `lastLaunched` excludes none.
"""

from collections.abc import Mapping
from typing import Any

from pulumi_vmimport_sandbox.aws.core.builder_image import ImageCopy


def is_excluded(copy: ImageCopy, rules: Mapping[str, Any]) -> bool:
    """Whether one of the rules for AMIs matches an AMI."""
    permissions: list[Mapping[str, str]] = copy.ami.launch_permissions
    shared_with = {permission.get("UserId") for permission in permissions}
    is_public = any(permission.get("Group") == "all" for permission in permissions)
    tags = {(tag["key"], tag["value"]) for tag in copy.ami.get_tags()}
    return (
        copy.region in rules.get("regions", ())
        or bool(shared_with & set(rules.get("sharedAccounts", ())))
        or (is_public and bool(rules.get("isPublic")))
        or not tags.isdisjoint(rules.get("tagMap", {}).items())
    )
