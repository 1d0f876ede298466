"""What is in EC2 Image Builder, by its tags. Removing an image deletes the AMIs that it distributed."""

from collections.abc import Iterator
from datetime import datetime

from pulumi_vmimport.aws.image_builder import builder_images, distribution_configurations
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, RegionSearch, own_tags
from pulumi_vmimport.lifecycle.identity import IDENTITY_TAG
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

KINDS = frozenset({OrphanKind.BUILDER_IMAGE, OrphanKind.DISTRIBUTION_CONFIGURATION})


def builder_images_of(search: RegionSearch) -> Iterator[FoundResource]:
    """The images that have the library's tags."""
    yield from search.all("imagebuilder", "Image Builder images", lambda: _images(search))


def configurations_of(search: RegionSearch) -> Iterator[FoundResource]:
    """The distribution configurations that have the library's tags."""
    yield from search.all("imagebuilder", "distribution configurations", lambda: _configurations(search))


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


def _configurations(search: RegionSearch) -> Iterator[FoundResource]:
    for listed in distribution_configurations.list_own(search.aws):
        if IDENTITY_TAG in listed.tags:
            yield FoundResource(
                kind=OrphanKind.DISTRIBUTION_CONFIGURATION,
                id=listed.arn,
                region=search.region,
                state=f"Regions: {listed.region_count}",
                tags=own_tags(listed.tags),
                created=datetime.fromisoformat(listed.created) if listed.created else None,
            )
