"""Programs with a `runtime: python` of their own, as users write them, on the engine that this machine has."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport_sandbox import toolchain

# Config `mode` says what the program does; the resource's provider is pickled, so it needs no package of ours.
PROGRAM = """
import os, signal, sys, time
import pulumi
from pulumi import dynamic
class Provider(dynamic.ResourceProvider):
    def create(self, props):
        with open(props["log"], "a") as log: log.write("create\\n")
        return dynamic.CreateResult("thing-1", {**props, "made": "yes"})
    def delete(self, id, props):
        with open(props["log"], "a") as log: log.write("delete " + id + "\\n")
class Thing(dynamic.Resource):
    made: pulumi.Output[str]
    def __init__(self, name, log):
        super().__init__(Provider(), name, {"log": log, "made": None})
config = pulumi.Config()
print("words for stdout")
print("words for stderr", file=sys.stderr)
mode = config.get("mode")
if mode == "raise": raise ValueError("the wrong disk")
if mode == "exit": sys.exit(3)
if mode == "report": raise pulumi.RunError("no such machine")
if mode == "stubborn":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
if mode in ("sleep", "stubborn"):
    print("asleep in", os.getpid(), flush=True)
    time.sleep(600)
thing = Thing("thing", os.path.abspath("log"))
pulumi.export("made", thing.made)
pulumi.export("token", config.get_secret("token"))
pulumi.export("plain", config.get("plain"))
pulumi.export("python", sys.prefix)
pulumi.export("where", [pulumi.get_stack(), os.getcwd()])
"""


# A policy pack that reports what it sees.
PACK = """
import os, sys
import pulumi
from pulumi_policy import PolicyPack, StackValidationPolicy
def report(args, violation):
    seen = [pulumi.get_stack(), pulumi.Config("small").get("plain"), sys.prefix, os.getcwd(), len(args.resources)]
    violation("|".join(map(str, seen)))
print("words of the pack", file=sys.stderr)
with open("pid", "w") as file: file.write(str(os.getpid()))
PolicyPack("reporting", [StackValidationPolicy("report", "what it sees", report)])
"""


class Project:
    """A Pulumi project in a folder, with stacks, plugins and secrets of its own."""

    def __init__(self, root: Path, engine: toolchain.Engine) -> None:
        self.folder = root / "program"
        self.engine = engine
        for folder in (self.folder, root / "home", root / "stacks"):
            folder.mkdir()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_", "VSPHERE_"))}
        self.environ = {
            **kept,
            **engine.environment,
            "PULUMI_HOME": str(root / "home"),
            "PULUMI_BACKEND_URL": f"file://{root / 'stacks'}",
            "PULUMI_CONFIG_PASSPHRASE": "for tests",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }
        self.settings()
        (self.folder / "__main__.py").write_text(PROGRAM)
        self.run("stack", "init", "dev")

    def settings(self, runtime: str = "python") -> None:
        (self.folder / "Pulumi.yaml").write_text(f"name: small\nruntime: {runtime}\n")

    def run(self, *arguments: str, ok: bool = True, **environ: str) -> str:
        """The output of a command, which must succeed or, if not `ok`, fail."""
        with self.start(*arguments, **environ) as pulumi:
            output, _ = pulumi.communicate(timeout=120)
        assert (pulumi.returncode == 0) == ok, output
        return output

    def up(self, *, ok: bool = True, **environ: str) -> str:
        return self.run("up", "--yes", "--skip-preview", ok=ok, **environ)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.engine.path, *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json", "--show-secrets"))
        return outputs

    @property
    def log(self) -> list[str]:
        return [line for log in self.folder.glob("log") for line in log.read_text().splitlines()]


@pytest.fixture(scope="session")
def engine() -> toolchain.Engine:
    return toolchain.engine()


@pytest.fixture
def project(tmp_path: Path, engine: toolchain.Engine) -> Project:
    return Project(tmp_path, engine)


def asleep(pulumi: subprocess.Popen[str]) -> int:
    """Wait until the program sleeps; returns its process id."""
    assert pulumi.stdout
    for line in pulumi.stdout:
        if "asleep in" in line:
            return int(line.split()[-1])
    raise AssertionError("the program did not get that far")


def gone(pid: int, seconds: float) -> bool:
    """Whether a process that is no child of ours ends within a time."""
    end = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    return not Path(f"/proc/{pid}").exists()


def test_a_resource_is_previewed_created_and_destroyed(project: Project) -> None:
    assert "+ 2 to create" in project.run("preview")
    assert project.log == []
    assert "+ 2 created" in project.up()
    assert project.log == ["create"]
    assert "2 unchanged" in project.run("preview")
    assert "2 unchanged" in project.run("refresh", "--yes", "--skip-preview")
    assert "- 2 deleted" in project.run("destroy", "--yes", "--skip-preview")
    assert project.log == ["create", "delete thing-1"]


def test_program_reads_its_config_folder_and_stack_and_its_secret_stays_secret(project: Project) -> None:
    project.run("config", "set", "--secret", "token", "s3cr3t-value")
    project.run("config", "set", "plain", 'text with "quotes" and ümlaut')
    output = project.up()
    assert "[secret]" in output
    assert "s3cr3t-value" not in output + project.run("stack", "export")
    outputs = project.outputs()
    assert outputs["token"] == "s3cr3t-value"
    assert outputs["plain"] == 'text with "quotes" and ümlaut'
    assert outputs["made"] == "yes"
    assert outputs["where"] == ["dev", str(project.folder)]


def test_the_output_of_the_program_is_shown(project: Project) -> None:
    output = project.run("preview")
    assert "words for stdout" in output
    assert "words for stderr" in output


def test_fails_with_the_traceback_of_an_exception_and_without_an_exit_code(project: Project) -> None:
    project.run("config", "set", "mode", "raise")
    output = project.up(ok=False)
    assert "__main__.py" in output
    assert "ValueError: the wrong disk" in output
    assert "exit code" not in output


def test_fails_with_the_message_of_a_run_error(project: Project) -> None:
    project.run("config", "set", "mode", "report")
    output = project.up(ok=False)
    assert "error: no such machine" in output
    assert "Traceback" not in output


def test_fails_without_a_traceback_of_the_program_when_the_check_of_a_resource_fails(project: Project) -> None:
    declaration = 'ImportImage("web", disk_containers=[], region="eu-west-1")'
    (project.folder / "__main__.py").write_text(f"from pulumi_vmimport import ImportImage\n{declaration}\n")
    output = project.run("preview", ok=False)
    assert "disk_containers: expected 1 to 21 disks" in output
    assert not any(words in output for words in ("Traceback", "KeyboardInterrupt"))


def test_fails_with_the_exit_code_of_a_program_that_exits(project: Project) -> None:
    project.run("config", "set", "mode", "exit")
    assert "exited with non-zero exit code: 3" in project.up(ok=False)


def test_fails_without_a_program_with_the_name_of_its_file(project: Project) -> None:
    (project.folder / "__main__.py").unlink()
    assert "unable to find main python program `__main__.py`" in project.up(ok=False)


def make_venv(venv: Path) -> None:
    """A virtual environment that sees the packages of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site_packages,) = venv.glob("lib/python*/site-packages")
    (site_packages / "those.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))


def test_program_runs_in_the_virtual_environment_that_pulumi_yaml_names(project: Project) -> None:
    make_venv(project.folder / ".venv")
    project.settings("{name: python, options: {virtualenv: .venv}}")
    project.up(PULUMI_PYTHON_CMD="/nowhere/python")  # the project's own environment goes first
    assert project.outputs()["python"] == str(project.folder / ".venv")
    project.run("destroy", "--yes", "--skip-preview", PULUMI_PYTHON_CMD="/nowhere/python")
    assert project.log == ["create", "delete thing-1"]


def test_program_runs_in_the_python_of_the_caller_by_default(project: Project) -> None:
    project.up()
    assert project.outputs()["python"] == sys.prefix


def test_fails_with_the_path_of_a_missing_interpreter(project: Project) -> None:
    assert "/nowhere/python" in project.run("preview", ok=False, PULUMI_PYTHON_CMD="/nowhere/python")


def test_fails_for_an_unsupported_runtime_option(project: Project) -> None:
    project.settings("{name: python, options: {toolchain: conda}}")
    output = project.run("preview", ok=False)
    assert "toolchain" in output
    assert "conda" in output


def test_about_names_the_interpreter_and_the_packages(project: Project) -> None:
    about = json.loads(project.run("about", "--json"))
    assert about["runtime"]["language"] == "python"
    assert Path(about["runtime"]["executable"]).samefile(sys.executable)
    assert about["runtime"]["version"] == platform.python_version()
    assert "pytest-xdist" in {package["name"] for package in about["dependencies"]}


@pytest.mark.parametrize("command", [["preview"], ["up", "--yes", "--skip-preview"]], ids=["preview", "up"])
def test_interrupt_ends_a_running_program_at_once(project: Project, command: list[str]) -> None:
    project.run("config", "set", "mode", "sleep")
    with project.start(*command) as pulumi:
        program = asleep(pulumi)
        began = time.monotonic()
        pulumi.send_signal(signal.SIGINT)
        output, _ = pulumi.communicate(timeout=60)
        assert time.monotonic() - began < 4  # the engine kills, and complains, after 5
    assert "canceled" in output
    assert "exited prematurely" not in output
    assert pulumi.returncode != 0
    assert gone(program, seconds=0)


def test_interrupt_ends_a_program_that_ignores_it_before_the_engine_complains(project: Project) -> None:
    project.run("config", "set", "mode", "stubborn")
    with project.start("preview") as pulumi:
        program = asleep(pulumi)
        pulumi.send_signal(signal.SIGINT)
        output, _ = pulumi.communicate(timeout=60)
    assert "exited prematurely" not in output
    assert gone(program, seconds=10)  # Pulumi's host interrupts it, which it ignores, and kills it after five seconds


def test_program_ends_with_an_engine_that_is_killed(project: Project) -> None:
    project.run("config", "set", "mode", "sleep")
    with project.start("preview") as pulumi:
        program = asleep(pulumi)
        pulumi.kill()
    assert gone(program, seconds=10)


PLUGIN = """
from typing import Optional, TypedDict
import pulumi
from pulumi.provider.experimental import component_provider_host
class ShelfArgs(TypedDict):
    width: pulumi.Input[int]
class Shelf(pulumi.ComponentResource):
    width: pulumi.Output[int]
    def __init__(self, name: str, args: ShelfArgs, opts: Optional[pulumi.ResourceOptions] = None):
        super().__init__("acme:index:Shelf", name, {}, opts)
if __name__ == "__main__":
    component_provider_host(name="acme", components=[Shelf])
"""


@pytest.fixture
def plugin(project: Project) -> Path:
    """A plugin in Python that the project takes its package acme from, with no environment yet."""
    folder = project.folder.parent / "acme"
    folder.mkdir()
    (folder / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (folder / "__main__.py").write_text(PLUGIN)
    with (project.folder / "Pulumi.yaml").open("a") as settings:
        settings.write("plugins: {providers: [{name: acme, path: ../acme}]}\n")
    (project.folder / "__main__.py").write_text(
        "import pulumi\n"
        "shelf = pulumi.ComponentResource('acme:index:Shelf', 'shelf', {'width': 3}, remote=True)\n"
        "pulumi.export('urn', shelf.urn)\n"
    )
    return folder


def test_engine_runs_a_plugin_that_is_written_in_python(project: Project, plugin: Path) -> None:
    make_venv(plugin / "venv")  # where a plugin's environment is unless its settings say otherwise
    assert "+ 2 created" in project.up()
    assert project.outputs()["urn"].endswith("::acme:index:Shelf::shelf")


def test_fails_with_the_path_of_the_missing_environment_of_a_plugin(project: Project, plugin: Path) -> None:
    assert str(plugin / "venv") in project.up(ok=False)


def make_pack(project: Project, runtime: str = "python") -> Path:
    folder = project.folder.parent / "pack"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text(f"runtime: {runtime}\n")
    (folder / "__main__.py").write_text(PACK)
    return folder


def test_a_policy_pack_runs_in_its_folder_with_the_configuration_of_the_stack_and_ends_with_the_command(
    project: Project,
) -> None:
    pack = make_pack(project)
    project.run("config", "set", "plain", "a value")
    output = project.run("preview", "--policy-pack", str(pack))
    assert f"dev|a value|{sys.prefix}|{pack}|3" in output
    assert "words of the pack" in output
    assert gone(int((pack / "pid").read_text()), 5)


def test_a_policy_pack_runs_in_the_virtual_environment_that_its_settings_name(project: Project) -> None:
    pack = make_pack(project, "{name: python, options: {virtualenv: venv}}")
    make_venv(pack / "venv")
    output = project.run("preview", "--policy-pack", str(pack))
    assert f"dev|None|{pack}/venv|{pack}|3" in output


def test_a_policy_pack_ends_with_a_killed_engine(project: Project) -> None:
    pack = make_pack(project)
    project.run("config", "set", "mode", "sleep")
    with project.start("preview", "--policy-pack", str(pack)) as pulumi:
        program = asleep(pulumi)
        pulumi.kill()
    assert gone(int((pack / "pid").read_text()), 5)
    assert gone(program, 5)


def test_fails_with_the_error_of_a_policy_pack(project: Project) -> None:
    pack = make_pack(project)
    (pack / "__main__.py").write_text("raise ValueError('the wrong rule')\n")
    assert "ValueError: the wrong rule" in project.run("preview", "--policy-pack", str(pack), ok=False)
