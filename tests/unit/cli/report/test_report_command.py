"""The page: what it shows, what it never shows, and that it needs nothing else."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.unit.cli.report.engine_log import START, EngineLog, urn

from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.cli.report.quantities import size, time
from pulumi_vmimport.cli.report.time_axis import TimeAxis

WEB = urn("web")
VOID = {"meta", "rect", "line", "polyline"}
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hunter2"'}


class Page(HTMLParser):
    """The texts and the attributes of a page. Fails where tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.texts, self.attributes, self._open = (
            html,
            list[str](),
            list[tuple[str, str, str]](),
            list[str](),
        )
        self.feed(html)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def values(self, tag: str, name: str) -> list[str]:
        return [value for of, key, value in self.attributes if (of, key) == (tag, name)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)


def invoke(*arguments: str, log: EngineLog | None = None) -> Result:
    return CliRunner().invoke(vmimport, ["report", *arguments], input=b"\n".join(log.lines) if log else None)


def page(log: EngineLog) -> Page:
    made = invoke("-", log=log)
    assert made.exit_code == 0, made.output
    return Page(made.output)


def imported(name: str = "web", **state: Any) -> EngineLog:
    log, of = EngineLog(), urn(name)
    log.begin(0, of)
    for number in range(5):
        log.status(10 * number, of, f"{20 * number}% converting, {number}0 s elapsed, import-ami-1")
    log.done(60, of, id="import-ami-1", **state)
    log.summary(61, resourceChanges={"create": 1, "same": 3})
    return log


def test_the_page_shows_the_run_its_phases_its_facts_and_where_the_image_comes_from() -> None:
    shown = page(
        imported(
            outputs={
                "imageId": "ami-1",
                "sizeBytes": 3 << 30,
                "detectedGuest": {"release": "Windows 10 22H2", "edition": "Professional"},
                "provenance": {"object": "s3://images/web.ova", "virtualMachine": "4222c0de 1", "stack": "images/shop"},
                "postImportReport": ["hardening: install updates"],
            }
        )
    ).text
    for text in (
        "images/shop succeeded", "Started 2026-11-29 08:00:00 UTC", "Duration 1 min 1 s", "Changes 1 create ",
        "Written to S3 3 GiB", "converting +0 s 1 min 0 s 80%", "id import-ami-1", "image ami-1",
        "guest Windows 10 22H2, Professional", "virtual machine 4222c0de 1 disk images s3://images/web.ova",
        "hardening 1 install updates",
    ):  # fmt: skip
        assert text in shown


def test_the_time_line_is_a_table_whose_bars_are_described_in_words() -> None:
    shown = page(imported())
    assert shown.values("svg", "aria-label")[0] == "converting: 1 min 0 s, from +0 s"
    assert "converting: 1 min 0 s, from +0 s" in shown.text  # the tooltip
    assert {"col", "row"} == set(shown.values("th", "scope"))


def test_progress_and_rate_are_curves() -> None:
    log = EngineLog()
    log.begin(0, WEB)
    for number in range(5):
        log.status(10 * number, WEB, f"{25 * number}% uploading, {10 * (number + 1)}.0 MiB/s, {number} s elapsed")
    log.done(50, WEB, outputs={"sizeBytes": 100 << 20})
    shown = page(log)
    assert "Progress, 0 to 100%" in shown.text
    assert "Rate, 0 to 50 MiB/s" in shown.text
    assert shown.values("polyline", "points") == ["0,100 20,75 40,50 60,25 80,0", "0,80 20,60 40,40 60,20 80,0"]
    assert "average rate 2 MiB/s highest reported rate 50 MiB/s" in shown.text


def test_warnings_and_errors_are_shown_with_their_resource() -> None:
    log, bucket = imported(), urn("images", "aws:s3/bucket:Bucket")
    log.message(1, WEB, "the image has no ENA driver", "warning")
    log.message(1, WEB, "the role is created", "info")
    log.message(2, bucket, "access denied\nto images", "error")
    log.message(2, bucket, "not interesting", "info")
    shown = page(log).text
    assert "Errors 1 Warnings 1" in shown
    assert "images error access denied to images" in shown
    assert "warning the image has no ENA driver info the role is created" in shown
    assert "not interesting" not in shown


HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>&amp;\'"\u202e'


@pytest.mark.parametrize("where", ["name", "id", "output", "message", "status", "stack", "operation"])
def test_hostile_names_are_text(where: str) -> None:
    log = EngineLog()
    of = urn(HOSTILE if where == "name" else "web", stack=HOSTILE if where == "stack" else "shop")
    op = HOSTILE if where == "operation" else "create"
    log.begin(0, of, op)
    log.status(1, of, f"{HOSTILE if where == 'status' else 'converting'}, 1 s elapsed")
    log.message(1, of, HOSTILE if where == "message" else "fine", "warning")
    log.done(
        2, of, op, id=HOSTILE if where == "id" else "1",
        outputs={"imageName": HOSTILE, "provenance": {"object": HOSTILE}} if where == "output" else {},
    )  # fmt: skip
    shown = page(log)
    assert "<script" not in shown.html
    assert "<img" not in shown.html
    assert "\u202e" not in shown.html
    assert '<script>alert("1")</script>' in shown.text
    assert not [name for _, name, _ in shown.attributes if name.startswith("on")]


def test_secrets_and_outputs_that_are_not_listed_are_never_shown() -> None:
    shown = page(
        imported(
            inputs={"diskContainers": [{"url": "https://h/k?X-Amz-Signature=hunter2"}]},
            outputs={
                "imageName": SECRET, "detectedGuest": SECRET, "provenance": SECRET, "postImportReport": SECRET,
                "snapshotIds": [SECRET, "snap-1"], "checksum": "https://u:hunter2@h/k?sig=hunter2",
                "administratorPassword": "hunter2", "userData": "hunter2", "cloneRunbook": "hunter2",
            },
        )
    )  # fmt: skip
    assert "hunter2" not in shown.html
    assert "snapshots snap-1" in shown.text


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    shown = page(imported())
    assert shown.values("meta", "content")[0] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"<script|<link|<iframe|@import|url\(|src=", shown.html)
    assert all(target.startswith("#") for target in shown.values("a", "href"))
    assert set(re.findall(r"https?://[^\s\"'<]+", shown.html)) == set()


def test_every_link_of_the_time_line_has_its_section() -> None:
    shown = page(imported())
    assert {target.removeprefix("#") for target in shown.values("a", "href")} == set(shown.values("article", "id"))


def test_unchanged_images_show_their_provenance_and_have_no_bar() -> None:
    log = EngineLog()
    log.begin(0, WEB, "same", id="import-ami-1")
    log.done(0, WEB, "same", id="import-ami-1", outputs={"provenance": {"object": "s3://images/web.ova"}})
    log.summary(1, resourceChanges={"same": 1})
    shown = page(log).text
    assert "Changes none" in shown
    assert "No resource was created, changed or deleted. 1 unchanged" in shown
    assert "disk images s3://images/web.ova" in shown


def test_a_preview_is_called_a_preview() -> None:
    log = EngineLog()
    log.begin(0, WEB)
    log.summary(1, isPreview=True)
    assert "Preview of the stack images/shop" in page(log).text


def test_the_page_is_written_to_a_file(tmp_path: Path) -> None:
    log, made = tmp_path / "run.jsonl", tmp_path / "run.html"
    log.write_bytes(b"\n".join(imported("äöü").lines))
    result = invoke(str(log), "-o", str(made))
    assert (result.exit_code, result.output) == (0, "")
    assert "äöü" in Page(made.read_text(encoding="utf-8")).text


def test_fails_without_events() -> None:
    result = CliRunner().invoke(vmimport, ["report", "-"], input=b"Updating (dev)\n")
    assert result.exit_code == 2
    assert "found no event of a Pulumi run" in result.output


def test_fails_when_the_page_cannot_be_written(tmp_path: Path) -> None:
    result = invoke("-", "-o", str(tmp_path / "missing" / "run.html"), log=imported())
    assert result.exit_code == 2
    assert "No such file or directory; choose another file" in result.output


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (70 << 30, "70 GiB"), (5 << 50, "5120 TiB")]
)
def test_a_size_has_the_largest_unit_that_fits(amount: int, shown: str) -> None:
    assert size(amount) == shown


def test_a_time_that_is_no_date_is_not_shown() -> None:
    assert time(1 << 60) == ""


@pytest.mark.parametrize("seconds", [0, 1, 9, 61, 4000, 90_000, 400_000, 90 * 86_400])
def test_the_axis_has_few_lines_at_round_times(seconds: int) -> None:
    ticks = list(TimeAxis(START, seconds).ticks())
    assert 1 <= len(ticks) <= 9
    assert ticks[0].label == "0"
    assert all(0 <= tick.left <= 100 for tick in ticks)


@pytest.mark.parametrize("span", [(0, 0), (0, 100), (100, 100), (-5, 200), (60, 30)])
def test_a_bar_is_visible_and_stays_within_the_axis(span: tuple[int, int]) -> None:
    bar = TimeAxis(START, 100).span(START + span[0], START + span[1])
    assert bar.width >= 0.4
    assert 0 <= bar.left <= bar.left + bar.width <= 100
