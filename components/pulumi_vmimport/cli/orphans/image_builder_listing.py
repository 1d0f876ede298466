"""What is in EC2 Image Builder: images by their tags. Removing one deletes the AMIs that it distributed."""

from collections.abc import Iterator
from datetime import datetime

from pulumi_vmimport.aws.image_builder import builder_images
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

KINDS = frozenset({OrphanKind.BUILDER_IMAGE})


def builder_images_of(search: RegionSearch) -> Iterator[FoundResource]:
    """The images that have the library's tags."""
    yield from search.all("imagebuilder", "Image Builder images", lambda: _images(search))


def _images(search: RegionSearch) -> Iterator[FoundResource]:
    for image in builder_images.list_own(search.aws):
        if IDENTITY_TAG in image.tags:
            yield FoundResource(
                kind=OrphanKind.BUILDER_IMAGE,
                id=image.arn,
                region=search.region,
                state=image.status,
                tags=own_tags(image.tags),
                created=datetime.fromisoformat(image.created) if image.created else None,
            )
