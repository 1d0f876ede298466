from typing import Any

import pytest

from pulumi_vmimport.lifecycle.contract import RunInterruptedError
from pulumi_vmimport.resources.disk_image_upload.upload_progress import progress_report
from pulumi_vmimport.transfer.content_upload import UploadProgress

MIB = 1 << 20


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (UploadProgress(100 * MIB, 0, 0, 0), "0% uploading, 0 s elapsed, 0 of 100 MiB"),
        (UploadProgress(100 * MIB, 60 * MIB, 20 * MIB, 4), "60% uploading, 8 s left, 5.0 MiB/s, 0 s elapsed, 60 of 100 MiB"),
        (UploadProgress(700 * MIB, 60 * MIB, 20 * MIB, 4), "8% uploading, 2 min 8 s left, 5.0 MiB/s, 0 s elapsed, 60 of 700 MiB"),
        (UploadProgress(40_000 * MIB, 4000 * MIB, 20 * MIB, 4), "10% uploading, 2 h 0 min left, 5.0 MiB/s, 0 s elapsed, 4000 of 40000 MiB"),
        (UploadProgress(0, 0, 0, 0), "0% uploading, 0 s elapsed, 0 of 0 MiB"),
    ],
    ids=["start", "seconds", "minutes", "hours", "empty"],
)  # fmt: skip
def test_progress_shows_percentage_rate_and_remaining_time(run: Any, progress: UploadProgress, text: str) -> None:
    progress_report(run, "uploading")(progress)
    assert run.texts == [text]


def test_the_report_ends_an_interrupted_run(new_run: Any) -> None:
    with pytest.raises(RunInterruptedError):
        progress_report(new_run(stop_after_waits=0), "sent")(UploadProgress(1, 0, 0, 0))
