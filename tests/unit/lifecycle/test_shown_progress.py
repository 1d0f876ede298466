import pytest

from pulumi_vmimport.lifecycle.progress import Progress
from pulumi_vmimport.lifecycle.shown_progress import ShownProgress

_MIB = 1 << 20


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("converting"), "converting"),
        (Progress("converting", 45), "converting"),
        (Progress("exporting disk 1 of 2", 0, "60 of 100 MiB", 12.5 * _MIB, 7300.0), "exporting disk 1 of 2"),
        (
            Progress("converting", 45, "import-ami-1", trouble="last poll failed: a, b"),
            "converting, last poll failed: a, b",
        ),
        (Progress("distributing: eu-west-1, us-east-1", 10), "distributing: eu-west-1, us-east-1"),
        (Progress("line 1\nline 2"), "line 1\nline 2"),
    ],
    ids=["phase", "percent", "transfer", "retried error", "commas", "lines"],
)
@pytest.mark.parametrize("elapsed", [0.0, 62.0, 7300.0])
def test_the_text_of_a_progress_reads_back_as_the_progress(progress: Progress, words: str, elapsed: float) -> None:
    shown = ShownProgress.parse(progress.text(elapsed))
    assert shown is not None
    assert (shown.words, shown.percent, shown.details) == (words, progress.percent, progress.details)
    assert shown.bytes_per_second == progress.bytes_per_second
    assert shown.seconds_left == (progress.seconds_left and progress.seconds_left - progress.seconds_left % 60)
    assert shown.elapsed_seconds == (elapsed - elapsed % 60 if elapsed > 3600 else elapsed)


@pytest.mark.parametrize("text", ["", "created", "45% converting", "3 s elapsed", "converting, x s elapsed"])
def test_another_text_is_no_progress(text: str) -> None:
    assert ShownProgress.parse(text) is None


@pytest.mark.parametrize(
    ("words", "phase", "remark"),
    [
        ("converting", "converting", ""),
        ("preparing the guest: drivers: ok", "preparing the guest", "drivers: ok"),
        ("installing; the guest has not reported yet", "installing", "the guest has not reported yet"),
        ("converting, last poll failed: Throttling", "converting", "last poll failed: Throttling"),
    ],
)
def test_the_phase_is_what_all_its_steps_have_in_common(words: str, phase: str, remark: str) -> None:
    shown = ShownProgress.parse(Progress(words).text(1))
    assert shown is not None
    assert (shown.phase, shown.remark) == (phase, remark)
