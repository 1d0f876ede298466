"""What a look into the disk images shows before AWS is asked to import them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer
from pulumi_vmimport.aws.service_errors import credentials_expired, error_message
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Container
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.rules.disk_container_rules import s3_location
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.transfer_errors import TransferError
from pulumi_vmimport.transfer.url_image import UrlImage

_HTTPS = "https://"
_SEVERAL_DISKS = "byol-several-disks"


@dataclass(frozen=True)
class Purpose:
    """What images are looked at for, and what of it is not to count."""

    profile: ImageProfile
    ignored: Collection[str] = ()
    """Ids of rules"""


def ignored_problems(ignored: Sequence[str] | None) -> Iterator[Problem]:
    """Ids that no rule has: what is misspelled would not be ignored."""
    if not is_known(ignored):
        return
    for number, id in enumerate(ignored or ()):
        if is_known(id) and id not in rule_catalog().rules:
            yield Problem(f"ignoredFindings[{number}]", f"there is no rule {id!r}; docs/inspect.md has all of them")


def container_findings(
    run: Run,
    path: str,
    container: ImageDiskContainer | SnapshotDiskContainer,
    purpose: Purpose,
    *,
    is_root: bool = True,
) -> Iterator[Problem]:
    """The errors in the image of a container as problems; the rest is left as warnings beside the resource.

    What cannot be read is a warning too: EC2 reads it with a role of its own.
    """
    source = _source_of(run, container)
    if source is None:
        return
    input, opened = source
    stated = Container(container.format.value.lower()) if is_known(container.format) and container.format else None
    with ExitStack() as stack:
        try:
            facts = inspect_image(stack.enter_context(opened()))
        except (ClientError, BotoCoreError, TransferError) as error:
            if credentials_expired(error):
                raise
            words = str(error) if isinstance(error, TransferError) else error_message(error)
            run.warn(f"{path}.{input} could not be inspected, so what AWS may refuse of it is not known: {words}")
            return
    findings = evaluate(facts, purpose.profile, has_root=is_root, stated=stated)
    yield from told(run, f"{path}.{input}", findings, purpose)


def disks_findings(path: str, count: int, purpose: Purpose) -> Iterator[Problem]:
    """What is wrong with the number of the containers."""
    if purpose.profile is ImageProfile.BYOL_WORKSPACES and count > 1 and _SEVERAL_DISKS not in purpose.ignored:
        rule = rule_catalog().rules[_SEVERAL_DISKS]
        yield Problem(path, f"{rule.id}: {count} containers; {rule.cause}; {rule.remedy}")


def local_findings(
    run: Run, path: str, source: Source, purpose: Purpose, open_sibling: Callable[[str], Source | None] | None = None
) -> Iterator[Problem]:
    """The same of an image that is open already, such as a local file; `beside` as `inspect_image` has it."""
    yield from told(run, path, evaluate(inspect_image(source, open_sibling=open_sibling), purpose.profile), purpose)


def told(run: Run, path: str, findings: Sequence[ImageFinding], purpose: Purpose) -> Iterator[Problem]:
    """Problems of the errors; warnings for what else is no matter of `--deep` alone."""
    for finding in findings:
        if finding.rule in purpose.ignored:
            continue
        rule = rule_catalog().rules[finding.rule]
        words = f"{finding.rule}: {finding.subject}: {finding.evidence}; {finding.cause}; {finding.remedy}"
        if finding.severity is Severity.ERROR:
            refuted = f"where you know better, ignored_findings=[{finding.rule!r}]"
            yield Problem(path, f"{words} (see {finding.source}); {refuted}")
        elif not rule.deep:
            run.warn(f"{path}: {words} (see {finding.source})")


def _source_of(
    run: Run, container: ImageDiskContainer | SnapshotDiskContainer
) -> tuple[str, Callable[[], S3Image | UrlImage]] | None:
    """(input, how it is opened) of a container whose image can be read from here."""
    if (location := s3_location(container)) is not None:
        input, bucket, key = location
        return input, lambda: S3Image.open(run.aws.client("s3"), bucket, key)
    url = container.url if is_known(container) else None
    if is_known(url) and url is not None and url.startswith(_HTTPS):
        return "url", lambda: UrlImage(url)
    return None
