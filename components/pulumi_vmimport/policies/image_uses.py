"""How a stack shares, copies and distributes the AMIs that it imports. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pulumi_vmimport.aws.iam.key_sharing import Recipient
from pulumi_vmimport.lifecycle.unknown import is_set
from pulumi_vmimport.policies.stack_facts import (
    AMI_COPY,
    AMI_LAUNCH_PERMISSION,
    DISTRIBUTE_IMAGE,
    DISTRIBUTION_CONFIGURATION,
    IMPORT_IMAGE,
    StackFacts,
    StackResource,
    members,
    value_at,
)

_SOURCES: Mapping[str, str] = {
    AMI_LAUNCH_PERMISSION: "imageId",
    AMI_COPY: "sourceAmiId",
    DISTRIBUTE_IMAGE: "sourceImage",
}
_IMAGES = (IMPORT_IMAGE, AMI_COPY, DISTRIBUTE_IMAGE)


class UseKind(StrEnum):
    """What a resource does with an AMI."""

    SHARE = "shares"
    COPY = "copies"
    DISTRIBUTE = "distributes"


_KINDS: Mapping[str, UseKind] = {
    AMI_LAUNCH_PERMISSION: UseKind.SHARE,
    AMI_COPY: UseKind.COPY,
    DISTRIBUTE_IMAGE: UseKind.DISTRIBUTE,
}


@dataclass(frozen=True)
class Audience:
    """Who may launch an AMI, in one Region."""

    recipients: tuple[Recipient, ...]
    """The known accounts, organizations and organizational units"""
    is_public: bool
    region: Any
    kms_key_id: Any
    """The key that encrypts what is shared; None if no property names one"""
    key_holder: StackResource
    """The resource with the property that names the key"""
    key_property: str


@dataclass(frozen=True)
class ImageUse:
    """A resource that shares, copies or distributes an imported AMI, or a copy of one."""

    resource: StackResource
    kind: UseKind
    source: StackResource
    """The resource that makes the AMI: an import, a copy or a distribution"""
    image: StackResource
    """The import"""
    audiences: tuple[Audience, ...] = ()


def image_uses(stack: StackFacts) -> Iterator[ImageUse]:
    """The uses of the AMIs that the stack imports."""
    for resource in stack.of_type(*_KINDS):
        source = _source(stack, resource)
        image = _import(stack, source)
        if source is not None and image is not None:
            audiences = tuple(_audiences(stack, resource, source))
            yield ImageUse(resource, _KINDS[resource.type], source, image, audiences)


def _source(stack: StackFacts, resource: StackResource) -> StackResource | None:
    return stack.supplier(resource, _IMAGES, _SOURCES[resource.type])


def _import(stack: StackFacts, source: StackResource | None) -> StackResource | None:
    """The import at the start of a chain of copies."""
    seen: set[str] = set()
    while source is not None and source.type != IMPORT_IMAGE and source.urn not in seen:
        seen.add(source.urn)
        source = _source(stack, source)
    return source if source is not None and source.type == IMPORT_IMAGE else None


def _audiences(stack: StackFacts, resource: StackResource, source: StackResource) -> Iterator[Audience]:
    if resource.type == AMI_LAUNCH_PERMISSION:
        recipients = _recipients(
            [resource.get("accountId")], [resource.get("organizationArn"), resource.get("organizationalUnitArn")]
        )
        key = source.get("kmsKeyId")
        yield Audience(recipients, resource.get("group") == "all", source.region, key, source, "kmsKeyId")
    elif resource.type == DISTRIBUTE_IMAGE:
        configuration = stack.supplier(resource, (DISTRIBUTION_CONFIGURATION,), "distributionConfigurationArn")
        if configuration is not None:
            yield from _distributed(configuration)


def _distributed(configuration: StackResource) -> Iterator[Audience]:
    for distribution in members(configuration.get("distributions")):
        ami = value_at(distribution, "amiDistributionConfiguration")
        shared = value_at(ami, "launchPermission")
        accounts = [*members(value_at(ami, "targetAccountIds")), *members(value_at(shared, "userIds"))]
        organizations = [
            *members(value_at(shared, "organizationArns")),
            *members(value_at(shared, "organizationalUnitArns")),
        ]
        yield Audience(
            _recipients(accounts, organizations),
            "all" in members(value_at(shared, "userGroups")),
            value_at(distribution, "region"),
            value_at(ami, "kmsKeyId"),
            configuration,
            "distributions",
        )


def _recipients(accounts: list[Any], organizations: list[Any]) -> tuple[Recipient, ...]:
    by_account = [Recipient(account_id=str(account)) for account in accounts if is_set(account)]
    by_organization = [Recipient(organization_arn=str(arn)) for arn in organizations if is_set(arn)]
    return tuple(dict.fromkeys([*by_account, *by_organization]))
