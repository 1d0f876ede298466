"""What an inspection found out about the operating system on a disk: the guest, and the verdict of every rule."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest, detected_guest
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.rules.findings import Severity
from pulumi_vmimport.disk.rules.guest_verdicts import GuestVerdict, Verdict, guest_verdicts
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.text_format import quantity
from pulumi_vmimport.image_profile import ImageProfile

_FIRMWARE = {"bios": "starts with BIOS", "efi": "starts with UEFI"}
_ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)
_SEVERITIES = list(Severity)


@dataclass(frozen=True)
class GuestReport:
    """The operating system of one image."""

    detected: DetectedGuest | None
    """None if none was recognized"""
    verdicts: tuple[GuestVerdict, ...]

    def lines(self) -> Iterator[str]:
        """The verdicts, most severe first; then what no disk shows."""
        if not self.verdicts:
            return
        undecidable = {entry.id for entry in rule_catalog().undecidable}
        rules = [verdict for verdict in self.verdicts if verdict.rule not in undecidable]
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
        others = [verdict for verdict in self.verdicts if verdict.rule in undecidable]
        if inconclusive := [verdict for verdict in (*others, *passed) if verdict.how]:
            yield "what the disk does not show, and how to find out:"
            yield from (f"  {verdict.rule}{_codes(verdict)}: {verdict.how}" for verdict in inconclusive)


def guest_report(facts: ImageFacts, profile: ImageProfile) -> GuestReport | None:
    """The report on the first disk, from which the machine boots; None if its guest was not looked for."""
    guest = facts.disks[0].guest if facts.disks else None
    return GuestReport(detected_guest(guest), guest_verdicts(guest, profile)) if guest else None


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
