"""Rules for the file of a disk: its format, and whether it is complete."""

from collections.abc import Iterator
from functools import partial

from pulumi_vmimport.disk.conversion_remedies import conversion_of_part, descriptor_of_part, is_split_extent
from pulumi_vmimport.disk.disk_content import SECTOR_BYTES
from pulumi_vmimport.disk.inspection.facts import (
    DESCRIPTOR_TEXT,
    FOOTER_MISSING,
    SIGNATURE,
    Container,
    DiskFacts,
    FileSystem,
    VmdkFacts,
)
from pulumi_vmimport.disk.other_formats import BY_NAME, ISO
from pulumi_vmimport.disk.rules.format_rules import is_raw_disk
from pulumi_vmimport.disk.rules.ova_rules import has_descriptor_finding
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, for_each_disk
from pulumi_vmimport.disk.rules.text_format import exact_size, name_list
from pulumi_vmimport.service_limits import IMAGE_DISK_LIMIT_BYTES, SNAPSHOT_DISK_LIMIT_BYTES

_DEFLATE = 1
_VERSIONS = frozenset({1, 2, 3})
_NO_PARENT = "ffffffff"
_STREAM_OPTIMIZED = "streamoptimized"
_SPLIT = frozenset({"twogbmaxextentsparse", "twogbmaxextentflat"})
_DELTAS = frozenset({"sesparse", "vmfssparse"})
_DEVICES = frozenset(
    {"fulldevice", "partitioneddevice", "vmfsraw", "vmfsrdm", "vmfsrdmp", "vmfsrawdevicemap",
     "vmfspassthroughrawdevicemap"}
)  # fmt: skip
_END = "end of stream"
# `Damage.where` of what partition_table.py reports.
LAYOUT_PLACES = ("partition", "protective MBR", "primary GPT", "backup GPT", "extended boot record")


def _other(context: RuleContext, *, is_image: bool) -> Iterator[Evidence]:
    for disk in context.disks:
        form = BY_NAME.get(disk.other or "")
        if disk.container is Container.OTHER and form not in {None, ISO} and form and form.is_image is is_image:
            yield Evidence(disk.name, f"the file is {form.found}", form.remedy)


def _iso(disk: DiskFacts) -> str | None:
    whole = disk.layout.whole_disk_file_system if disk.layout else None
    return f"the file is {ISO.found}" if disk.other == ISO.found or whole is FileSystem.ISO9660 else None


def _ova(context: RuleContext) -> Iterator[Evidence]:
    if context.is_package:
        yield Evidence(context.image.name, f"the file is an {context.image.container.upper()}")


def _create_type(vmdk: VmdkFacts) -> str:
    return (vmdk.create_type or "").lower()


def _kind(vmdk: VmdkFacts) -> str:
    """Which rule applies to a VMDK."""
    kind = _create_type(vmdk)
    # Only a part of a split disk has no descriptor.
    is_part = not kind and not vmdk.is_compressed and not vmdk.extent_files and vmdk.version is not None
    is_stream = vmdk.is_compressed and vmdk.has_markers and kind in {"", _STREAM_OPTIMIZED}
    cases = (
        ("device", kind in _DEVICES),
        ("delta", kind in _DELTAS or (vmdk.parent_cid or _NO_PARENT).lower() != _NO_PARENT),
        ("split", kind in _SPLIT or len(vmdk.extent_files) > 1 or is_part),
        ("descriptor", vmdk.version is None),
        ("other", not is_stream),
    )
    return next((name for name, holds in cases if holds), _STREAM_OPTIMIZED)


def _is(disk: DiskFacts, kind: str) -> VmdkFacts | None:
    """The facts of a VMDK of that kind; None if its header could not be read completely."""
    vmdk = disk.vmdk
    if vmdk is None or _kind(vmdk) != kind:
        return None
    unread = vmdk.version is None and vmdk.create_type is None and not vmdk.extent_files
    return None if unread else vmdk


def _not_stream(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "other")
    if vmdk is None:
        return None
    lacks = [word for has, word in ((vmdk.is_compressed, "compression"), (vmdk.has_markers, "markers")) if not has]
    return f"createType {vmdk.create_type or 'not stated'}" + (f", without {' and '.join(lacks)}" if lacks else "")


def _compression(disk: DiskFacts) -> str | None:
    vmdk = disk.vmdk
    if vmdk is None or not vmdk.is_compressed or vmdk.compression_algorithm == _DEFLATE:
        return None
    return f"expected compression algorithm {_DEFLATE} (DEFLATE), got {vmdk.compression_algorithm}"


def _cut_short(disk: DiskFacts) -> str | None:
    vmdk = disk.vmdk
    if vmdk is None or (vmdk.has_footer is not False and vmdk.grains_end_within_file is not False):
        return None
    damage = [f"{d.where}: {d.words}" for d in disk.damage if d.where in {"footer", "grain directory", "grain"}]
    seen = "the footer is missing" if vmdk.has_footer is False else "grains or grain tables lie beyond its end"
    return f"{seen} ({name_list(damage)})" if damage else seen


def _no_end(disk: DiskFacts) -> str | None:
    damage = [d.words for d in disk.damage if d.where == _END]
    if damage:
        return name_list(damage)
    vmdk = disk.vmdk
    missing = vmdk is not None and vmdk.has_footer is True and vmdk.ends_in_end_of_stream is False
    return "the end-of-stream marker is missing" if missing else None


def _not_all_grains(disk: DiskFacts) -> str | None:
    vmdk = disk.vmdk
    if vmdk is None or vmdk.every_grain_table_read is not False or vmdk.every_grain_inflates is not None:
        return None
    if _cut_short(disk):
        return None  # reading more of it shows nothing else
    return "only some of the grain tables were read"


def _text_mode(disk: DiskFacts) -> str | None:
    return "the line endings in the header were converted" if disk.vmdk and not disk.vmdk.line_ends_intact else None


def _place_of_data(vmdk: VmdkFacts) -> str:
    return f"the data is in {name_list(vmdk.extent_files)}" if vmdk.extent_files else "it names no file with data"


def _descriptor(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "descriptor")
    return f"createType {vmdk.create_type}; {_place_of_data(vmdk)}" if vmdk else None


def _split(context: RuleContext) -> Iterator[Evidence]:
    for disk in context.disks:
        vmdk = _is(disk, "split")
        is_flat = disk.container is Container.RAW and is_split_extent(disk.name)
        if vmdk is not None and (vmdk.create_type or vmdk.extent_files):
            files = name_list(vmdk.extent_files) or "other files"
            yield Evidence(disk.name, f"createType {vmdk.create_type}, with {files}")
        elif vmdk is not None or is_flat:
            descriptor = descriptor_of_part(disk.name)
            yield Evidence(
                disk.name,
                f"it is one part of a split disk; {descriptor or 'another file'} describes the whole disk",
                conversion_of_part(disk.name),
            )


def _delta(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "delta")
    return f"createType {vmdk.create_type}, parentCID {vmdk.parent_cid or 'not stated'}" if vmdk else None


def _device(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "device")
    return f"createType {vmdk.create_type}" if vmdk else None


def _version(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, _STREAM_OPTIMIZED)
    return f"version {vmdk.version}" if vmdk and vmdk.version not in _VERSIONS else None


def _vhd_footer(disk: DiskFacts) -> str | None:
    if disk.vhd is None or disk.vhd.footers_identical is not False:
        return None
    missing = [damage.words for damage in disk.damage if damage.words.endswith(FOOTER_MISSING)]
    return f"there is only the copy at the start; {missing[0]}" if missing else "the footer and its copy differ"


def _vhd_checksum(disk: DiskFacts) -> str | None:
    vhd = disk.vhd
    if vhd is None:
        return None
    wrong = [
        name
        for name, matches in (("footer", vhd.footer_checksum_matches), ("header", vhd.header_checksum_matches))
        if matches is False
    ]
    return f"wrong checksum: {' and '.join(wrong)}" if wrong else None


def _vhd_differencing(disk: DiskFacts) -> str | None:
    if disk.vhd is None or disk.vhd.kind != "differencing":
        return None
    return f"the parent is {disk.vhd.parent_name or 'unknown'}"


def _vhdx_differencing(disk: DiskFacts) -> str | None:
    return "the disk has a parent" if disk.vhdx and disk.vhdx.has_parent else None


def _vhdx_headers(disk: DiskFacts) -> str | None:
    vhdx = disk.vhdx
    if vhdx is None or (vhdx.valid_headers and vhdx.valid_region_tables):
        return None
    return f"{vhdx.valid_headers} of 2 headers and {vhdx.valid_region_tables} of 2 region tables are valid"


def _sectors(disk: DiskFacts) -> str | None:
    return f"{disk.sector_bytes}-byte sectors" if disk.sector_bytes not in {None, SECTOR_BYTES} else None


def _capacity(disk: DiskFacts, least: int, below: int | None = None) -> str | None:
    capacity = disk.capacity_bytes
    if capacity is None or capacity < least or (below is not None and capacity >= below):
        return None
    return f"capacity {exact_size(capacity)}"


def _needs_manifest(disk: DiskFacts) -> str | None:
    return _capacity(disk, IMAGE_DISK_LIMIT_BYTES + 1, SNAPSHOT_DISK_LIMIT_BYTES)


def _capacity_unknown(disk: DiskFacts) -> str | None:
    return "no capacity found" if disk.capacity_bytes is None and disk.container is not Container.OTHER else None


def _damaged(context: RuleContext) -> Iterator[Evidence]:
    """All damage that no other rule reports."""
    reported = {"manifest", DESCRIPTOR_TEXT} | ({"OVF descriptor"} if has_descriptor_finding(context) else set())
    for damage in context.image.damage:
        if damage.where not in reported:
            yield Evidence(context.image.name, f"{damage.where}: {damage.words}")
    for disk in context.disks:
        details = [
            f"{damage.where}: {damage.words}"
            for damage in disk.damage
            if damage.where != _END
            and not damage.where.startswith(LAYOUT_PLACES)
            and not (damage.where == SIGNATURE and is_raw_disk(disk))
        ]
        only_text_mode = len(details) == 1 and _text_mode(disk) is not None
        if details and not only_text_mode and not any(check(disk) for check in _SPECIFIC):
            yield Evidence(disk.name, name_list(details))


_SPECIFIC = (_cut_short, _vhd_footer, _vhd_checksum, _vhdx_headers)

CHECKS: Checks = {
    "damaged": _damaged,
    "container-unsupported": partial(_other, is_image=True),
    "not-a-disk-image": partial(_other, is_image=False),
    "ova-for-snapshot": _ova,
    "iso-image": for_each_disk(_iso),
    "vmdk-not-stream-optimized": for_each_disk(_not_stream),
    "vmdk-compression": for_each_disk(_compression),
    "vmdk-cut-short": for_each_disk(_cut_short),
    "vmdk-no-end-of-stream": for_each_disk(_no_end),
    "vmdk-grains-not-checked": for_each_disk(_not_all_grains),
    "vmdk-text-mode": for_each_disk(_text_mode),
    "vmdk-descriptor-only": for_each_disk(_descriptor),
    "vmdk-split": _split,
    "vmdk-delta": for_each_disk(_delta),
    "vmdk-raw-device": for_each_disk(_device),
    "vmdk-version-unknown": for_each_disk(_version),
    "vhd-footer-differs": for_each_disk(_vhd_footer),
    "vhd-checksum": for_each_disk(_vhd_checksum),
    "vhd-differencing": for_each_disk(_vhd_differencing),
    "vhdx-differencing": for_each_disk(_vhdx_differencing),
    "vhdx-headers": for_each_disk(_vhdx_headers),
    "vhdx-log-pending": for_each_disk(
        lambda disk: "the log is not empty" if disk.vhdx and disk.vhdx.log_is_pending else None
    ),
    "sector-size": for_each_disk(_sectors),
    "disk-too-large": for_each_disk(lambda disk: _capacity(disk, IMAGE_DISK_LIMIT_BYTES)),
    "disk-too-large-for-snapshot": for_each_disk(lambda disk: _capacity(disk, SNAPSHOT_DISK_LIMIT_BYTES)),
    "disk-needs-manifest": for_each_disk(_needs_manifest),
    "capacity-unknown": for_each_disk(_capacity_unknown),
}
