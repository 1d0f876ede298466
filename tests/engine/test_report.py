"""`vmimport report` of real runs: the events of the real engine, and the page in a browser."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.browser import browser, needs_chromium
from tests.unit.cli.report.test_report_command import Page

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

SECRET = "hunter2-of-the-stack"
PROGRAM = """
import pulumi
from pulumi_vmimport import ImportImage

pulumi.Config().require_secret("password")
pulumi.log.warn("a warning of the program")
web = ImportImage("web", **{arguments!r})
pulumi.export("imageId", web.image_id)
"""


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock.fast(600)  # the event log records whole seconds, and each phase must last one


class Project:
    """A stack whose commands log their events."""

    def __init__(self, sandbox: Sandbox, folder: Path, program: str) -> None:
        self._environment = {**sandbox.environment, "PULUMI_DEBUG_COMMANDS": "true"}
        self.folder = folder
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text("name: images\nruntime: python\n")
        (folder / "__main__.py").write_text(program)
        self.pulumi("stack", "init", "shop")
        self.pulumi("config", "set", "--secret", "password", SECRET)

    def pulumi(self, *arguments: str, ok: bool = True) -> str:
        executable = shutil.which("pulumi", path=self._environment["PATH"])
        assert executable is not None
        done = subprocess.run(
            [executable, *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout

    def report(self, name: str, log: str) -> Path:
        """The page that `vmimport report` makes of an event log."""
        made = self.folder / f"{name}.html"
        command = [sys.executable, "-m", "pulumi_vmimport.cli", "report", "-", "-o", str(made)]
        subprocess.run(command, input=log, text=True, check=True)
        return made


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path, image_args: dict[str, Any]) -> Project:
    return Project(sandbox, tmp_path / "project", PROGRAM.format(arguments=image_args))


@pytest.fixture
def page_of_up(project: Project) -> Path:
    project.pulumi("up", "--yes", "--skip-preview", "--event-log", "up.jsonl")
    return project.report("up", (project.folder / "up.jsonl").read_text())


def test_the_report_of_an_import_shows_the_phases_that_ec2_reported(project: Project, page_of_up: Path) -> None:
    shown = Page(page_of_up.read_text())
    for text in (
        "Run of the stack images/shop succeeded", "Changes 2 create", "web ImportImage", "converting", "booting",
        "preparing ami", "Provenance disk images s3://images-of-web/web.raw import task import-ami-", "hardening",
        "task status completed", "usage operation RunInstances:0800",
    ):  # fmt: skip
        assert text in shown.text
    assert SECRET not in (project.folder / "up.jsonl").read_text() + shown.html


def test_the_json_output_makes_a_report_too_also_of_a_run_without_changes_and_of_a_destroy(project: Project) -> None:
    up = project.pulumi("up", "--yes", "--json")  # preceded by the digest of the preview
    assert "converting" in Page(project.report("up", up).read_text()).text
    again = Page(project.report("again", project.pulumi("up", "--yes", "--skip-preview", "--json")).read_text()).text
    assert "No resource was created, changed or deleted." in again
    assert "Provenance disk images s3://images-of-web/web.raw" in again
    destroyed = project.pulumi("destroy", "--yes", "--skip-preview", "--json")
    assert "ImportImage, delete" in Page(project.report("destroy", destroyed).read_text()).text


def test_the_report_of_a_failed_run_shows_the_words_of_ec2(sandbox: Sandbox, project: Project) -> None:
    sandbox.aws.faults.fail_import("ClientError: Unsupported kernel version 6.99")
    log = project.pulumi("up", "--yes", "--skip-preview", "--json", ok=False)
    shown = Page(project.report("failed", log).read_text()).text
    assert "Run of the stack images/shop failed" in shown
    assert "ImportImage failed" in shown
    assert "ClientError: Unsupported kernel version 6.99" in shown


@needs_chromium
def test_the_page_is_readable_in_a_browser_in_wide_and_narrow_windows_in_light_and_dark(
    page_of_up: Path, tmp_path: Path
) -> None:
    backgrounds = set()
    with browser(tmp_path / "profile") as chromium:
        for width in (1280, 400):
            for scheme in ("light", "dark"):
                chromium.open(page_of_up, width=width, scheme=scheme)
                backgrounds.add(chromium.value("getComputedStyle(document.body).backgroundColor"))
                assert chromium.value("document.documentElement.scrollWidth") <= width
        bars = chromium.value(
            "[...document.querySelectorAll('.time-line td svg svg rect')].map(bar => bar.getBoundingClientRect().width)"
        )
        announced = chromium.accessible()
        assert chromium.requests == 4 * [page_of_up.as_uri()]
        assert chromium.errors == []
    assert len(backgrounds) == 2
    assert len(bars) >= 3
    assert min(bars) > 0
    names = [name for role, name in announced if role in {"image", "img"}]
    assert any("converting: " in name for name in names)
    assert ("heading", "Time line") in announced
