"""Tags of WorkSpaces images and bundles: the user's, and those that identify the Pulumi resource.

WorkSpaces has no client tokens. The image or bundle that an interrupted run created is found by its name, which is
unique in the Region, and identified by its tags.
"""

from collections.abc import Mapping
from typing import Protocol

from pulumi_vmimport.aws.workspaces import workspaces_tags
from pulumi_vmimport.lifecycle.contract import CleanFailureError, Run
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, is_reserved_tag
from pulumi_vmimport.lifecycle.image_lifecycle import TaggedInputs
from pulumi_vmimport.resources.rules import tag_rules
from pulumi_vmimport.shown_value import shown_value


class NamedResource(Protocol):
    """An image or a bundle as WorkSpaces describes it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...


def all_tags(run: Run, inputs: TaggedInputs) -> dict[str, str]:
    """The user's tags and those of the resource's identity."""
    return {**(inputs.tags or {}), **run.identity.tags(inputs)}


def user_tags(run: Run, id: str, recorded: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """The user's tags of an image or bundle, as the state records them."""
    return tag_rules.user_tags(workspaces_tags.list_tags(run.aws, id), recorded)


def replace_tags(run: Run, id: str, current: Mapping[str, str], inputs: TaggedInputs) -> None:
    """Set the tags of the inputs and remove the user's other tags in `current`."""
    wanted = all_tags(run, inputs)
    workspaces_tags.untag(run.aws, id, {key for key in current if not is_reserved_tag(key)} - wanted.keys())
    workspaces_tags.tag(run.aws, id, wanted)


def is_own(run: Run, id: str) -> bool:
    """Whether the resource of this run created the image or bundle."""
    return workspaces_tags.list_tags(run.aws, id).get(IDENTITY_TAG) == run.identity.key


def adopt(run: Run, inputs: TaggedInputs, kind: str, existing: NamedResource) -> bool:
    """Adopt an existing image or bundle if an earlier run of this resource created it from the same inputs.

    Returns: False if the resource created it from other inputs, or if it is in state ERROR; delete it then.
    Raises: CleanFailureError when it does not belong to the resource.
    """
    tags = workspaces_tags.list_tags(run.aws, existing.id)
    if tags.get(IDENTITY_TAG) != run.identity.key:
        raise CleanFailureError(name_conflict(kind, existing))
    if existing.state == "ERROR" or not run.identity.tags(inputs).items() <= tags.items():
        return False
    replace_tags(run, existing.id, tags, inputs)
    return True


def name_conflict(kind: str, existing: NamedResource) -> str:
    """The reason of a problem, or the message of an error: another image or bundle has the name."""
    return (
        f"the name {shown_value(existing.name)} belongs to {kind} {existing.id} in the same account; choose "
        "another name"
    )
