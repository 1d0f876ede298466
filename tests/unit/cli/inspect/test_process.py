"""The command as a process: what only an operating system does to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMAND = (sys.executable, "-m", "pulumi_vmimport.cli", "inspect")
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def ran(*arguments: str | bytes, **options: Any) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "COLUMNS": "80", **options.pop("env", {})}
        usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.run([*COMMAND, *arguments], cwd=tmp_path, env=environment, check=False, **(usual | options))

    return ran


@pytest.fixture
def image(tmp_path: Path) -> str:
    """A file with an error and, at the end of its name, what few encodings have."""
    name = "web-日本.raw"
    (tmp_path / name).write_bytes(bytes(1 << 20))
    return name


def closed_pipe() -> int:
    """The end for writing of a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_pipe_closed_after_the_verdict_keeps_its_status(run: Run, image: str, options: Any) -> None:
    for profile, status in (("ec2", 1), ("snapshot", 0)):
        pipe = closed_pipe()
        ended = run(image, "--profile", profile, *options, stdout=pipe)
        os.close(pipe)
        assert (ended.returncode, ended.stderr) == (status, b"")


def test_a_pipe_closed_before_the_verdict_gives_status_141(run: Run) -> None:
    pipe = closed_pipe()
    ended = run("--help", stdout=pipe)
    os.close(pipe)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("options", [(), ("--json",), ("--help",)])
def test_a_full_disk_is_one_line_and_status_2(run: Run, image: str, options: Any) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = run(image, *options, stdout=full)
    assert ended.returncode == 2
    assert ended.stderr.count(b"\n") == 1
    assert b"cannot write the output: No space left on device" in ended.stderr


def test_an_interrupt_gives_130(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pulumi_vmimport.cli import __main__; from pulumi_vmimport.functions import inspection_target\n"
        "inspection_target.inspect_image = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.argv = ['vmimport', 'inspect', 'web.raw']; __main__.main()"
    )
    (tmp_path / "web.raw").write_bytes(bytes(512))
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 128 + signal.SIGINT
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "ascii:strict"])
def test_characters_outside_the_output_encoding_are_escaped(run: Run, image: str, encoding: str) -> None:
    for options in ((), ("--json",)):
        ended = run(image, *options, env={"PYTHONIOENCODING": encoding})
        assert (ended.returncode, ended.stderr) == (1, b"")
        assert rb"web-\u65e5\u672c.raw" in ended.stdout
    ended = run("日本.ova", env={"PYTHONIOENCODING": encoding})
    assert ended.returncode == 2
    assert ended.stderr.endswith(b"/\\u65e5\\u672c.ova cannot be read: No such file or directory\n")


@pytest.mark.parametrize("columns", ["0", "1", "-1", "many", "100000"])
def test_any_terminal_width_is_accepted(run: Run, image: str, columns: str) -> None:
    ended = run(image, env={"COLUMNS": columns})
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert b"no-boot-partition" in ended.stdout


NAMES = [b"new\nline.raw", b"esc\x1b[31m.raw", b"bad\xff.raw", "right\u202eleft.raw".encode(), b"tab\t.raw"]
ESCAPED = [rb"new\nline.raw", rb"esc\x1b[31m.raw", rb"bad\udcff.raw", rb"right\u202eleft.raw", rb"tab\t.raw"]


@pytest.mark.parametrize(("name", "shown"), [*zip(NAMES, ESCAPED, strict=True)])
def test_control_characters_in_a_name_are_escaped(run: Run, tmp_path: Path, name: bytes, shown: bytes) -> None:
    missing = run(name)
    assert (missing.returncode, missing.stdout) == (2, b"")
    assert missing.stderr.startswith(b"Error: ")
    assert missing.stderr.endswith(b"/" + shown + b" cannot be read: No such file or directory\n")
    (tmp_path / os.fsdecode(name)).write_bytes(bytes(1 << 20))
    there = run(name)
    assert there.returncode == 1
    assert there.stdout.startswith(shown + b": RAW, 1 MiB\n")
    assert b"\n  " + shown + b": nothing on the root disk can boot" in there.stdout
    assert name not in there.stdout
    exact = run(name, "--json")
    assert os.fsencode(json.loads(exact.stdout)["target"]) == name
    assert name not in exact.stdout


def test_control_characters_in_options_are_escaped(run: Run) -> None:
    ended = run("web.raw", "--no-\x1b[31m")
    assert (ended.returncode, b"\x1b" in ended.stderr) == (2, False)


@pytest.mark.parametrize("target", ["missing.ova", "s3://bucket-only", "ftp://host/web.ova?secret=feed", ""])
def test_a_failure_is_reported_as_json_too(run: Run, target: str) -> None:
    ended = run(target, "--json")
    assert ended.returncode == 2
    report = json.loads(ended.stdout)
    assert report.keys() == {"schema", "target", "error"}
    assert (report["schema"], report["target"]) == (1, target.partition("?")[0])
    assert ended.stderr.decode() == f"Error: {report['error']}\n"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("", "expected a file, s3://bucket/key, an https URL or vsphere://datacenter/vm/name, got ''"),
        ("https://", "expected https://host/file, got 'https://'"),
        ("https:///web.ova", "expected https://host/file, got 'https:///web.ova'"),
        ("https://[/web.ova?secret=feed", "expected https://host/file, got 'https://[/web.ova'"),
        ("https://host:99999999/web.ova", "expected https://host/file, got 'https://host:99999999/web.ova'"),
    ],
)
def test_an_invalid_target_is_reported_as_given(run: Run, target: str, words: str) -> None:
    ended = run(target)
    assert (ended.returncode, ended.stderr.decode()) == (2, f"Error: {words}\n")


def test_an_invalid_endpoint_is_reported(run: Run) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-west-1"}
    ended = run("s3://bucket/web.ova", env={**keys, "AWS_ENDPOINT_URL": "notaurl"})
    assert ended.returncode == 2
    words = "s3://bucket/web.ova cannot be read: Invalid endpoint: notaurl (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 or endpoint_url)"
    assert ended.stderr.decode() == f"Error: {words}\n"


def test_progress_is_shown_only_on_a_terminal(run: Run, image: str) -> None:
    assert run(image, "--deep", "--profile", "snapshot").stderr == b""
    ours, theirs = os.openpty()
    ended = run(image, "--deep", "--profile", "snapshot", stderr=theirs)
    os.close(theirs)
    assert ended.returncode == 0
    assert b"reading web-" in os.read(ours, 4096)
    os.close(ours)
