"""Which multipart upload DiskImageUpload goes on with, and how it is shown.

S3 shows neither metadata nor tags of an upload that is not complete, so nothing recorded in it tells whose it is, and
what a process that was killed knew is gone. But the key is the resource's own, and S3 lists size and CRC-32 of every
part: an upload to the key that was begun with the same kind of checksum and storage class, and has parts, is gone on
with. A part that is not byte for byte that of the file is sent again, so whoever began it, the content becomes right;
and the finished object must bear the resource's own mark, or it is uploaded anew.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.transfer.content_upload import Progress
from pulumi_vmimport.transfer.multipart_upload import MultipartUpload, Part

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_MIB = 1 << 20
_MINUTE = 60


def resumable(
    client: "S3Client", bucket: str, key: str, storage_class: str | None
) -> tuple[MultipartUpload, Mapping[int, Part]] | None:
    """The upload to go on with and its parts; all others to the key are aborted."""
    running = [(upload, _parts_of(upload, storage_class)) for upload in MultipartUpload.running(client, bucket, key)]
    best = max((found for found in running if found[1]), key=lambda found: len(found[1]), default=None)
    for found in running:
        if found is not best:
            found[0].abort()
    return best


def shown(run: Run, what: str) -> Callable[[Progress], None]:
    """Shows how far it is, and ends it where the run ends."""

    def report(progress: Progress) -> None:
        percent = 100 * progress.done_bytes // max(progress.size_bytes, 1)
        text = f"{percent}% {what}, {progress.done_bytes // _MIB} of {progress.size_bytes // _MIB} MiB"
        left = progress.seconds_left
        if left is not None:
            text += f" at {progress.bytes_per_second / _MIB:.1f} MiB/s, {_duration(left)} left"
        run.status(text)
        run.wait(0)

    return report


def _parts_of(upload: MultipartUpload, storage_class: str | None) -> Mapping[int, Part]:
    """The parts that may be made use of."""
    return upload.parts() if upload.resumable and upload.storage_class == (storage_class or "STANDARD") else {}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
