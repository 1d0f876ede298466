"""The resources in some Regions that have the library's tags."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pulumi_vmimport.cli.orphans import (
    component_listing,
    ec2_listing,
    image_builder_listing,
    s3_listing,
    vsphere_listing,
    workspaces_listing,
)
from pulumi_vmimport.cli.orphans.found_resource import FoundResource, ListingError, RegionSearch
from pulumi_vmimport.cli.orphans.stack_export import ExportPrefix, StackExport
from pulumi_vmimport.cli.searched_account import SearchedAccount
from pulumi_vmimport.resources.orphan_kinds import OrphanKind

_CONCURRENT_REGIONS = 8

LISTED_KINDS = frozenset(
    kind
    for listing in (
        *(ec2_listing, workspaces_listing, image_builder_listing, s3_listing, component_listing, vsphere_listing),
    )
    for kind in listing.KINDS
)
"""The kinds that a search lists."""


@dataclass(frozen=True)
class Inventory:
    """What was found, and what could not be listed."""

    resources: tuple[FoundResource, ...]
    errors: tuple[ListingError, ...]

    @property
    def incomplete_regions(self) -> frozenset[str]:
        """The Regions where EC2 could not be listed completely, so that relations between resources are unknown."""
        return frozenset(error.region for error in self.errors if error.service == "ec2")


def take_inventory(account: SearchedAccount, export: StackExport | None = None) -> Inventory:
    """Search all Regions concurrently; `export` says where the stack's exports write, and what it was creating."""
    prefixes = export.export_prefixes if export is not None else frozenset()
    roles = export.creating_roles if export is not None else frozenset()
    errors: list[ListingError] = []
    searches = [RegionSearch(account.aws(region), region, errors) for region in account.regions]
    with ThreadPoolExecutor(_CONCURRENT_REGIONS, thread_name_prefix="region") as pool:
        found = list(pool.map(lambda search: list(_resources(search, account.buckets, prefixes)), searches))
    found.append(list(component_listing.service_roles(searches[0], roles)))  # IAM has no Regions
    found.append(list(component_listing.managed_policies(searches[0])))
    found.append(list(vsphere_listing.virtual_machines(export, errors)))
    found.append(list(vsphere_listing.answer_isos(errors)))
    order = list(OrphanKind)
    resources = sorted(
        (resource for of_region in found for resource in of_region),
        key=lambda resource: (resource.region, order.index(resource.kind), resource.id),
    )
    return Inventory(tuple(resources), tuple(errors))


def _resources(
    search: RegionSearch,
    buckets: Mapping[str, str] | None,
    prefixes: Collection[ExportPrefix],
) -> Iterator[FoundResource]:
    in_region = [bucket for bucket, region in (buckets or {}).items() if region == search.region]
    yield from ec2_listing.ec2_resources(
        search, {*prefixes, *(ExportPrefix(search.region, bucket, "") for bucket in in_region)}
    )
    yield from workspaces_listing.workspaces_resources(search)
    yield from image_builder_listing.builder_images_of(search)
    yield from image_builder_listing.configurations_of(search)
    yield from s3_listing.uploads(search, in_region if buckets is not None else None)
    yield from s3_listing.image_objects(search, in_region)
    yield from component_listing.buckets(search)
