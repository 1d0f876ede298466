"""Inspection of disk images before the import: findings become problems and warnings.

docs/inspect.md has all rules with their sources.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, SnapshotDiskContainer
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.disk.disk_content import Source
from pulumi_vmimport.disk.inspection.facts import Container, ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.other_formats import EMPTY
from pulumi_vmimport.disk.rules.evaluation import evaluate, finding_of
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.disk.rules.rule_context import Evidence
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.contract import Problem, Run, is_known
from pulumi_vmimport.resources.data_requests import RunRequests
from pulumi_vmimport.resources.rules.disk_container_rules import s3_location
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.transfer.s3_image import S3Image
from pulumi_vmimport.transfer.transfer_errors import EmptySourceError, TransferError
from pulumi_vmimport.transfer.url_image import UrlImage

_HTTPS = "https://"
_SEVERAL_DISKS, _NO_IMAGE = "byol-several-disks", "not-a-disk-image"


@dataclass(frozen=True)
class Purpose:
    """The profile that images are checked against, and the rules to ignore."""

    profile: ImageProfile
    ignored: Collection[str] = ()
    """Ids of rules"""


def inspect_container(
    run: Run,
    path: str,
    container: ImageDiskContainer | SnapshotDiskContainer,
    purpose: Purpose,
    *,
    is_root: bool = True,
) -> Iterator[Problem]:
    """The errors found in the image of a container. Other findings are warnings.

    An image that cannot be read is also a warning, because EC2 reads it with the service role.
    """
    source = _source_of(run, container)
    if source is None:
        return
    input, open_source = source
    stated = Container(container.format.value.lower()) if is_known(container.format) and container.format else None
    with ExitStack() as stack:
        try:
            facts = inspect_image(stack.enter_context(open_source()))
        except EmptySourceError as error:
            rule = rule_catalog().rules[_NO_IMAGE]
            evidence = Evidence(error.name, f"the file is {EMPTY.found}", EMPTY.remedy)
            yield from _problems(run.warn, f"{path}.{input}", [finding_of(rule, purpose.profile, evidence)], purpose)
            return
        except (ClientError, BotoCoreError, TransferError) as error:
            if is_identity_error(error):
                raise
            words = str(error) if isinstance(error, TransferError) else describe_aws_error(error)
            run.warn(f"{path}.{input} not inspected: {words}")
            return
    findings = evaluate(facts, purpose.profile, has_root=is_root, stated=stated)
    yield from _problems(run.warn, f"{path}.{input}", findings, purpose)


def inspect_source(
    run: Run, path: str, source: Source, purpose: Purpose, open_sibling: Callable[[str], Source | None] | None = None
) -> Iterator[Problem]:
    """The errors found in an open image, such as a local file. `beside` is that of `inspect_image`."""
    yield from _problems(
        run.warn, path, evaluate(inspect_image(source, open_sibling=open_sibling), purpose.profile), purpose
    )


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
    for finding in findings:
        if finding.rule in purpose.ignored:
            continue
        rule = rule_catalog().rules[finding.rule]
        words = f"{finding.sentence}; {finding.rule}: {finding.evidence}; for details run `vmimport inspect`"
        if finding.severity is Severity.ERROR:
            yield Problem(path, f"{words}; to ignore this finding, set ignored_findings=[{shown_value(finding.rule)}]")
        elif not rule.deep:
            show(f"{path}: {words}")


def _source_of(
    run: Run, container: ImageDiskContainer | SnapshotDiskContainer
) -> tuple[str, Callable[[], S3Image | UrlImage]] | None:
    """(input, function that opens it) of a container whose image this machine can read."""
    if (location := s3_location(container)) is not None:
        input, bucket, key = location
        return input, lambda: S3Image.open(RunRequests(run), bucket, key)
    url = container.url if is_known(container) else None
    if is_known(url) and url is not None and url.startswith(_HTTPS):
        return "url", lambda: UrlImage(url)
    return None
