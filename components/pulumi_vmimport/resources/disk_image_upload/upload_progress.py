"""Progress of an upload, shown beside the resource."""

from collections.abc import Callable

from pulumi_vmimport.lifecycle.contract import Run
from pulumi_vmimport.transfer.content_upload import UploadProgress

_MIB = 1 << 20
_MINUTE = 60


def progress_report(run: Run, action: str) -> Callable[[UploadProgress], None]:
    """A callback that shows the progress as the run's status. It raises `RunInterruptedError` when the run must end."""

    def report(progress: UploadProgress) -> None:
        percent = 100 * progress.done_bytes // max(progress.size_bytes, 1)
        text = f"{percent}% {action}, {progress.done_bytes // _MIB} of {progress.size_bytes // _MIB} MiB"
        remaining = progress.seconds_left
        if remaining is not None:
            text += f" at {progress.bytes_per_second / _MIB:.1f} MiB/s, {_duration(remaining)} left"
        run.status(text)
        run.wait(0)

    return report


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
