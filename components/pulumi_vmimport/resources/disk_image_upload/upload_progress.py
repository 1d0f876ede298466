"""Progress of an upload, shown beside the resource."""

from collections.abc import Callable

from pulumi_vmimport.lifecycle.contract import Progress, Run
from pulumi_vmimport.transfer.content_upload import UploadProgress

_MIB = 1 << 20


def progress_report(run: Run, phase: str) -> Callable[[UploadProgress], None]:
    """A callback that shows the progress as the run's status. It raises `RunInterruptedError` when the run must end."""

    def report(progress: UploadProgress) -> None:
        run.status(
            Progress(
                phase,
                percent=100 * progress.done_bytes // max(progress.size_bytes, 1),
                details=f"{progress.done_bytes // _MIB} of {progress.size_bytes // _MIB} MiB",
                bytes_per_second=progress.bytes_per_second if progress.sent_bytes else None,
                seconds_left=progress.seconds_left,
            )
        )
        run.wait(0)

    return report
