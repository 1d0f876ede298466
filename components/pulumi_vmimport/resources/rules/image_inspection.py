"""Inspection of disk images before the import: findings become problems and warnings.

docs/inspect.md has all rules with their sources.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.inspection.inspect_disk import ReadGuest
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.other_formats import EMPTY
from pulumi_vmimport.disk.rules.evaluation import evaluate, finding_of
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.rule_context import Evidence
from pulumi_vmimport.disk.rules.text_format import quantity
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.rules.guest_detection import guest_of, remember_guest
from pulumi_vmimport.resources.rules.image_sources import image_source, snapshot_of
from pulumi_vmimport.resources.rules.reading_limits import within_limits
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.transfer_errors import EmptySourceError, TransferError

_SEVERAL_DISKS, _NO_IMAGE, _UNKNOWN = "byol-several-disks", "not-a-disk-image", "guest-checks-unknown"


@dataclass(frozen=True)
class Purpose:
    """The profile that images are checked against, and the rules to ignore."""

    profile: ImageProfile
    ignored: Collection[str] = ()
    """Ids of rules"""

    @property
    def read_guest(self) -> ReadGuest | None:
        """Reads the operating system; None for a snapshot, which need not hold one."""
        return None if self.profile is ImageProfile.SNAPSHOT else inspect_guest

    @property
    def is_limited(self) -> bool:
        """Whether to limit what is read of a remote operating system. The gate for WorkSpaces reads all of it."""
        return self.profile is not ImageProfile.BYOL_WORKSPACES


def inspect_container(
    run: Run,
    path: str,
    container: ImageDiskContainer | SnapshotDiskContainer,
    purpose: Purpose,
    *,
    is_root: bool = True,
    compare: Callable[[DetectedGuest], Iterator[Problem]] | None = None,
) -> Iterator[Problem]:
    """The errors found in the image of a container. Other findings are warnings.

    `compare` compares the operating system on a root disk with the inputs. An image that cannot be read is also a
    warning, because EC2 reads it with the service role.
    """
    source = image_source(run, container)
    if source is None:
        if is_root and (snapshot := snapshot_of(container)):
            run.warn(f"{path}.snapshotId not inspected: {snapshot} is an EBS snapshot, which is not read")
        return
    stated = Container(container.format.value.lower()) if is_known(container.format) and container.format else None
    path = f"{path}.{source.input}"
    read_guest = purpose.read_guest if is_root else None
    try:
        with source.open() as image:
            if read_guest is not None and purpose.is_limited:
                read_guest = within_limits(read_guest, image)
            facts = inspect_image(image, read_guest=read_guest)
            if read_guest is not None:
                remember_guest(source.name, image, facts)
    except EmptySourceError as error:
        rule = rule_catalog().rules[_NO_IMAGE]
        evidence = Evidence(error.name, f"the file is {EMPTY.found}", EMPTY.remedy)
        yield from _problems(run.warn, path, [finding_of(rule, purpose.profile, evidence)], purpose)
        return
    except (ClientError, BotoCoreError, TransferError) as error:
        if is_identity_error(error):
            raise
        words = str(error) if isinstance(error, TransferError) else describe_aws_error(error)
        run.warn(f"{path} not inspected: {words}")
        return
    findings = evaluate(facts, purpose.profile, has_root=is_root, stated=stated)
    yield from _problems(run.warn, path, findings, purpose)
    if compare is not None and (guest := guest_of(facts)) is not None:
        yield from compare(guest)


def inspect_source(
    run: Run, path: str, source: Source, purpose: Purpose, open_sibling: Callable[[str], Source | None] | None = None
) -> Iterator[Problem]:
    """The errors found in an open image, such as a local file. `beside` is that of `inspect_image`."""
    facts = inspect_image(source, open_sibling=open_sibling, read_guest=purpose.read_guest)
    yield from _problems(run.warn, path, evaluate(facts, purpose.profile), purpose)


def facts_problems(show: Callable[[str], None], path: str, facts: ImageFacts, purpose: Purpose) -> Iterator[Problem]:
    """The errors in these facts; `show` receives the other findings."""
    yield from _problems(show, path, evaluate(facts, purpose.profile), purpose)


def disk_count_problems(run: Run, path: str, count: int, purpose: Purpose) -> Iterator[Problem]:
    """Whether the profile supports this number of containers."""
    if purpose.profile is ImageProfile.BYOL_WORKSPACES and count > 1:
        rule = rule_catalog().rules[_SEVERAL_DISKS]
        found = finding_of(rule, purpose.profile, Evidence("the import", f"{count} containers"))
        yield from _problems(run.warn, path, [found], purpose)


def _problems(
    show: Callable[[str], None], path: str, findings: Iterable[ImageFinding], purpose: Purpose
) -> Iterator[Problem]:
    """Problems for the errors; `show` receives the other findings, except those that only `--deep` can decide."""
    of_guest: list[ImageFinding] = []
    for finding in findings:
        if finding.rule in purpose.ignored:
            continue
        rule = rule_catalog().rules[finding.rule]
        if finding.severity is not Severity.ERROR and (rule.system or finding.rule == _UNKNOWN):
            of_guest.append(finding)
            continue
        step = f"; preparation step {finding.step}" if finding.step else ""
        words = f"{finding.sentence}; {finding.rule}: {finding.evidence}{step}; for details run `vmimport inspect`"
        if finding.severity is Severity.ERROR:
            yield Problem(path, f"{words}; to ignore this finding, set ignored_findings=[{shown_value(finding.rule)}]")
        elif not rule.deep:
            show(f"{path}: {words}")
    if of_guest:
        show(f"{path}: {_summary(of_guest)}; for details run `vmimport inspect`")


def _summary(findings: Sequence[ImageFinding]) -> str:
    """One line for everything below an error that is about the operating system, which may be dozens of findings."""
    warnings = [finding.rule for finding in findings if finding.rule != _UNKNOWN]
    reasons = [finding.evidence for finding in findings if finding.rule == _UNKNOWN]
    parts = [f"{quantity(len(warnings), 'warning')} ({', '.join(warnings)})"] if warnings else []
    if reasons:
        more = f", and {quantity(len(reasons) - 1, 'other reason')}" if reasons[1:] else ""
        parts.append(f"some checks were inconclusive ({_UNKNOWN}: {reasons[0]}{more})")
    return f"{findings[0].subject}: the operating system: {'; '.join(parts)}"
