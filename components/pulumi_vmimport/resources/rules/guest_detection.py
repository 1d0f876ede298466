"""The operating system on the root disk of an import, as its output, and what this process knows of it already.

Preview, or the check before a create, reads the disk. The create of the same process uses what the check found.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from pulumi_vmimport.aws.credential_errors import is_identity_error
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.s3 import presigned_urls
from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest, detected_guest
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.facts import ImageFacts
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.lifecycle.contract import Run, is_known
from pulumi_vmimport.lifecycle.schema import camel_case
from pulumi_vmimport.lifecycle.source_versions import is_other_version
from pulumi_vmimport.resources.rules.image_sources import ImageSource, image_source, snapshot_of
from pulumi_vmimport.resources.rules.reading_limits import within_limits
from pulumi_vmimport.resources.rules.source_version import containers_version, version_of
from pulumi_vmimport.transfer.remote_image import RemoteImage
from pulumi_vmimport.transfer.transfer_errors import EmptySourceError, TransferError, UnreadableSourceError

GuestOutput = Mapping[str, str]
"""What was detected; or only `unknown`, why nothing was"""

UNKNOWN_GUEST = "unknown"
_MOST_KNOWN = 1024


class KnownGuests:
    """The guests of the images that this process read last. Thread-safe."""

    def __init__(self, most: int = _MOST_KNOWN) -> None:
        self._most, self._lock = most, threading.Lock()
        self._guests: OrderedDict[tuple[str, str], GuestOutput] = OrderedDict()

    def add(self, name: str, version: str | None, guest: GuestOutput) -> None:
        """Keep the guest of this version of an image. Without a version it is not kept."""
        if version is None:
            return
        with self._lock:
            self._guests[name, version] = guest
            if len(self._guests) > self._most:
                self._guests.popitem(last=False)

    def find(self, name: str, version: str | None) -> GuestOutput | None:
        """The guest of this version of an image; None if this process has not read it."""
        with self._lock:
            return self._guests.get((name, version)) if version is not None else None


_known = KnownGuests()


def guest_of(facts: ImageFacts) -> DetectedGuest | None:
    """The operating system on the first disk of an image; None if none was recognized."""
    guest = facts.disks[0].guest if facts.disks else None
    return detected_guest(guest) if guest else None


def remember_guest(name: str, image: RemoteImage, facts: ImageFacts) -> None:
    """Keep what was read of the operating system on an image for the output of the import."""
    _known.add(name, version_of(image), _output(facts))


def detect_guest(
    run: Run, containers: Sequence[ImageDiskContainer] | None, source_hash: str | None
) -> GuestOutput | None:
    """The operating system on the root disk; None if it is not known, which a later call may change.

    A derived `source_hash` is the version of the images that were imported: another version is not read. An error is a
    warning. Raises: an error of the identity.
    """
    if not is_known(containers) or not containers:
        return None
    root = containers[0]
    if (snapshot := snapshot_of(root)) is not None:
        return {UNKNOWN_GUEST: f"{snapshot} is an EBS snapshot, which is not read"}
    source = image_source(run, root)
    try:
        return _found(run, source, containers, source_hash) if source is not None else None
    except (ClientError, BotoCoreError, TransferError) as error:
        if is_identity_error(error):
            raise
        words = str(error) if isinstance(error, TransferError) else describe_aws_error(error)
        if _is_lasting(error, root):
            return {UNKNOWN_GUEST: words}
        run.warn(f"detected_guest not read: {words}; the next `pulumi up --refresh` reads it")
        return None


def _found(
    run: Run, source: ImageSource, containers: Sequence[ImageDiskContainer], source_hash: str | None
) -> GuestOutput:
    version = containers_version(run, containers[:1])
    whole = version if len(containers) == 1 else containers_version(run, containers)
    if is_other_version(source_hash, whole):
        return {UNKNOWN_GUEST: f"{source.name} changed after the import"}
    return _known.find(source.name, version) or _read(source)


def _read(source: ImageSource) -> GuestOutput:
    with source.open() as image:
        facts = inspect_image(image, read_guest=within_limits(inspect_guest, image))
        remember_guest(source.name, image, facts)
    return _output(facts)


def _output(facts: ImageFacts) -> GuestOutput:
    if guest := guest_of(facts):
        return {camel_case(name): value for name, value in vars(guest).items() if value}
    reason = facts.disks[0].guest.unknown if facts.disks and facts.disks[0].guest else None
    return {UNKNOWN_GUEST: reason or "the content of the disk could not be read"}


def _is_lasting(error: Exception, container: ImageDiskContainer) -> bool:
    """Whether the image is gone, so that no later call can read it."""
    if isinstance(error, EmptySourceError) or (isinstance(error, UnreadableSourceError) and error.is_missing):
        return True
    until = presigned_urls.expires_at(container.url) if container.url else None
    return until is not None and until < datetime.now(UTC)
