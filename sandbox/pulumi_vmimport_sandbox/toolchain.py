"""The Pulumi engine and the vCenter simulator: found on this machine, or built once from Go modules and kept.

Needs the standard library only, so that it also runs before anything is installed:
`python3 sandbox/pulumi_vmimport_sandbox/toolchain.py build`.

What is built is kept in $VMIMPORT_CACHE, else $XDG_CACHE_HOME/pulumi-vmimport, else ~/.cache/pulumi-vmimport, in a
folder named after the version and the sources, which appears complete or not at all.
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

Say = Callable[[str], None]
SDK = "github.com/pulumi/pulumi/sdk/v3"
# No inlining and no debug information, but in the standard library, which is shared with other builds. Measured, with
# GOGC below: the engine takes 331 s of CPU instead of 506 s to compile, and its commands take as long as before.
COMPILER_FLAGS = ("-gcflags=all=-l -dwarf=false", "-gcflags=std=")
COMPILER_ENVIRONMENT = {
    "CGO_ENABLED": "0",  # as in Pulumi's own releases: needs no C compiler
    "GOGC": "400",  # a fifth less compiler time for 1.4 GB of memory in the largest package
    "GOFLAGS": "",  # the user's own, such as -mod=vendor, are meant for the user's own modules
    "GOWORK": "off",
}
LAST_LINES = 20  # of a failed build are shown; Go puts the compiler's errors last


class ToolchainError(Exception):
    """The engine or the simulator is not on this machine and cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi command line that runs Python programs."""

    path: Path  # the `pulumi` executable
    environment: dict[str, str]  # what its process needs: PATH, where its plugins are, and PULUMI_PYTHON_CMD
    description: str  # one line for people, such as "pulumi 3.253.0 built from Go modules"


@dataclass(frozen=True)
class Recipe:
    """Something that Go builds from a module below the toolchain's sources."""

    title: str
    executable: str
    folder: str
    module: str  # that it is made of and has its version from
    packages: tuple[str, ...]
    takes: str  # on two cores when nothing is cached (measured)
    beside: tuple[str, ...] = ()  # files of the SDK that belong beside the executable


ENGINE = Recipe(
    title="pulumi",
    executable="pulumi",
    folder="engine",
    module="github.com/pulumi/pulumi/pkg/v3",
    packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "./pulumi-language-python"),
    takes="3 to 5 minutes",
    beside=("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
)
SIMULATOR = Recipe(
    title="the vCenter simulator",
    executable="vcsim",
    folder="vcsim",
    module="github.com/vmware/govmomi",
    packages=(".",),
    takes="about 1 minute",
)


class Toolchain:
    """Finds and builds in one environment.

    Args:
        environ: The environment to look in and to build in.
        say: Takes each line about what is happening. Default: it goes to standard error.
        sources: The folder with the Go modules. Default: the one of this installation or checkout.
    """

    def __init__(
        self, environ: Mapping[str, str] = os.environ, say: Say | None = None, sources: Path | None = None
    ) -> None:
        self.environ, self.say = environ, say or _say
        self.sources = sources or _sources()
        self.cache = _cache(environ)

    def engine(self) -> Engine:
        """The engine: the pulumi on PATH when it is new enough and complete, else one built on first need.

        Raises:
            ToolchainError: There is none and none can be built.
        """
        path = self._pulumi_on_path()
        if path:
            description = f"pulumi {self._version_of(path)} from PATH"
        else:
            path = self._built(ENGINE)
            description = f"pulumi {self._version(ENGINE)} built from Go modules"
        search = f"{path.parent}{os.pathsep}{self.environ.get('PATH', os.defpath)}"
        return Engine(path, {"PATH": search, "PULUMI_PYTHON_CMD": sys.executable}, description)

    def vcenter_simulator(self) -> Path:
        """The executable of the vCenter simulator, built on first need. Raises as `engine` does."""
        return self._built(SIMULATOR)

    def build(self) -> None:
        """Make both.

        The engine's modules are downloaded while the simulator compiles, and the engine is compiled after it: both
        need the standard library, which two builds at once would both compile.
        """
        with ThreadPoolExecutor() as pool:
            simulator = pool.submit(self.vcenter_simulator)
            if not self._pulumi_on_path() and not self._folder(ENGINE).is_dir():
                self._go(ENGINE, f"downloading the Go modules of {ENGINE.title}", "list", "-deps", *ENGINE.packages)
            self.say(f"vCenter simulator: {simulator.result()}")
        engine = self.engine()
        self.say(f"{engine.description}: {engine.path}")

    def _pulumi_on_path(self) -> Path | None:
        """The pulumi of PATH, if it is at least as new as ours and has its own Python language host."""
        found = self._which("pulumi")
        host = "pulumi-language-python"
        if not found or not (found.resolve().with_name(host).exists() or self._which(host)):
            return None
        return found if _numbers(self._version_of(found)) >= _numbers(self._version(ENGINE)) else None

    def _version_of(self, pulumi: Path) -> str:
        """What this pulumi says its version is; empty if it does not run."""
        environ = {**self.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            told = subprocess.run([pulumi, "version"], env=environ, capture_output=True, text=True, check=False)
        except OSError:  # for example built for another kind of machine
            return ""
        return told.stdout.strip().removeprefix("v")

    def _which(self, name: str) -> Path | None:
        found = shutil.which(name, path=self.environ.get("PATH", os.defpath))
        return Path(found).absolute() if found else None

    def _version(self, recipe: Recipe) -> str:
        return self._required(recipe, rf"{re.escape(recipe.module)} v")

    def _required(self, recipe: Recipe, what: str) -> str:
        """A version that the recipe's go.mod, the one place that says it, requires."""
        file = self.sources / recipe.folder / "go.mod"
        found = re.search(rf"^\s*(?:require\s+)?{what}(\S+)", file.read_text("utf-8"), re.MULTILINE)
        if not found:
            raise ToolchainError(f"{file} has no line that matches {what!r}: install pulumi-vmimport again")
        return found[1]

    def _folder(self, recipe: Recipe) -> Path:
        """Where the results are kept: another version, source or machine is another folder."""
        content = hashlib.sha256(repr((sys.platform, platform.machine(), recipe, COMPILER_FLAGS)).encode())
        root = self.sources / recipe.folder
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            content.update(f"\0{file.relative_to(root)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
        return self.cache / f"{recipe.executable}-{self._version(recipe)}-{content.hexdigest()[:12]}"

    def _built(self, recipe: Recipe) -> Path:
        folder = self._folder(recipe)
        if not folder.is_dir():
            self.cache.mkdir(parents=True, exist_ok=True)
            with self._only_one(folder, recipe):
                if not folder.is_dir():  # or another process has built it while this one waited
                    self._build(recipe, folder)
        return folder / recipe.executable

    @contextlib.contextmanager
    def _only_one(self, folder: Path, recipe: Recipe) -> Iterator[None]:
        """Hold the folder's lock, which the system drops with the process however that ends."""
        with folder.with_name(folder.name + ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"waiting for another process that builds {recipe.title}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _build(self, recipe: Recipe, folder: Path) -> None:
        version = self._version(recipe)
        name = f"{recipe.title} {version}"
        self._go_command()  # promise nothing without it
        for left in self.cache.glob(folder.name + ".part-*"):  # by a build that was killed: we have the lock
            shutil.rmtree(left)
        self.say(f"building {name} with Go: {recipe.takes} on two cores, once; kept in {folder}")
        began = time.monotonic()
        part = Path(tempfile.mkdtemp(prefix=folder.name + ".part-", dir=self.cache))
        try:
            part.chmod(0o755)
            linker = f"-ldflags=-s -w -X {SDK}/go/common/version.Version=v{version}"
            output = f"{part}{os.sep}"
            self._go(recipe, f"building {name}", "build", *COMPILER_FLAGS, linker, "-o", output, *recipe.packages)
            if recipe.beside:
                module = Path(self._go(recipe, f"finding {SDK}", "list", "-m", "-f", "{{.Dir}}", SDK).strip())
                for file in recipe.beside:
                    shutil.copyfile(module / file, part / Path(file).name).chmod(0o755)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)  # not there any more if all went well
        minutes, seconds = divmod(round(time.monotonic() - began), 60)
        self.say(f"built {name} in {minutes} min {seconds} s")

    def _go_command(self) -> Path:
        found = self._which("go")
        if not found:
            raise ToolchainError(
                f"there is no go on PATH, which builds pulumi {self._version(ENGINE)} and the vCenter simulator, once: "
                f"install Go {self._required(ENGINE, 'go ')} or newer and run this again"
            )
        return found

    def _go(self, recipe: Recipe, doing: str, *arguments: str) -> str:
        """The output of a go command in the recipe's module; its last lines are the error if it fails."""
        ran = subprocess.run(
            [self._go_command(), *arguments],
            cwd=self.sources / recipe.folder,
            env={**self.environ, **COMPILER_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ran.returncode:
            words = "\n".join(ran.stdout.strip().splitlines()[-LAST_LINES:])
            raise ToolchainError(f"{doing} failed: go {arguments[0]} ended with {ran.returncode}:\n{words}")
        return ran.stdout


def engine() -> Engine:
    """The Pulumi engine of this machine, built on first need. See `Toolchain.engine`."""
    return Toolchain().engine()


def vcenter_simulator() -> Path:
    """The executable of the vCenter simulator, built on first need. See `Toolchain.vcenter_simulator`."""
    return Toolchain().vcenter_simulator()


def _sources() -> Path:
    """The Go modules: beside this file in an installed wheel, beside the package in a checkout."""
    here = Path(__file__).resolve().parent
    places = (here / "toolchain_sources", here.parent / "toolchain")
    for place in places:
        if (place / ENGINE.folder / "go.mod").exists():
            return place
    raise ToolchainError(f"no Go modules in {' or '.join(map(str, places))}: install pulumi-vmimport again")


def _cache(environ: Mapping[str, str]) -> Path:
    if environ.get("VMIMPORT_CACHE"):
        return Path(environ["VMIMPORT_CACHE"]).absolute()
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home()) / ".cache"
    return Path(home) / "pulumi-vmimport"


def _numbers(version: str) -> tuple[int, ...]:
    """3.253.0-alpha.1 -> (3, 253, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main(arguments: list[str]) -> int:
    """Run the command line."""
    if arguments != ["build"]:
        _say("usage: toolchain.py build")
        return 2
    try:
        Toolchain().build()
    except ToolchainError as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted: nothing half-built was kept; run this again")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
