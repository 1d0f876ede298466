"""Everything of this library's stacks in some Regions."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from pulumi_vmimport.aws.workspaces import workspaces_tags
from pulumi_vmimport.cli.orphans.ec2_things import ec2_things
from pulumi_vmimport.cli.orphans.place import Place
from pulumi_vmimport.cli.orphans.s3_things import images, uploads
from pulumi_vmimport.cli.orphans.thing import Kind, Search, Thing, Unseen, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG

_REGIONS_AT_ONCE = 8


@dataclass(frozen=True)
class Inventory:
    """What was found, and what could not be looked at."""

    things: tuple[Thing, ...]
    unseen: tuple[Unseen, ...]

    @property
    def blind(self) -> frozenset[str]:
        """The Regions where EC2 did not tell everything: what belongs together is not known there."""
        return frozenset(each.region for each in self.unseen if each.service == "ec2")


def take(place: Place) -> Inventory:
    """Look in all the Regions at once."""
    unseen: list[Unseen] = []
    searches = [Search(place.aws(region), region, unseen) for region in place.regions]
    with ThreadPoolExecutor(_REGIONS_AT_ONCE, thread_name_prefix="region") as pool:
        found = list(pool.map(lambda search: list(_things(search, place.buckets)), searches))
    order = list(Kind)
    things = sorted((t for of_region in found for t in of_region), key=lambda t: (t.region, order.index(t.kind), t.id))
    return Inventory(tuple(things), tuple(unseen))


def _things(search: Search, buckets: Mapping[str, str] | None) -> Iterator[Thing]:
    yield from ec2_things(search)
    if search.region in boto3.Session().get_available_regions("workspaces", search.aws.partition):
        yield from search.all("workspaces", "WorkSpaces images", lambda: _workspace_images(search))
    here = [bucket for bucket, region in (buckets or {}).items() if region == search.region]
    yield from uploads(search, here if buckets is not None else None)
    yield from images(search, here)


def _workspace_images(search: Search) -> Iterator[Thing]:
    client: Any = search.aws.client("workspaces")
    for page in client.get_paginator("describe_workspace_images").paginate(ImageType="OWNED"):
        for image in page.get("Images", []):
            tags = own_tags(workspaces_tags.list_tags(search.aws, image["ImageId"]))
            created: datetime | None = image.get("Created")
            if IDENTITY_TAG in tags:
                yield Thing(
                    kind=Kind.WORKSPACE_IMAGE,
                    id=image["ImageId"],
                    region=search.region,
                    state=image.get("State", "PENDING"),
                    tags=tags,
                    created=created,
                )
