"""A run as the template of the report shows it: texts, and positions in percent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pulumi_vmimport.cli.report import quantities, resource_facts
from pulumi_vmimport.cli.report.event_log import shown_text
from pulumi_vmimport.cli.report.resource_facts import Fact
from pulumi_vmimport.cli.report.run_record import Message, Outcome, Phase, ResourceRecord, RunRecord
from pulumi_vmimport.cli.report.time_axis import Span, Tick, TimeAxis
from pulumi_vmimport.lifecycle.progress import duration

# Operations that change nothing in AWS or vSphere.
_IDLE = frozenset({"same", "read", "refresh", "import"})
# A curve of fewer values says no more than the table of phases.
_FEWEST_SAMPLES = 4


@dataclass(frozen=True)
class Bar:
    """A phase on the time line."""

    span: Span
    activity: str
    """The class of its color"""
    label: str
    title: str


@dataclass(frozen=True)
class Row:
    """An operation on the time line."""

    anchor: str
    """The id of its section; empty if it has none"""
    name: str
    type: str
    operation: str
    outcome: str
    started: str
    duration: str
    bars: Sequence[Bar]
    summary: str
    """The bars in words"""


@dataclass(frozen=True)
class PhaseRow:
    """A phase in the table of a resource."""

    label: str
    activity: str
    started: str
    duration: str
    percent: str
    remarks: Sequence[str]


@dataclass(frozen=True)
class Curve:
    """Values over time."""

    title: str
    points: str
    """Of an SVG polyline in a square of 100 by 100"""


@dataclass(frozen=True)
class Section:
    """A resource of the library, in detail."""

    anchor: str
    name: str
    type: str
    outcome: str
    operation: str
    id: str
    started: str
    duration: str
    phases: Sequence[PhaseRow]
    curves: Sequence[Curve]
    facts: Sequence[Fact]
    provenance: Sequence[Fact]
    findings: Mapping[str, Sequence[str]]
    messages: Sequence[Message]


@dataclass(frozen=True)
class ReportView:
    """The whole report."""

    stack: str
    command: str
    result: str
    started: str
    tiles: Sequence[Fact]
    ticks: Sequence[Tick]
    rows: Sequence[Row]
    unchanged: int
    sections: Sequence[Section]
    messages: Sequence[tuple[str, Message]]
    """The warnings and errors of the stack and of other resources, each with the name of its resource"""


def report_view(run: RunRecord) -> ReportView:
    """What the template shows of a run."""
    axis = TimeAxis(run.started, run.seconds)
    changed = [record for record in run.resources if record.is_custom and record.operation not in _IDLE]
    detailed = [record for record in run.resources if record.is_of_library]
    anchors = {id(record): f"resource-{number}" for number, record in enumerate(detailed, 1)}
    return ReportView(
        stack=shown_text(run.stack) or "unknown stack",
        command="Preview" if run.is_preview else "Run",
        result=run.result,
        started=quantities.time(run.started),
        tiles=list(_tiles(run, changed)),
        ticks=list(axis.ticks()),
        rows=[_row(record, axis, anchors.get(id(record), "")) for record in changed],
        unchanged=sum(record.operation in _IDLE and record.is_custom for record in run.resources),
        sections=[_section(record, run, axis, anchors[id(record)]) for record in detailed],
        messages=list(_other_messages(run, {record.urn for record in detailed})),
    )


def _tiles(run: RunRecord, changed: Sequence[ResourceRecord]) -> Iterator[Fact]:
    yield Fact("Duration", duration(run.seconds))
    counts = [f"{count} {shown_text(operation)}" for operation, count in run.changes.items() if operation != "same"]
    yield Fact("Changes", ", ".join(counts) or "none")
    sizes = [resource_facts.bytes_of(record.outputs) or 0 for record in changed if record.outcome is Outcome.DONE]
    if sum(sizes):
        yield Fact("Written to S3", quantities.size(sum(sizes)))
    for severity in ("error", "warning"):
        count = sum(message.severity == severity for messages in run.messages.values() for message in messages)
        if count:
            yield Fact(f"{severity.capitalize()}s", str(count))


def _row(record: ResourceRecord, axis: TimeAxis, anchor: str) -> Row:
    phases = [_bar(phase, axis) for phase in record.phases]
    whole = Bar(axis.span(record.started, record.ended), "plain", "", f"{record.operation}: {duration(record.seconds)}")
    return Row(
        anchor=anchor,
        name=shown_text(record.name),
        type=shown_text(record.short_type),
        operation=shown_text(record.operation),
        outcome=record.outcome.value,
        started=_offset(record.started, axis),
        duration=duration(record.seconds),
        bars=phases or [whole],
        summary="; ".join(bar.title for bar in phases or [whole]),
    )


def _bar(phase: Phase, axis: TimeAxis) -> Bar:
    label = shown_text(phase.label)
    title = f"{label}: {duration(phase.ended - phase.started)}, from {_offset(phase.started, axis)}"
    return Bar(axis.span(phase.started, phase.ended), phase.activity.value, label, title)


def _section(record: ResourceRecord, run: RunRecord, axis: TimeAxis, anchor: str) -> Section:
    return Section(
        anchor=anchor,
        name=shown_text(record.name),
        type=shown_text(record.short_type),
        outcome=record.outcome.value,
        operation=shown_text(record.operation),
        id=shown_text(record.id),
        started=_offset(record.started, axis),
        duration=duration(record.seconds),
        phases=[_phase_row(phase, axis) for phase in record.phases],
        curves=list(_curves(record)),
        facts=[*(fact for fact in resource_facts.facts(record.outputs) if fact.value != record.id), *_rates(record)],
        provenance=resource_facts.provenance(record.outputs),
        findings=resource_facts.findings(record.outputs),
        messages=run.messages.get(record.urn, ()),
    )


def _phase_row(phase: Phase, axis: TimeAxis) -> PhaseRow:
    return PhaseRow(
        label=shown_text(phase.label),
        activity=phase.activity.value,
        started=_offset(phase.started, axis),
        duration=duration(phase.ended - phase.started),
        percent=f"{phase.percent}%" if phase.percent is not None else "",
        remarks=phase.remarks,
    )


def _rates(record: ResourceRecord) -> Iterator[Fact]:
    rates = [sample.bytes_per_second for sample in record.samples if sample.bytes_per_second is not None]
    written = resource_facts.bytes_of(record.outputs)
    if rates and written and record.seconds:
        yield Fact("average rate", quantities.rate(written / record.seconds))
    if rates:
        yield Fact("highest reported rate", quantities.rate(max(rates)))


def _curves(record: ResourceRecord) -> Iterator[Curve]:
    percents = [(sample.at, float(sample.percent)) for sample in record.samples if sample.percent is not None]
    if len(percents) >= _FEWEST_SAMPLES:
        yield Curve("Progress, 0 to 100%", _points(percents, 100, record))
    rates = [(s.at, s.bytes_per_second) for s in record.samples if s.bytes_per_second is not None]
    highest = max((value for _, value in rates), default=0)
    if len(rates) >= _FEWEST_SAMPLES and highest:
        yield Curve(f"Rate, 0 to {quantities.rate(highest)}", _points(rates, highest, record))


def _points(values: Sequence[tuple[int, float]], highest: float, record: ResourceRecord) -> str:
    """The curve; several values of one second are one point, the last of them."""
    axis = TimeAxis(record.started, record.seconds)
    by_second = dict(values)
    return " ".join(
        f"{axis.span(at, at).left:g},{100 - 100 * min(value, highest) / highest:g}" for at, value in by_second.items()
    )


def _other_messages(run: RunRecord, detailed: set[str]) -> Iterator[tuple[str, Message]]:
    for urn, messages in run.messages.items():
        if urn not in detailed:
            for message in messages:
                if message.severity in {"error", "warning"}:
                    yield shown_text(urn.split("::", 3)[-1]), message


def _offset(at: int, axis: TimeAxis) -> str:
    return f"+{duration(at - axis.started)}"
