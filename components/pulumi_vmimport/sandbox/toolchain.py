"""The Pulumi engine and the vCenter simulator: found on this machine, or built once from Go modules and kept.

Needs nothing but the standard library, so that it also runs before anything is installed:
`python3 components/pulumi_vmimport/sandbox/toolchain.py build`.

What is built goes to $VMIMPORT_CACHE, else $XDG_CACHE_HOME/pulumi-vmimport, else ~/.cache/pulumi-vmimport, into a folder
named after the version and the sources. That folder appears complete or not at all.
"""

from __future__ import annotations

import argparse
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

LAST_LINES = 20
"""How many lines of a failed build are shown: Go puts the compiler's errors last."""


class ToolchainError(Exception):
    """The engine or the simulator is not on this machine and cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi command line that can run Python programs."""

    path: Path
    """The `pulumi` executable."""
    environment: dict[str, str]
    """What its process needs: PATH, where it finds its plugins, and PULUMI_PYTHON_CMD, this interpreter."""
    description: str
    """One line for people, such as "pulumi 3.253.0 built from Go modules"."""


@dataclass(frozen=True)
class Recipe:
    """One thing that Go builds."""

    title: str
    executable: str
    folder: str
    """Its Go module, below the toolchain's sources."""
    module: str
    """The Go module it is made of, whose version it gets."""
    packages: tuple[str, ...]
    takes: str
    """How long a build takes on two cores, as measured with empty caches."""
    beside: tuple[str, ...] = ()
    """Files of Pulumi's Python SDK (Go module github.com/pulumi/pulumi/sdk/v3) that belong beside the executable."""


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


def engine(environ: Mapping[str, str] = os.environ, say: Say | None = None) -> Engine:
    """The Pulumi engine of this machine: the one on PATH when it is new enough, else one built on first need.

    Args:
        environ: The environment to look in, and to build in.
        say: Takes the lines about what is happening. Default: they go to standard error.

    Raises:
        ToolchainError: There is none, and none can be built.
    """
    return Workshop(environ, say or _say).engine()


def vcenter_simulator(environ: Mapping[str, str] = os.environ, say: Say | None = None) -> Path:
    """The executable of the vCenter simulator, built on first need. Arguments and errors as in `engine`."""
    return Workshop(environ, say or _say).vcenter_simulator()


class Workshop:
    """Finds and builds in one environment."""

    def __init__(self, environ: Mapping[str, str], say: Say, sources: Path | None = None) -> None:
        self.environ = environ
        self.say = say
        self.sources = sources or _sources()
        self.cache = _cache(environ)

    def engine(self) -> Engine:
        """See the function of this name."""
        path = self._pulumi_on_path()
        if path:
            return self._engine(path, f"pulumi {self._version_of(path)} from PATH")
        path = self._built(ENGINE)
        return self._engine(path, f"pulumi {self._version(ENGINE)} built from Go modules")

    def vcenter_simulator(self) -> Path:
        """See the function of this name."""
        return self._built(SIMULATOR)

    def build(self) -> None:
        """Make both.

        The engine's modules are downloaded while the simulator compiles, and the engine is compiled after it: they
        share the standard library, which two compilers at once would both compile.
        """
        with ThreadPoolExecutor() as pool:
            simulator = pool.submit(self.vcenter_simulator)
            if not self._pulumi_on_path():
                pool.submit(self._download, ENGINE).result()
            self.say(f"vCenter simulator: {simulator.result()}")
        engine = self.engine()
        self.say(f"{engine.description}: {engine.path}")

    def _engine(self, path: Path, description: str) -> Engine:
        search = os.pathsep.join([str(path.parent), self.environ.get("PATH", os.defpath)])
        return Engine(path, {"PATH": search, "PULUMI_PYTHON_CMD": sys.executable}, description)

    def _pulumi_on_path(self) -> Path | None:
        """The pulumi of PATH, if it is at least as new as ours and comes with its own Python language host."""
        found = self._which("pulumi")
        if not found:
            return None
        hosts = (found.resolve().with_name("pulumi-language-python"), self._which("pulumi-language-python"))
        if not any(host and host.exists() for host in hosts):
            return None
        version = self._version_of(found)
        return found if version and _numbers(version) >= _numbers(self._version(ENGINE)) else None

    def _version_of(self, pulumi: Path) -> str:
        """What this pulumi says its version is; empty if it does not run."""
        environ = {**self.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            told = subprocess.run([pulumi, "version"], env=environ, capture_output=True, text=True, check=False)
        except OSError:  # for example built for another machine
            return ""
        return told.stdout.strip().removeprefix("v")

    def _which(self, name: str) -> Path | None:
        found = shutil.which(name, path=self.environ.get("PATH", os.defpath))
        return Path(found).absolute() if found else None

    def _version(self, recipe: Recipe) -> str:
        """The version in the recipe's go.mod: the one place that says it."""
        required = (self.sources / recipe.folder / "go.mod").read_text("utf-8")
        found = re.search(rf"^(?:require)?\s+{re.escape(recipe.module)} v(\S+)", required, re.MULTILINE)
        if not found:
            raise ToolchainError(f"{self.sources / recipe.folder / 'go.mod'} requires no {recipe.module}")
        return found[1]

    def _folder(self, recipe: Recipe) -> Path:
        """Where the recipe's results are kept: another version, source or machine is another folder."""
        content = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
        root = self.sources / recipe.folder
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            content.update(f"{file.relative_to(root)}\0{file.stat().st_size}\0".encode())
            content.update(file.read_bytes())
        return self.cache / f"{recipe.executable}-{self._version(recipe)}-{content.hexdigest()[:12]}"

    def _built(self, recipe: Recipe) -> Path:
        folder = self._folder(recipe)
        executable = folder / recipe.executable
        if folder.is_dir():
            return executable
        self.cache.mkdir(parents=True, exist_ok=True)
        with self._only_one(folder, recipe):
            if not folder.is_dir():  # another process may have built it while this one waited
                self._build(recipe, folder)
        return executable

    @contextlib.contextmanager
    def _only_one(self, folder: Path, recipe: Recipe) -> Iterator[None]:
        """Hold the folder's lock. The system drops it with the process, however that ends."""
        with folder.with_name(folder.name + ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"waiting for another process that builds {recipe.title}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _build(self, recipe: Recipe, folder: Path) -> None:
        name = f"{recipe.title} {self._version(recipe)}"
        self._go()  # before promising anything
        for left in self.cache.glob(folder.name + ".part-*"):  # of a build that was killed: the lock is ours
            shutil.rmtree(left)
        self.say(f"building {name} with Go: {recipe.takes} on two cores, once; kept in {folder}")
        began = time.monotonic()
        part = Path(tempfile.mkdtemp(prefix=folder.name + ".part-", dir=self.cache))
        try:
            part.chmod(0o755)
            linked = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{self._version(recipe)}"
            self._run(recipe, f"building {name}", "build", "-ldflags", linked, "-o", f"{part}{os.sep}", *recipe.packages)
            self._add(recipe, part)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)  # gone already if all went well
        minutes, seconds = divmod(round(time.monotonic() - began), 60)
        self.say(f"built {name} in {minutes} min {seconds} s")

    def _add(self, recipe: Recipe, folder: Path) -> None:
        if not recipe.beside:
            return
        module = "github.com/pulumi/pulumi/sdk/v3"
        where = self._run(recipe, f"finding {module}", "list", "-m", "-f", "{{.Dir}}", module)
        for file in recipe.beside:
            added = shutil.copyfile(Path(where.strip()) / file, folder / Path(file).name)
            added.chmod(0o755)

    def _download(self, recipe: Recipe) -> None:
        """Fetch the modules that a build would fetch first."""
        if not self._folder(recipe).is_dir():
            doing = f"downloading the Go modules of {recipe.title}"
            self._run(recipe, doing, "list", "-deps", "-f", "{{if .Error}}{{.Error}}{{end}}", *recipe.packages)

    def _go(self) -> Path:
        found = self._which("go")
        if found:
            return found
        needed = re.search(r"^go (\S+)", (self.sources / ENGINE.folder / "go.mod").read_text("utf-8"), re.MULTILINE)
        raise ToolchainError(
            f"there is no go on PATH, which is needed once to build Pulumi {self._version(ENGINE)} and the vCenter "
            f"simulator: install Go {needed[1] if needed else ''} or newer and run this again"
        )

    def _run(self, recipe: Recipe, doing: str, *arguments: str) -> str:
        """The output of a go command in the recipe's module; its last lines are the error if it fails."""
        environ = {
            **self.environ,
            "GOFLAGS": "",  # the user's own flags, such as -mod=vendor, are meant for the user's own modules
            "GOWORK": "off",
            "CGO_ENABLED": "0",  # needs no C compiler, as in Pulumi's own releases
        }
        ran = subprocess.run(
            [self._go(), *arguments],
            cwd=self.sources / recipe.folder,
            env=environ,
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


def _sources() -> Path:
    """The toolchain's sources: beside this file in an installed wheel, at the top of a checkout."""
    here = Path(__file__).resolve().parent
    places = (here / "toolchain_sources", here.parents[2] / "toolchain")
    for place in places:
        if (place / ENGINE.folder / "go.mod").exists():
            return place
    raise ToolchainError(f"the sources of the toolchain are at none of {', '.join(map(str, places))}: install again")


def _cache(environ: Mapping[str, str]) -> Path:
    if environ.get("VMIMPORT_CACHE"):
        return Path(environ["VMIMPORT_CACHE"]).absolute()
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", Path.home())) / ".cache"
    return Path(home) / "pulumi-vmimport"


def _numbers(version: str) -> tuple[int, ...]:
    """3.253.0-alpha.1 -> (3, 253, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.split("-", maxsplit=1)[0])[:3])


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Find or build the Pulumi engine and the vCenter simulator.")
    parser.add_argument("command", choices=["build"], help="make what is not there yet")
    parser.parse_args(arguments)
    try:
        Workshop(os.environ, _say).build()
    except ToolchainError as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted: nothing half-built was kept; run this again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
