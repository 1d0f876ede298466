import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pulumi_vmimport_sandbox import toolchain
from pulumi_vmimport_sandbox.toolchain import Toolchain, ToolchainError

SCRIPT = Path(toolchain.__file__)
ENGINE_MOD = """module engine

go 1.25.11

tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi

require (
	github.com/pulumi/pulumi/pkg/v3 v3.253.0 // indirect
	github.com/pulumi/pulumi/sdk/v3 v3.253.0
)
"""
YAML_MOD = """module yaml

go 1.25.11

tool github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml

require (
	github.com/pulumi/pulumi-yaml v1.25.0 // indirect
	github.com/pulumi/pulumi/sdk/v3 v3.206.0 // indirect
)
"""
SIMULATOR_MOD = "module vcsim\n\ngo 1.24.0\n\nrequire github.com/vmware/govmomi v0.52.0\n"

# Uses only shell built-ins because PATH contains nothing else.
GO = """#!/bin/sh
echo "${{PWD##*/}} CGO_ENABLED=$CGO_ENABLED GOFLAGS=$GOFLAGS $*" >> {log}
if [ "$1 $2" = "list -m" ]; then echo {sdk}; exit; fi
if [ "$1" = list ]; then exit; fi
while [ "$1" != -o ]; do shift; done
{before}
folder=$2
for package; do :; done
if [ "$package" = . ]; then package=vcsim; fi
: > "$folder/${{package##*/}}"
"""


@dataclass
class Machine:
    """A machine with an empty PATH, an empty cache and its own sources."""

    root: Path
    lines: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bin, self.cache, self.sources = self.root / "bin", self.root / "cache", self.root / "toolchain"
        self.environ |= {"PATH": str(self.bin), "VMIMPORT_CACHE": str(self.cache), "GOFLAGS": "-mod=vendor"}
        self.bin.mkdir()
        for folder, content in (("engine", ENGINE_MOD), ("yaml", YAML_MOD), ("vcsim", SIMULATOR_MOD)):
            (self.sources / folder).mkdir(parents=True)
            (self.sources / folder / "go.mod").write_text(content)
        for file in toolchain.LANGUAGE_HOST.companion_files:
            (self.root / "sdk" / file).parent.mkdir(parents=True)
            (self.root / "sdk" / file).write_text("#!/bin/sh\n")

    def executable(self, name: str, content: str) -> Path:
        path = self.bin / name
        path.write_text(content)
        path.chmod(0o755)
        return path

    def has_go(self, before: str = "") -> None:
        self.executable("go", GO.format(log=self.root / "log", sdk=self.root / "sdk", before=before))

    def has_pulumi(self, version: str) -> Path:
        self.executable("pulumi-language-python", "#!/bin/sh\n")
        return self.executable("pulumi", f"#!/bin/sh\necho v{version}\n")

    @property
    def toolchain(self) -> Toolchain:
        return Toolchain(self.environ, self.lines.append, self.sources)

    @property
    def builds(self) -> list[str]:
        log = self.root / "log"
        return [line for line in log.read_text().splitlines() if " build " in line] if log.exists() else []

    @property
    def cached(self) -> list[str]:
        """The folders in the cache."""
        return sorted(path.name for path in self.cache.iterdir() if path.is_dir()) if self.cache.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("version", ["3.253.0", "3.260.1", "4.0.0", "3.253.0-alpha.1+dirty"])
def test_pulumi_on_path_is_used_if_it_is_new_enough(machine: Machine, version: str) -> None:
    path = machine.has_pulumi(version)
    engine = machine.toolchain.engine()
    assert engine.path == path
    assert engine.description == f"pulumi {version} from PATH"
    assert engine.environment["PATH"].split(os.pathsep)[0] == str(machine.bin)
    assert machine.lines == []


def test_pulumi_on_path_may_be_a_link_to_the_folder_of_its_language_host(machine: Machine) -> None:
    real = machine.has_pulumi("3.260.0")
    home = machine.root / "opt"
    home.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (machine.bin / name).rename(home / name)
    real.symlink_to(home / "pulumi")
    assert machine.toolchain.engine().path == real


def old(machine: Machine) -> None:
    machine.has_pulumi("3.252.9")


def much_older_by_its_second_number(machine: Machine) -> None:
    machine.has_pulumi("3.99.0")


def without_language_host(machine: Machine) -> None:
    machine.has_pulumi("3.260.0")
    (machine.bin / "pulumi-language-python").unlink()


def broken(machine: Machine) -> None:
    machine.has_pulumi("3.260.0")
    machine.executable("pulumi", "\x7fELF of another machine")


@pytest.mark.parametrize("found", [old, much_older_by_its_second_number, without_language_host, broken])
def test_engine_is_built_if_the_pulumi_on_path_is_not_usable(
    machine: Machine, found: Callable[[Machine], None]
) -> None:
    found(machine)
    machine.has_go()
    engine = machine.toolchain.engine()
    assert engine.path.parent.parent == machine.cache
    assert engine.description == "pulumi 3.253.0 built from Go modules"


def test_built_engine_has_its_companion_files_and_the_environment_of_its_process(machine: Machine) -> None:
    machine.has_go()
    engine = machine.toolchain.engine()
    folder = engine.path.parent
    added = {"pulumi-language-python-exec", "pulumi-resource-pulumi-python"}
    executables = {"pulumi", "pulumi-language-python", "pulumi-language-yaml"}
    assert {file.name for file in folder.iterdir()} == executables | added
    assert all(os.access(folder / name, os.X_OK) for name in added)
    assert engine.environment == {
        "PATH": f"{folder}{os.pathsep}{machine.bin}",
        "PULUMI_PYTHON_CMD": sys.executable,
    }
    assert machine.lines[0].startswith(
        "building pulumi 3.253.0 with Go: 3 to 5 minutes on two cores; the result is cached in "
    )
    assert machine.lines[1].startswith("built pulumi 3.253.0 in 0 min ")
    assert machine.lines[2].startswith("building the YAML language host 1.25.0 with Go: ")
    assert machine.lines[4].startswith("building the Python language host 3.253.0 with Go: ")


def test_a_changed_language_host_is_rebuilt_alone_next_to_the_same_engine(machine: Machine) -> None:
    machine.has_go()
    host = machine.sources / "engine" / "pulumi-language-python"
    host.mkdir()
    (host / "main.go").write_text("package main\n")
    first = machine.toolchain.engine().path
    (host / "main.go").write_text("package main // changed\n")
    second = machine.toolchain.engine().path
    assert first != second
    assert first.samefile(second)
    assert [build.split()[-1].rpartition("/")[2] for build in machine.builds] == [
        "pulumi", "pulumi-language-yaml", "pulumi-language-python", "pulumi-language-python",
    ]  # fmt: skip


def test_another_version_of_the_engine_is_linked_next_to_a_new_language_host(machine: Machine) -> None:
    machine.has_go()
    first = machine.toolchain.engine().path
    (machine.sources / "engine" / "go.mod").write_text(ENGINE_MOD.replace("3.253.0", "3.260.0"))
    second = machine.toolchain.engine().path
    assert not first.samefile(second)
    assert first.with_name("pulumi-language-yaml").samefile(second.with_name("pulumi-language-yaml"))
    assert len(machine.builds) == 5


def test_another_version_of_the_yaml_language_host_is_linked_next_to_the_same_engine(machine: Machine) -> None:
    machine.has_go()
    first = machine.toolchain.engine().path
    (machine.sources / "yaml" / "go.mod").write_text(YAML_MOD.replace("1.25.0", "1.26.0"))
    second = machine.toolchain.engine().path
    assert first.samefile(second)
    assert not first.with_name("pulumi-language-yaml").samefile(second.with_name("pulumi-language-yaml"))


def test_each_executable_has_the_version_of_its_own_module(machine: Machine) -> None:
    machine.has_go()
    machine.toolchain.engine()
    versions = {build.split()[-1].rpartition("/")[2]: build for build in machine.builds}
    sdk = "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.253.0 "
    assert sdk in versions["pulumi"]
    assert sdk in versions["pulumi-language-python"]
    assert "-X github.com/pulumi/pulumi-yaml/pkg/version.Version=v1.25.0 " in versions["pulumi-language-yaml"]


def test_build_ignores_the_go_settings_of_the_user(machine: Machine) -> None:
    machine.has_go()
    machine.toolchain.vcenter_simulator()
    (build,) = machine.builds
    assert build.startswith("vcsim CGO_ENABLED=0 GOFLAGS= build ")


def test_a_second_call_reuses_the_build(machine: Machine) -> None:
    machine.has_go()
    first = machine.toolchain.vcenter_simulator()
    reported = len(machine.lines)
    assert machine.toolchain.vcenter_simulator() == first
    assert first.exists()
    assert len(machine.builds) == 1
    assert len(machine.lines) == reported


@pytest.mark.parametrize(
    "file",
    [
        "__pycache__/packages.cpython-311.pyc",
        "__pycache__/copied.py",
        "main_test.go",
        ".#main.go",
        ".venv/a.py",
        "vcsim",
    ],
)
def test_generated_and_ignored_files_do_not_change_the_build(machine: Machine, file: str) -> None:
    machine.has_go()
    (machine.sources / "vcsim" / "packages.py").write_text("")
    first = machine.toolchain.vcenter_simulator()
    added = machine.sources / "vcsim" / file
    added.parent.mkdir(exist_ok=True)
    added.write_bytes(b"not read by go build")
    assert machine.toolchain.vcenter_simulator() == first
    assert len(machine.builds) == 1


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("go.mod", SIMULATOR_MOD.replace("0.52.0", "0.53.0")),
        ("main.go", "package main\n"),
        ("go.sum", "github.com/vmware/govmomi v0.52.0 h1:=\n"),
        ("packages.py", "embedded = True\n"),
    ],
    ids=["version", "source", "checksum", "embedded script"],
)
def test_changed_sources_are_built_into_another_folder(machine: Machine, file: str, content: str) -> None:
    machine.has_go()
    first = machine.toolchain.vcenter_simulator()
    (machine.sources / "vcsim" / file).write_text(content)
    second = machine.toolchain.vcenter_simulator()
    assert first != second
    assert first.exists()
    assert second.exists()


def test_a_build_deletes_the_partial_folder_of_a_killed_build(machine: Machine) -> None:
    machine.has_go(before=f"echo started > {machine.root}/started; read line < {machine.root}/continue")
    for fifo in ("started", "continue"):
        os.mkfifo(machine.root / fifo)
    program = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import pathlib, toolchain\n"
        f"toolchain.Toolchain({machine.environ!r}, sources=pathlib.Path({str(machine.sources)!r})).vcenter_simulator()"
    )
    with subprocess.Popen([sys.executable, "-c", program], start_new_session=True) as build:
        (machine.root / "started").read_text()  # returns when the compiler runs
        os.killpg(build.pid, signal.SIGKILL)
    (partial,) = machine.cached
    assert ".part-" in partial
    machine.has_go()
    assert machine.toolchain.vcenter_simulator().exists()
    assert partial not in machine.cached
    assert len(machine.cached) == 1


def test_a_concurrent_build_waits_for_the_first_and_reuses_its_result(machine: Machine) -> None:
    machine.has_go(before=f"echo started > {machine.root}/started; read line < {machine.root}/continue")
    for fifo in ("started", "continue"):
        os.mkfifo(machine.root / fifo)
    waiting = threading.Event()
    found: list[Path] = []

    def build(report: Callable[[str], None]) -> threading.Thread:
        tools = Toolchain(machine.environ, report, machine.sources)
        thread = threading.Thread(target=lambda: found.append(tools.vcenter_simulator()))
        thread.start()
        return thread

    first = build(machine.lines.append)
    (machine.root / "started").read_text()
    second = build(lambda line: waiting.set() if line.startswith("waiting for another process") else None)
    assert waiting.wait(timeout=30)
    (machine.root / "continue").write_text("\n")
    for thread in (first, second):
        thread.join(timeout=30)
    assert len(found) == 2
    assert found[0] == found[1]
    assert len(machine.builds) == 1


def test_fails_without_go_naming_the_remedy(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match=r"`go` is not on PATH.*install Go 1\.25\.11 or later"):
        machine.toolchain.engine()
    assert machine.lines == []
    assert machine.cached == []


def test_fails_with_the_last_lines_of_the_compiler_and_caches_nothing(machine: Machine) -> None:
    machine.has_go(before="i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo main.go:$i: undefined >&2; done; exit 2")
    with pytest.raises(ToolchainError) as failure:
        machine.toolchain.vcenter_simulator()
    first, *lines = str(failure.value).splitlines()
    assert first == "building the vCenter simulator 0.52.0 failed: go build exited with 2:"
    assert lines == [f"main.go:{number}: undefined" for number in range(31, 51)]
    assert machine.cached == []


def run(machine: Machine, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script under a Python without packages."""
    command = [sys.executable, "-I", "-S", str(script), *arguments]
    return subprocess.run(command, env=machine.environ, capture_output=True, text=True, check=False)


def test_script_needs_no_installed_package(machine: Machine) -> None:
    machine.has_go()
    ran = run(machine, SCRIPT, "build")
    assert ran.returncode == 0, ran.stderr
    assert [name.partition("-3")[0].partition("-1")[0] for name in machine.cached[:3]] == [
        "pulumi", "pulumi-language-python", "pulumi-language-yaml",
    ]  # fmt: skip
    assert machine.cached[3].startswith("vcsim-")
    assert ran.stderr.splitlines()[-1].startswith("pulumi 3.253.0 built from Go modules: ")


def test_script_builds_only_the_simulator_if_pulumi_is_on_path(machine: Machine) -> None:
    machine.has_go()
    machine.has_pulumi("3.260.0")
    assert run(machine, SCRIPT, "build").returncode == 0
    assert [name.partition("-")[0] for name in machine.cached] == ["vcsim"]


def test_fails_as_a_script_without_a_traceback(machine: Machine) -> None:
    ran = run(machine, SCRIPT, "build")
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: ")
    assert "`go` is not on PATH" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert run(machine, SCRIPT).returncode == 2


def test_an_installed_wheel_has_its_sources_next_to_the_module(machine: Machine) -> None:
    machine.has_go()
    installed = machine.root / "site-packages" / "pulumi_vmimport_sandbox"
    installed.mkdir(parents=True)
    shutil.copytree(machine.sources, installed / "toolchain_sources")
    (installed / "toolchain_sources" / "vcsim" / "go.mod").write_text(SIMULATOR_MOD.replace("0.52", "0.99"))
    ran = run(machine, Path(shutil.copy(SCRIPT, installed)), "build")
    assert ran.returncode == 0, ran.stderr
    assert machine.cached[-1].startswith("vcsim-0.99.0-")


@pytest.mark.parametrize(
    ("environ", "cache"),
    [
        ({"VMIMPORT_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/pulumi-vmimport"),
        ({"HOME": "/c"}, "/c/.cache/pulumi-vmimport"),
    ],
    ids=["ours", "XDG", "home"],
)
def test_cache_folder_comes_from_the_environment(environ: dict[str, str], cache: str) -> None:
    assert Toolchain(environ).cache == Path(cache)
