"""Find the Pulumi engine and the vCenter simulator on this machine, or build them once from Go modules.

This module imports only the standard library, so it runs before any package is installed:
`python3 sandbox/pulumi_vmimport_sandbox/toolchain.py build`.

Builds are cached in $VMIMPORT_CACHE, $XDG_CACHE_HOME/pulumi-vmimport or ~/.cache/pulumi-vmimport, in a folder for each
version and hash of sources. The folder appears only when the build is complete.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

Report = Callable[[str], None]
SDK = "github.com/pulumi/pulumi/sdk/v3"
# No inlining and no debug information, except in the standard library, which is shared with other builds. Measured with
# the GOGC below: compiling the engine takes 331 s of CPU instead of 506 s; its commands are not slower.
COMPILER_FLAGS = ("-gcflags=all=-l -dwarf=false", "-gcflags=std=")
COMPILER_ENVIRONMENT = {
    "CGO_ENABLED": "0",  # as in Pulumi's releases; no C compiler is required
    "GOGC": "400",  # 20 % less compile time; the largest package then needs 1.4 GB of memory
    "GOFLAGS": "",  # the user's flags, such as -mod=vendor, apply to the user's modules
    "GOWORK": "off",
}
REPORTED_LINES = 20  # of the output of a failed build; Go prints compiler errors last
# packages.go embeds a Python script.
SOURCE_SUFFIXES = frozenset({".go", ".mod", ".py", ".sum"})
NOT_SOURCES = re.compile(r"(^|/)[._]|_test\.go$")  # files and folders that `go build` ignores, such as __pycache__


class ToolchainError(Exception):
    """The engine or the simulator was not found and cannot be built; the message contains the remedy."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi CLI that runs programs in Python and YAML."""

    path: Path  # the `pulumi` executable
    environment: dict[str, str]  # variables of its process: PATH, which contains its plugins, and PULUMI_PYTHON_CMD
    description: str  # one line, such as "pulumi 3.253.0 built from Go modules"


@dataclass(frozen=True)
class Recipe:
    """An executable that Go builds from a module in the toolchain's sources."""

    title: str
    executable: str
    folder: str
    module: str  # the Go module that it is built from; its version is the build's version
    packages: tuple[str, ...]
    build_time: str  # on two cores with empty caches (measured)
    companion_files: tuple[str, ...] = ()  # files of the Pulumi SDK that are copied next to the executable
    companions: tuple[Recipe, ...] = ()  # builds whose executables are linked next to this one
    version_variable: str = f"{SDK}/go/common/version.Version"  # the Go variable that contains the version


ENGINE = Recipe(
    title="pulumi", executable="pulumi", folder="engine", build_time="3 to 5 minutes",
    module="github.com/pulumi/pulumi/pkg/v3", packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
)  # fmt: skip
# pulumi-yaml requires an older SDK, with which the engine does not compile, and does not compile with the engine's.
YAML_HOST = Recipe(
    title="the YAML language host", executable="pulumi-language-yaml", folder="yaml", build_time="30 seconds",
    module="github.com/pulumi/pulumi-yaml", packages=("./pulumi-language-yaml",),
    version_variable="github.com/pulumi/pulumi-yaml/pkg/version.Version",
)  # fmt: skip
# A build of its own: a change of its sources does not rebuild the engine. The engine and the other language host are
# linked next to it, because the engine warns about a language host in any other folder.
LANGUAGE_HOST = Recipe(
    title="the Python language host", executable="pulumi-language-python", folder="engine", build_time="10 seconds",
    module=SDK, packages=("./pulumi-language-python",), companions=(ENGINE, YAML_HOST),
    companion_files=("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
)  # fmt: skip
SIMULATOR = Recipe(
    title="the vCenter simulator", executable="vcsim", folder="vcsim", build_time="about 1 minute",
    module="github.com/vmware/govmomi", packages=(".",),
)  # fmt: skip


class Toolchain:
    """Finds and builds the executables.

    Args:
        environ: Environment variables for the search and for builds. Default: those of this process.
        report: Receives each progress line. Default: lines are written to standard error.
        sources: The folder that contains the Go modules. Default: the folder of this installation or checkout.
    """

    def __init__(
        self, environ: Mapping[str, str] = os.environ, report: Report | None = None, sources: Path | None = None
    ) -> None:
        self.environ, self.report = environ, report or _report
        self.sources = sources or _sources()
        self.cache = _cache(environ)

    def engine(self) -> Engine:
        """The pulumi on PATH if it is new enough and complete, otherwise an engine that is built on first use.

        Raises ToolchainError if no engine is found and the build fails.
        """
        if path := self._pulumi_on_path():
            description = f"pulumi {self._version_of(path)} from PATH"
        else:
            path = self._ensure_built(LANGUAGE_HOST).with_name(ENGINE.executable)
            description = f"pulumi {self._version(ENGINE)} built from Go modules"
        search = f"{path.parent}{os.pathsep}{self.environ.get('PATH', os.defpath)}"
        return Engine(path, {"PATH": search, "PULUMI_PYTHON_CMD": sys.executable}, description)

    def vcenter_simulator(self) -> Path:
        """The executable of the vCenter simulator, built on first use. Raises ToolchainError if the build fails."""
        return self._ensure_built(SIMULATOR)

    def build(self) -> None:
        """Build the simulator and, if necessary, the engine."""
        # The other modules are downloaded while the simulator compiles. They are compiled afterwards: all need the
        # standard library, and concurrent builds would each compile it.
        with ThreadPoolExecutor() as pool:
            simulator = pool.submit(self.vcenter_simulator)
            missing = [] if self._pulumi_on_path() else [r for r in (ENGINE, YAML_HOST) if not self._folder(r).is_dir()]
            for recipe in missing:
                self._go(recipe, f"downloading the Go modules of {recipe.title}", "list", "-deps", *recipe.packages)
            self.report(f"vCenter simulator: {simulator.result()}")
            list(pool.map(self._ensure_built, missing))
        self.report(f"{(engine := self.engine()).description}: {engine.path}")

    def _pulumi_on_path(self) -> Path | None:
        """The pulumi on PATH, if it has a Python language host and is not older than the version of ENGINE."""
        found = self._which("pulumi")
        host = LANGUAGE_HOST.executable
        if not found or not (found.resolve().with_name(host).exists() or self._which(host)):
            return None
        return found if _numbers(self._version_of(found)) >= _numbers(self._version(ENGINE)) else None

    def _version_of(self, pulumi: Path) -> str:
        """The version that an executable reports; empty if it does not run."""
        environ = {**self.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        with contextlib.suppress(OSError):  # for example, built for another architecture
            completed = subprocess.run([pulumi, "version"], env=environ, capture_output=True, text=True, check=False)
            return completed.stdout.strip().removeprefix("v")
        return ""

    def _which(self, name: str) -> Path | None:
        found = shutil.which(name, path=self.environ.get("PATH", os.defpath))
        return Path(found).absolute() if found else None

    def _version(self, recipe: Recipe) -> str:
        return self._required(recipe, rf"{re.escape(recipe.module)} v")

    def _required(self, recipe: Recipe, requirement: str) -> str:
        """A version that the recipe's go.mod requires."""
        file = self.sources / recipe.folder / "go.mod"
        if found := re.search(rf"^\s*(?:require\s+)?{requirement}(\S+)", file.read_text("utf-8"), re.MULTILINE):
            return found[1]
        raise ToolchainError(f"{file} has no line that matches {requirement!r}; reinstall pulumi-vmimport-sandbox")

    def _folder(self, recipe: Recipe) -> Path:
        """The folder of a build; it differs by version, sources, platform, compiler flags and linked executables."""
        parts = (sys.platform, platform.machine(), recipe.packages, recipe.companion_files, COMPILER_FLAGS)
        linked = "".join(self._folder(companion).name for companion in recipe.companions)
        content = hashlib.sha256((repr(parts) + linked).encode())
        root = self.sources / recipe.folder
        folders = [root / package for package in recipe.packages if package.startswith(".")]  # others are in go.sum
        files = {*root.glob("go.*"), *(path for folder in folders for path in folder.rglob("*"))}
        names = (path.relative_to(root).as_posix() for path in files if path.suffix in SOURCE_SUFFIXES)
        for name in sorted(name for name in names if not NOT_SOURCES.search(name)):
            source = (root / name).read_bytes()
            content.update(f"\0{name}\0{len(source)}\0".encode() + source)
        return self.cache / f"{recipe.executable}-{self._version(recipe)}-{content.hexdigest()[:12]}"

    def _ensure_built(self, recipe: Recipe) -> Path:
        folder = self._folder(recipe)
        if not folder.is_dir():
            self.cache.mkdir(parents=True, exist_ok=True)
            with self._build_lock(folder, recipe):
                if not folder.is_dir():  # another process may have built it in the meantime
                    self._build(recipe, folder)
        return folder / recipe.executable

    @contextlib.contextmanager
    def _build_lock(self, folder: Path, recipe: Recipe) -> Iterator[None]:
        """Hold the folder's lock. The operating system releases it when the process exits."""
        with folder.with_name(folder.name + ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.report(f"waiting for another process that is building {recipe.title}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _build(self, recipe: Recipe, folder: Path) -> None:
        version = self._version(recipe)
        name = f"{recipe.title} {version}"
        self._go_command()  # fail before the first progress line
        companions = [self._ensure_built(companion) for companion in recipe.companions]
        for partial in self.cache.glob(folder.name + ".part-*"):  # of a killed build: this process holds the lock
            shutil.rmtree(partial)
        self.report(f"building {name} with Go: {recipe.build_time} on two cores; the result is cached in {folder}")
        started = time.monotonic()
        part = Path(tempfile.mkdtemp(prefix=folder.name + ".part-", dir=self.cache))
        try:
            part.chmod(0o755)
            linker = f"-ldflags=-s -w -X {recipe.version_variable}=v{version}"
            self._go(recipe, f"building {name}", "build", *COMPILER_FLAGS, linker, "-o", f"{part}/", *recipe.packages)
            for companion in companions:
                os.link(companion, part / companion.name)
            if recipe.companion_files:
                module = Path(self._go(recipe, f"finding {SDK}", "list", "-m", "-f", "{{.Dir}}", SDK).strip())
                for file in recipe.companion_files:
                    shutil.copyfile(module / file, part / Path(file).name).chmod(0o755)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)  # does not exist after a successful build
        self.report(f"built {name} in {time.strftime('%-M min %-S s', time.gmtime(time.monotonic() - started))}")

    def _go_command(self) -> Path:
        if found := self._which("go"):
            return found
        remedy = f"`go` is not on PATH; install Go {self._required(ENGINE, 'go ')} or later and rerun"
        raise ToolchainError(f"cannot build pulumi {self._version(ENGINE)} or the vCenter simulator: {remedy}")

    def _go(self, recipe: Recipe, task: str, *arguments: str) -> str:
        """The output of a go command in the recipe's module. Raises ToolchainError if the command fails."""
        completed = subprocess.run(
            [self._go_command(), *arguments],
            cwd=self.sources / recipe.folder, env={**self.environ, **COMPILER_ENVIRONMENT}, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if completed.returncode:
            output = "\n".join(completed.stdout.strip().splitlines()[-REPORTED_LINES:])
            raise ToolchainError(f"{task} failed: go {arguments[0]} exited with {completed.returncode}:\n{output}")
        return completed.stdout


def engine() -> Engine:
    """The Pulumi engine of this machine. See `Toolchain.engine`."""
    return Toolchain().engine()


def vcenter_simulator() -> Path:
    """The executable of the vCenter simulator. See `Toolchain.vcenter_simulator`."""
    return Toolchain().vcenter_simulator()


def _sources() -> Path:
    """The Go modules: next to this file in an installation, next to the package in a checkout."""
    here = Path(__file__).resolve().parent
    candidates = (here / "toolchain_sources", here.parent / "toolchain")
    if found := [folder for folder in candidates if (folder / ENGINE.folder / "go.mod").exists()]:
        return found[0]
    raise ToolchainError(f"no Go modules in {' or '.join(map(str, candidates))}; reinstall pulumi-vmimport-sandbox")


def _cache(environ: Mapping[str, str]) -> Path:
    if folder := environ.get("VMIMPORT_CACHE"):
        return Path(folder).absolute()
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home()) / ".cache"
    return Path(home) / "pulumi-vmimport"


def _numbers(version: str) -> tuple[int, ...]:
    """3.253.0-alpha.1 -> (3, 253, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))


def _report(line: str) -> None:
    sys.stderr.write(line + "\n")


def main(arguments: list[str]) -> None:
    """Run the command line."""
    if arguments != ["build"]:
        _report("usage: toolchain.py build")
        sys.exit(2)
    try:
        Toolchain().build()
    except ToolchainError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        _report("interrupted: no partial build was kept; rerun to build")
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
