from dataclasses import dataclass, field

import pytest

from pulumi_vmimport.lifecycle.progress import Progress, ProgressReport, duration

MIB = 1 << 20


@dataclass
class Screen:
    """What Pulumi shows, and a clock that only `after` moves."""

    now: float = 1000.0
    shown: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def show(self, text: str, is_kept: bool) -> None:
        self.shown.append(text)
        if is_kept:
            self.kept.append(text)

    def after(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def report(screen: Screen) -> ProgressReport:
    return ProgressReport(screen.show, lambda: screen.now)


def test_percentage_and_phase_come_first_and_time_left_follows() -> None:
    progress = Progress("uploading", 45, "60 of 100 MiB", bytes_per_second=5 * MIB, seconds_left=128)
    assert progress.text(62) == "45% uploading, 2 min 8 s left, 5.0 MiB/s, 1 min 2 s elapsed, 60 of 100 MiB"
    assert Progress("queued").text(3) == "queued, 3 s elapsed"


def test_a_text_is_shown_only_when_percentage_phase_or_trouble_changes(screen: Screen, report: ProgressReport) -> None:
    for progress in (
        Progress("converting", 45, "import-ami-1"),
        Progress("converting", 45, "import-ami-1", seconds_left=3),
        Progress("converting", 46, "import-ami-1"),
        Progress("booting", 46, "import-ami-1"),
        Progress("booting", 46, "import-ami-1", trouble="last poll failed: Throttling"),
        Progress("booting", 46, "import-ami-1", trouble="last poll failed: Throttling"),
    ):
        report.report(progress)
        screen.after(15)
    assert [text.partition(",")[0] for text in screen.shown] == [
        "45% converting",
        "46% converting",
        "46% booting",
        "46% booting",
    ]


def test_fast_progress_is_shown_twice_a_second_and_a_new_phase_at_once(screen: Screen, report: ProgressReport) -> None:
    for percent in range(10):
        report.report(Progress("uploading", percent))
        screen.after(0.1)
    report.report(Progress("completing", 9))
    assert [text.partition(",")[0] for text in screen.shown] == ["0% uploading", "5% uploading", "9% completing"]


def test_the_output_keeps_a_text_for_each_quarter_once_the_call_lasts_a_minute(
    screen: Screen, report: ProgressReport
) -> None:
    for percent in range(2, 101):
        report.report(Progress("converting", percent))
        screen.after(15)
    assert [text.partition("%")[0] for text in screen.kept] == ["6", "31", "56", "81"]


def test_the_output_keeps_no_text_of_a_transfer_that_ends_within_a_minute(
    screen: Screen, report: ProgressReport
) -> None:
    for percent in range(0, 101, 4):
        report.report(Progress("uploading", percent))
        screen.after(59 / 26)
    report.clear()
    assert screen.kept == []
    assert screen.shown[0].startswith("0% uploading")


def test_the_output_keeps_a_phase_without_percentage_once_it_lasts_a_minute(
    screen: Screen, report: ProgressReport
) -> None:
    report.report(Progress("waiting for IAM to propagate role web"))
    for ahead in range(120, 0, -1):
        screen.after(1)
        report.report(Progress(f"queued behind {ahead} other import tasks"))
    assert screen.kept == ["queued behind 60 other import tasks, 1 min 1 s elapsed"]


def test_the_text_is_cleared_once_and_only_if_there_is_one(screen: Screen, report: ProgressReport) -> None:
    report.clear()
    assert screen.shown == []
    screen.after(60)
    report.report(Progress("converting", 99))
    report.clear()
    report.clear()
    assert screen.shown[1:] == [""]
    assert screen.kept == screen.shown[:1]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7500, "2 h 5 min")]
)
def test_a_duration_has_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
