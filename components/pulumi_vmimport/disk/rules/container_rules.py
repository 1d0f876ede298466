"""The rules of a disk's file: which kind it is, and whether it is whole."""

from collections.abc import Iterator

from pulumi_vmimport.disk.disk_content import SECTOR_BYTES
from pulumi_vmimport.disk.inspection.facts import Container, DiskFacts, FileSystem, VmdkFacts
from pulumi_vmimport.disk.rules.ova_rules import descriptor_rule_fires
from pulumi_vmimport.disk.rules.rule_context import Checks, Evidence, RuleContext, listed, of_disks, sized
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
_NAMED = (Container.OVA, Container.VMDK, Container.VHD, Container.VHDX)
_ISO = "an ISO 9660 image"
_END = "end of stream"
# What the reader of partition tables calls the places of its damages.
LAYOUT_PLACES = ("partition", "protective MBR", "primary GPT", "backup GPT", "extended boot record")


def _other(disk: DiskFacts) -> str | None:
    if disk.container is not Container.OTHER or disk.other == _ISO:
        return None
    return f"it is {disk.other or 'none of these'}"


def _format(context: RuleContext) -> Iterator[Evidence]:
    found = context.image.container
    if found in {Container.OTHER, Container.OVF}:
        return  # rules of their own
    named = next((c for c in _NAMED if context.image.name.lower().endswith(f".{c}")), None)
    expected = context.stated or named
    told = expected in {None, found} or (expected is Container.VHD and found is Container.VHDX)  # SNP-01
    if (
        expected and not told and (context.stated or found is not Container.RAW)
    ):  # a raw one without its marks is damaged
        words = "the format stated" if context.stated else "by its name it"
        yield Evidence(context.image.name, f"{words} is {expected.upper()}, the content {found.upper()}")


def _iso(disk: DiskFacts) -> str | None:
    whole = disk.layout.whole_disk_file_system if disk.layout else None
    return f"it is {_ISO}" if disk.other == _ISO or whole is FileSystem.ISO9660 else None


def _ova(context: RuleContext) -> Iterator[Evidence]:
    if context.is_package:
        yield Evidence(context.image.name, f"it is an {context.image.container.upper()}")


def _create_type(vmdk: VmdkFacts) -> str:
    return (vmdk.create_type or "").lower()


def _kind(vmdk: VmdkFacts) -> str:
    """Which rule says what is wrong with a VMDK that is none of AWS's kind."""
    kind = _create_type(vmdk)
    if kind in _DEVICES:
        return "device"
    if kind in _DELTAS or (vmdk.parent_cid or _NO_PARENT).lower() != _NO_PARENT:
        return "delta"
    if kind in _SPLIT or len(vmdk.extent_files) > 1:
        return "split"
    if vmdk.version is None:
        return "descriptor"
    if not (vmdk.is_compressed and vmdk.has_markers) or kind not in {"", _STREAM_OPTIMIZED}:
        return "other"
    return _STREAM_OPTIMIZED


def _is(disk: DiskFacts, kind: str) -> VmdkFacts | None:
    """The facts of a VMDK of that kind; of a header that could not be read whole nothing is said."""
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
    return f"createType {vmdk.create_type or 'not said'}" + (f", without {' and '.join(lacks)}" if lacks else "")


def _compression(disk: DiskFacts) -> str | None:
    vmdk = disk.vmdk
    if vmdk is None or not vmdk.is_compressed or vmdk.compression_algorithm == _DEFLATE:
        return None
    return f"algorithm {vmdk.compression_algorithm}, expected {_DEFLATE} (DEFLATE)"


def _cut_short(disk: DiskFacts) -> str | None:
    vmdk = disk.vmdk
    if vmdk is None or (vmdk.has_footer is not False and vmdk.grains_end_within_file is not False):
        return None
    damage = [f"{d.where}: {d.words}" for d in disk.damage if d.where in {"footer", "grain directory", "grain"}]
    seen = "its footer is missing" if vmdk.has_footer is False else "grains, or their tables, lie behind its end"
    return f"{seen} ({listed(damage)})" if damage else seen


def _no_end(disk: DiskFacts) -> str | None:
    damage = [d.words for d in disk.damage if d.where == _END]
    if damage:
        return listed(damage)
    vmdk = disk.vmdk
    missing = vmdk is not None and vmdk.has_footer is True and vmdk.ends_in_end_of_stream is False
    return "the marker is missing" if missing else None


def _not_all_grains(disk: DiskFacts) -> str | None:
    vmdk = disk.vmdk
    if vmdk is None or vmdk.every_grain_table_read is not False or vmdk.every_grain_inflates is not None:
        return None
    return "a few of its grain tables were read"


def _text_mode(disk: DiskFacts) -> str | None:
    return "its line ends are not those of the format" if disk.vmdk and not disk.vmdk.line_ends_intact else None


def _descriptor(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "descriptor")
    return f"createType {vmdk.create_type}, the data is in {listed(vmdk.extent_files)}" if vmdk else None


def _split(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "split")
    return f"createType {vmdk.create_type}, with {listed(vmdk.extent_files) or 'other files'}" if vmdk else None


def _delta(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "delta")
    return f"createType {vmdk.create_type}, parentCID {vmdk.parent_cid or 'not said'}" if vmdk else None


def _device(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, "device")
    return f"createType {vmdk.create_type}" if vmdk else None


def _version(disk: DiskFacts) -> str | None:
    vmdk = _is(disk, _STREAM_OPTIMIZED)
    return f"version {vmdk.version}" if vmdk and vmdk.version not in _VERSIONS else None


def _vhd_footer(disk: DiskFacts) -> str | None:
    return "footer and copy differ" if disk.vhd and disk.vhd.footers_identical is False else None


def _vhd_checksum(disk: DiskFacts) -> str | None:
    vhd = disk.vhd
    if vhd is None:
        return None
    wrong = [
        name
        for name, matches in (("footer", vhd.footer_checksum_matches), ("header", vhd.header_checksum_matches))
        if matches is False
    ]
    return f"the checksum of its {' and its '.join(wrong)} is wrong" if wrong else None


def _vhd_differencing(disk: DiskFacts) -> str | None:
    return f"its parent is {disk.vhd.parent_name or '?'}" if disk.vhd and disk.vhd.kind == "differencing" else None


def _vhdx_headers(disk: DiskFacts) -> str | None:
    vhdx = disk.vhdx
    if vhdx is None or (vhdx.valid_headers and vhdx.valid_region_tables):
        return None
    return f"{vhdx.valid_headers} of 2 headers and {vhdx.valid_region_tables} of 2 region tables are valid"


def _sectors(disk: DiskFacts) -> str | None:
    return f"sectors of {disk.sector_bytes} bytes" if disk.sector_bytes not in {None, SECTOR_BYTES} else None


def _capacity(disk: DiskFacts, least: int, below: int | None = None) -> str | None:
    capacity = disk.capacity_bytes
    if capacity is None or capacity < least or (below is not None and capacity >= below):
        return None
    return f"a capacity of {sized(capacity)}"


def _needs_manifest(disk: DiskFacts) -> str | None:
    return _capacity(disk, IMAGE_DISK_LIMIT_BYTES + 1, SNAPSHOT_DISK_LIMIT_BYTES)


def _capacity_unknown(disk: DiskFacts) -> str | None:
    return "no capacity" if disk.capacity_bytes is None and disk.container is not Container.OTHER else None


def _damaged(context: RuleContext) -> Iterator[Evidence]:
    """Every damage that no other rule tells of."""
    told = {"manifest", "OVF descriptor"} if descriptor_rule_fires(context) else {"manifest"}
    for damage in context.image.damage:
        if damage.where not in told:
            yield Evidence(context.image.name, f"{damage.where}: {damage.words}")
    for disk in context.disks:
        words = [
            f"{damage.where}: {damage.words}"
            for damage in disk.damage
            if damage.where != _END and not damage.where.startswith(LAYOUT_PLACES)
        ]
        only_text_mode = len(words) == 1 and _text_mode(disk) is not None
        if words and not only_text_mode and not any(check(disk) for check in _PRECISE):
            yield Evidence(disk.name, listed(words))


_PRECISE = (_cut_short, _vhd_footer, _vhd_checksum, _vhdx_headers)

CHECKS: Checks = {
    "damaged": _damaged,
    "container-unsupported": of_disks(_other),
    "format-differs": _format,
    "ova-for-snapshot": _ova,
    "iso-image": of_disks(_iso),
    "vmdk-not-stream-optimized": of_disks(_not_stream),
    "vmdk-compression": of_disks(_compression),
    "vmdk-cut-short": of_disks(_cut_short),
    "vmdk-no-end-of-stream": of_disks(_no_end),
    "vmdk-grains-not-checked": of_disks(_not_all_grains),
    "vmdk-text-mode": of_disks(_text_mode),
    "vmdk-descriptor-only": of_disks(_descriptor),
    "vmdk-split": of_disks(_split),
    "vmdk-delta": of_disks(_delta),
    "vmdk-raw-device": of_disks(_device),
    "vmdk-version-unknown": of_disks(_version),
    "vhd-footer-differs": of_disks(_vhd_footer),
    "vhd-checksum": of_disks(_vhd_checksum),
    "vhd-differencing": of_disks(_vhd_differencing),
    "vhdx-differencing": of_disks(lambda disk: "it has a parent" if disk.vhdx and disk.vhdx.has_parent else None),
    "vhdx-headers": of_disks(_vhdx_headers),
    "vhdx-log-pending": of_disks(
        lambda disk: "its log is not empty" if disk.vhdx and disk.vhdx.log_is_pending else None
    ),
    "vhdx-for-snapshot": of_disks(lambda disk: "it is a VHDX" if disk.container is Container.VHDX else None),
    "sector-size": of_disks(_sectors),
    "disk-too-large": of_disks(lambda disk: _capacity(disk, IMAGE_DISK_LIMIT_BYTES)),
    "disk-too-large-for-snapshot": of_disks(lambda disk: _capacity(disk, SNAPSHOT_DISK_LIMIT_BYTES)),
    "disk-needs-manifest": of_disks(_needs_manifest),
    "capacity-unknown": of_disks(_capacity_unknown),
}
