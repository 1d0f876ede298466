"""What is in WorkSpaces: images and bundles by their tags, and the accounts that may copy a tagged image."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import boto3

from pulumi_vmimport.aws.workspaces import image_permissions, workspaces_tags
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG, STACK_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

KINDS = frozenset({OrphanKind.WORKSPACE_IMAGE, OrphanKind.BUNDLE, OrphanKind.IMAGE_PERMISSION})


def workspaces_resources(search: RegionSearch) -> Iterator[FoundResource]:
    """The images and bundles that have the library's tags, and the permissions of these images."""
    if search.region not in boto3.Session().get_available_regions("workspaces", search.aws.partition):
        return
    yield from search.all("workspaces", "WorkSpaces bundles", lambda: _bundles(search))
    for image in search.all("workspaces", "WorkSpaces images", lambda: _images(search)):
        yield image
        yield from search.all("workspaces", f"permissions of image {image.id}", partial(_permissions, search, image))


def _images(search: RegionSearch) -> Iterator[FoundResource]:
    client: Any = search.aws.client("workspaces")
    for page in client.get_paginator("describe_workspace_images").paginate(ImageType="OWNED"):
        for image in page.get("Images", []):
            yield from _tagged(
                search,
                OrphanKind.WORKSPACE_IMAGE,
                image["ImageId"],
                image.get("State", "PENDING"),
                image.get("Created"),
            )


def _bundles(search: RegionSearch) -> Iterator[FoundResource]:
    client: Any = search.aws.client("workspaces")
    for page in client.get_paginator("describe_workspace_bundles").paginate():  # without an owner: the account's own
        for bundle in page.get("Bundles", []):
            yield from _tagged(
                search,
                OrphanKind.BUNDLE,
                bundle["BundleId"],
                bundle.get("State", "AVAILABLE"),  # bundles that are older than the states have none
                bundle.get("CreationTime"),
            )


def _tagged(
    search: RegionSearch, kind: OrphanKind, id: str, state: str, created: datetime | None
) -> Iterator[FoundResource]:
    tags = own_tags(workspaces_tags.list_tags(search.aws, id))
    if IDENTITY_TAG in tags:
        yield FoundResource(kind=kind, id=id, region=search.region, state=state, tags=tags, created=created)


def _permissions(search: RegionSearch, image: FoundResource) -> Iterator[FoundResource]:
    for account in image_permissions.shared_account_ids(search.aws, image.id):
        yield FoundResource(
            kind=OrphanKind.IMAGE_PERMISSION,
            id=f"{image.id}/{account}",
            region=search.region,
            state="may copy",
            tags={STACK_TAG: image.stack} if image.stack else {},
            has_own_tags=False,
        )
