"""Facts and findings, as text and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from rich.console import Console
from rich.text import Text

from pulumi_vmimport.cli.inspect.guest_report import guest_line, verdict_lines
from pulumi_vmimport.cli.terminal import escaped, wrapped
from pulumi_vmimport.disk.guest.detected_guest import detected_guest
from pulumi_vmimport.disk.inspection.facts import (
    Container,
    DiskFacts,
    FileSystem,
    ImageFacts,
    Partition,
    PartitionScheme,
)
from pulumi_vmimport.disk.inspection.package_facts import OvfFacts
from pulumi_vmimport.disk.rules.boot_layout import data_partitions
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.text_format import approximate_size, quantity
from pulumi_vmimport.functions.inspection_result import InspectionResult
from pulumi_vmimport.functions.inspection_target import Reads
from pulumi_vmimport.image_profile import ImageProfile

SCHEMA = 1
"""The version of the JSON format; new fields do not change it"""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.UNKNOWN: "cyan"}
_PURPOSES = {
    ImageProfile.EC2: "ImportImage",
    ImageProfile.SNAPSHOT: "ImportSnapshot",
    ImageProfile.BYOL_WORKSPACES: "a WorkSpaces BYOL image",
}
_USUAL_WIDTH, _LEAST_WIDTH = 80, 20


@dataclass(frozen=True)
class InspectionReport:
    """The result of one inspection, and what it took."""

    name: str
    result: InspectionResult
    reads: Reads
    seconds: float


def as_json(report: InspectionReport) -> str:
    """The report as JSON."""
    result = report.result
    guest = result.guest
    return json.dumps(
        {
            "schema": SCHEMA,
            "target": report.name,
            "profile": result.profile,
            "verdict": result.verdict,
            "findings": [asdict(finding) for finding in result.findings],
            "detected_guest": asdict(guest.detected) if guest and guest.detected else None,
            "verdicts": [asdict(verdict) for verdict in guest.verdicts] if guest else [],
            "facts": result.facts_document,
            "reads": asdict(report.reads),
        },
        indent=2,
    )


def failure_as_json(name: str, words: str) -> str:
    """The failure to read an image, as JSON."""
    return json.dumps({"schema": SCHEMA, "target": name, "error": words}, indent=2)


def as_text(report: InspectionReport) -> str:
    """The facts, then the findings, for a terminal."""
    console = Console(highlight=False)
    console.width = max(console.width or _USUAL_WIDTH, _LEAST_WIDTH)  # some programs set COLUMNS=0
    with console.capture() as captured:
        _print(console, report)
    return captured.get()


def _print(console: Console, report: InspectionReport) -> None:
    facts, findings = report.result.facts, report.result.findings

    def paragraph(words: str, style: str = "", *, indent: int = 0) -> None:
        for line in wrapped(words, console.width, indent=indent):
            console.print(_text(line, style), soft_wrap=True)

    paragraph(f"{escaped(report.name)}: {_what(facts)}", "bold")
    for line in _facts(facts):
        paragraph(line, indent=2)
    for finding in findings:
        console.print()
        console.print(
            _text(f"{finding.severity}: ", _STYLES[finding.severity]) + _text(finding.rule, "bold"), soft_wrap=True
        )
        subject = report.name if finding.subject == facts.name else finding.subject
        paragraph(escaped(replace(finding, subject=subject).sentence), indent=2)
        paragraph(f"found: {finding.evidence}", indent=2)
        paragraph(f"cause: {finding.cause}", indent=2)
        paragraph(f"remedy: {finding.remedy}", indent=2)
        paragraph(f"source: {finding.source}", "dim", indent=2)
    if lines := list(verdict_lines(report.result.guest)) if report.result.guest else []:
        console.print()
        for line in lines:
            paragraph(line)
    console.print()
    style = "bold red" if findings and findings[0].severity is Severity.ERROR else "bold green"
    paragraph(f"{report.result.verdict} (checked for {_PURPOSES[report.result.profile]})", style)
    paragraph(
        f"{quantity(report.reads.requests, 'read')}, {approximate_size(report.reads.bytes)}, {report.seconds:.1f} s",
        "dim",
    )


def _what(facts: ImageFacts) -> str:
    if facts.container is Container.OTHER and facts.disks:
        return f"{facts.disks[0].other or 'unknown'}, {approximate_size(facts.size_bytes)}"
    if facts.container is Container.VIRTUAL_MACHINE:
        return f"VM in vSphere, {quantity(len(facts.disks), 'disk')}, {approximate_size(facts.size_bytes)}"
    return f"{facts.container.upper()}, {approximate_size(facts.size_bytes)}"


def _facts(facts: ImageFacts) -> Iterator[str]:
    machine = facts.ova.ovf if facts.ova else facts.machine
    if machine:
        yield from _machine(machine)
    for disk in facts.disks:
        yield f"disk {disk.name}: {_disk(disk)}" if facts.ova or machine else f"disk: {_disk(disk)}"
        layout = disk.layout
        if layout is None:
            continue
        if disk.guest and (guest := detected_guest(disk.guest)):
            yield f"  {guest_line(guest)}"
        if layout.scheme is PartitionScheme.NONE:
            yield f"  no partition table, holds {layout.whole_disk_file_system or FileSystem.UNKNOWN}"
        else:
            yield f"  {layout.scheme.upper()}, {quantity(len(data_partitions(layout)), 'partition')}"
        yield from (f"  {_partition(partition, root=layout.root)}" for partition in layout.partitions)


def _machine(ovf: OvfFacts) -> Iterator[str]:
    parts = [
        ovf.operating_system or ovf.guest_id or "OS not specified",
        {"bios": "BIOS", "efi": "UEFI"}.get(ovf.firmware or "", "firmware not specified"),
        quantity(ovf.cpus, "CPU") if ovf.cpus else "",
        f"{ovf.memory_mib} MiB memory" if ovf.memory_mib else "",
        quantity(len(ovf.adapters), "adapter"),
        f"CD image {', '.join(ovf.cd_images)}" if ovf.cd_images else "",
    ]
    yield f"VM {ovf.name or '(unnamed)'}: {', '.join(filter(None, parts))}"


def _disk(disk: DiskFacts) -> str:
    kind = disk.container.upper()
    if disk.container is Container.OTHER:
        return disk.other or "unknown"
    if disk.container is Container.DATASTORE:
        return approximate_size(disk.capacity_bytes or 0) + (", not read" if disk.not_read else "")
    if disk.vmdk:
        kind = f"VMDK {disk.vmdk.create_type or ''}".strip()
    elif disk.vhd:
        kind = f"VHD {disk.vhd.kind}"
    elif disk.vhdx and disk.vhdx.is_fixed is not None:
        kind = f"VHDX {'fixed' if disk.vhdx.is_fixed else 'dynamic'}"
    capacity = approximate_size(disk.capacity_bytes) if disk.capacity_bytes is not None else "capacity unknown"
    return f"{kind}, {capacity}, {approximate_size(disk.size_bytes)} in the file"


def _partition(partition: Partition, *, root: int | None) -> str:
    marks = [
        "active" if partition.is_active else "",
        "EFI system" if partition.is_efi_system else "",
        "probably root" if partition.number == root else "",
    ]
    label = f' "{partition.label}"' if partition.label else ""
    kind = "extended" if partition.is_container else f"{partition.file_system}{label}"
    words = ", ".join([kind, *filter(None, marks)])
    size, start = approximate_size(partition.size_bytes), approximate_size(partition.start_bytes)
    return f"{partition.number}: {size} at {start}, {words}"


def _text(words: str, style: str = "") -> Text:
    """Text with control characters escaped, because parts of it come from the file."""
    return Text(escaped(words), style=style)
