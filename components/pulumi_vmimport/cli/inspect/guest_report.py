"""What an inspection found out about the operating system on a disk, as text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.guest_verdicts import GuestVerdict, Verdict
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.text_format import quantity
from pulumi_vmimport.functions.inspection_result import InspectedGuest

_FIRMWARE = {"bios": "starts with BIOS", "efi": "starts with UEFI"}
_ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)
_SEVERITIES = list(Severity)


def verdict_lines(guest: InspectedGuest) -> Iterator[str]:
    """The verdicts, most severe first; then what no disk shows."""
    if not guest.verdicts:
        return
    undecidable = {entry.id for entry in rule_catalog().undecidable}
    rules = [verdict for verdict in guest.verdicts if verdict.rule not in undecidable]
    failed, unknown, passed = ([v for v in rules if v.verdict is kind] for kind in _ORDER)
    yield f"rules for the operating system: {len(failed)} fail, {len(unknown)} unknown, {len(passed)} pass"
    for verdict in sorted(failed, key=lambda verdict: _SEVERITIES.index(verdict.severity or Severity.UNKNOWN)):
        yield f"  fail: {verdict.rule}{_codes(verdict)}, {verdict.severity}"
    by_reason = defaultdict[str, list[str]](list)
    for verdict in unknown:
        by_reason[verdict.evidence].append(verdict.rule)
    yield from (f"  unknown: {', '.join(names)}: {reason}" for reason, names in by_reason.items())
    if passed:
        yield f"  pass: {quantity(len(passed), 'rule')}; --json has them with their evidence"
    others = [verdict for verdict in guest.verdicts if verdict.rule in undecidable]
    if inconclusive := [verdict for verdict in (*others, *passed) if verdict.how]:
        yield "what the disk does not show, and how to find out:"
        yield from (f"  {verdict.rule}{_codes(verdict)}: {verdict.how}" for verdict in inconclusive)


def guest_line(guest: DetectedGuest) -> str:
    """The guest in one line."""
    parts: Sequence[str | None] = (
        guest.release or guest.distribution or guest.system,
        guest.edition,
        f"build {guest.build}" if guest.build else None,
        f"kernel {guest.kernel}" if guest.kernel else None,
        guest.language,
        guest.architecture,
        _FIRMWARE.get(guest.firmware or "", guest.firmware),
        guest.sysprep_state,
    )
    return ", ".join(filter(None, parts))


def _codes(verdict: GuestVerdict) -> str:
    return f" ({', '.join(verdict.codes)})" if verdict.codes else ""
