import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import pulumi_vmimport_sandbox as sandbox_package
from pulumi_vmimport_sandbox import AlreadyRunning, Sandbox, SandboxClock, background
from pulumi_vmimport_sandbox.__main__ import main
from pulumi_vmimport_sandbox.environment import as_shell
from pulumi_vmimport_sandbox.lock import hold, holder

CALLERS = {
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
    "AWS_SESSION_TOKEN": "token",
    "PULUMI_ACCESS_TOKEN": "pul-token",
    "PULUMI_CONFIG": "{}",
    "VSPHERE_SERVER": "vcenter.example.com",
}


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name, value in CALLERS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("EDITOR", "ed")
    profiles = tmp_path_factory.mktemp("caller") / "config"
    profiles.write_text("[profile production]\nregion = us-west-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """A directory in which a sandbox may be started in the background."""
    yield tmp_path
    background.stop(tmp_path)


def sandbox_in(directory: Path, *, vsphere: bool = False) -> Sandbox:
    return Sandbox(directory, vsphere=vsphere, clock=SandboxClock.stepped(), real_plugins=directory / "none")


@pytest.mark.usefixtures("caller")
def test_programs_cannot_access_the_accounts_of_the_user(tmp_path: Path) -> None:
    with sandbox_in(tmp_path, vsphere=True) as sandbox:
        given = sandbox.environment
        assert not set(CALLERS.values()) & set(given.values())
        assert given["EDITOR"] == "ed"
        assert given["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        assert given["VSPHERE_SERVER"] == f"127.0.0.1:{sandbox.vcenter.port}"
        assert given["PULUMI_BACKEND_URL"] == f"file://{tmp_path / 'backend'}"
        assert given["PULUMI_HOME"] == str(tmp_path / "pulumi")
        assert Path(given["VMIMPORT_VSPHERE_CA_FILE"]).is_file()


def test_the_description_names_engine_and_plugins(tmp_path: Path) -> None:
    with sandbox_in(tmp_path) as sandbox:
        engine, plugins = sandbox.description.split("; ")
        assert engine == sandbox.engine.description
        assert plugins.count(": stand-in") == 2
        assert "\n" not in sandbox.description


def test_a_sandbox_without_a_vcenter_has_none(tmp_path: Path) -> None:
    with sandbox_in(tmp_path) as sandbox:
        assert not any(name.startswith("VSPHERE_") for name in sandbox.environment_overrides)
        assert sandbox.remaining_resources() == []
        with pytest.raises(RuntimeError, match="vsphere=True"):
            _ = sandbox.vcenter


def test_programs_get_the_current_credentials(tmp_path: Path) -> None:
    with sandbox_in(tmp_path) as sandbox:
        before = sandbox.environment["AWS_ACCESS_KEY_ID"]
        sandbox.aws.faults.renew_credentials()
        assert sandbox.environment["AWS_ACCESS_KEY_ID"] == sandbox.aws.access_key != before


def test_stacks_of_an_earlier_sandbox_are_deleted_and_other_files_kept(tmp_path: Path) -> None:
    with sandbox_in(tmp_path):
        (tmp_path / "backend" / "stack.json").write_text("{}")
        (tmp_path / "notes").write_text("mine")
    with sandbox_in(tmp_path):
        assert list((tmp_path / "backend").iterdir()) == []
        assert (tmp_path / "notes").read_text() == "mine"


def test_fails_to_run_twice_in_one_directory(tmp_path: Path) -> None:
    with sandbox_in(tmp_path):
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(AlreadyRunning, match=f"a sandbox is running in {tmp_path}; stop it"):
            sandbox_in(tmp_path).__enter__()
    assert holder(tmp_path) is None


def test_a_killed_sandbox_does_not_hold_its_directory(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from pulumi_vmimport_sandbox.lock import hold\n"
        "lock = hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert holder(tmp_path) == other.pid
        other.kill()
    assert holder(tmp_path) is None
    hold(tmp_path).close()


def test_fails_to_start_and_stops_everything_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="guest_disk"), Sandbox(tmp_path, guest_disk=tmp_path / "none.vmdk"):
        pass
    assert holder(tmp_path) is None
    with sandbox_in(tmp_path) as sandbox:  # one AWS a process: the first has ended
        assert sandbox.remaining_resources() == []


@pytest.mark.usefixtures("caller")
def test_a_shell_that_sources_the_environment_has_its_variables_and_no_others() -> None:
    lines = as_shell({"AWS_REGION": "eu-west-1", "VSPHERE_PASSWORD": "it's $HOME"})
    script = f"{lines}env"
    reported = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    found = dict(line.split("=", 1) for line in reported if line.startswith(("AWS_", "PULUMI_", "VSPHERE_", "EDITOR")))
    assert found == {"AWS_REGION": "eu-west-1", "VSPHERE_PASSWORD": "it's $HOME", "EDITOR": "ed"}


def test_every_public_name_can_be_imported() -> None:
    for name in sandbox_package.__all__:
        assert getattr(sandbox_package, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Sandpit'"):
        _ = sandbox_package.Sandpit


def test_the_commands_do_not_import_moto() -> None:
    code = "import sys; import pulumi_vmimport_sandbox.__main__; print('moto' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_a_background_sandbox_runs_until_it_is_stopped(
    served: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "one that boto3 would refuse")
    assert main(["start", str(served), "--clock-factor", "60"]) == 0
    assert f"ready: . {served / 'env'}" in capsys.readouterr().out
    facts = json.loads((served / "sandbox.json").read_text())
    assert facts["pid"] == holder(served)
    assert (served / "env").stat().st_mode & 0o777 == 0o600
    script = f'. {served / "env"}; "{sys.executable}" -c "{_CALL}"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == "123456789012\n"

    assert main(["start", str(served)]) == 1
    assert main(["serve", str(served)]) == 1
    assert capsys.readouterr().err.count("error: a sandbox is running in ") == 2
    assert facts["pid"] == holder(served)

    assert main(["stop", str(served)]) == 0
    assert "existed only in memory" in capsys.readouterr().out
    assert holder(served) is None
    assert not (served / "sandbox.json").exists()
    assert main(["stop", str(served)]) == 0
    assert capsys.readouterr().out == f"no sandbox is running in {served}\n"


_CALL = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"


def test_stop_signals_no_process_after_a_sandbox_was_killed(served: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (served / "sandbox.json").write_text(json.dumps({"pid": bystander.pid}))
        assert background.stop(served) == f"no sandbox is running in {served}"
        with hold(served), pytest.raises(RuntimeError, match=f"process {os.getpid()} holds it"):
            background.stop(served)
        assert bystander.poll() is None
        bystander.kill()


def test_start_succeeds_after_a_sandbox_was_killed(served: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", str(served)]) == 0
    first = holder(served)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    end = time.monotonic() + 10
    while holder(served) == first and time.monotonic() < end:
        time.sleep(0.02)
    assert main(["start", str(served)]) == 0
    assert holder(served) not in (first, None)
    assert main(["stop", str(served)]) == 0


def test_fails_to_start_in_the_background_with_the_output_of_the_sandbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["start", str(tmp_path), "--guest-disk", str(tmp_path / "none.vmdk")]) == 1
    assert "did not become ready: error: guest_disk: expected a VMDK file, got" in capsys.readouterr().err
