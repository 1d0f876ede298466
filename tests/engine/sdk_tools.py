"""Tools that generate and compile the SDKs of other languages: built or installed once, in the toolchain's cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pulumi_vmimport_sandbox.toolchain import COMPILER_ENVIRONMENT, COMPILER_FLAGS, Toolchain

_FOLDER = Path(__file__).parent
GENERATOR_SOURCES = _FOLDER / "sdk_generators"
TYPESCRIPT = _FOLDER / "typescript"
GENERATED = ("go", "nodejs", "python")
"""The languages whose code generators are on the Go module proxy, by the names that `pulumi package gen-sdk` has."""


def language_hosts() -> Path:
    """A folder of language hosts that generate SDKs and run no programs (sdk_generators/main.go)."""

    def build(folder: Path) -> None:
        go(GENERATOR_SOURCES, "build", *COMPILER_FLAGS, "-ldflags=-s -w", "-o", str(folder / "generators"), ".")
        for language in GENERATED:
            (folder / f"pulumi-language-{language}").symlink_to("generators")

    return _cached("sdk-generators", (GENERATOR_SOURCES / name for name in ("go.mod", "go.sum", "main.go")), build)


def node_modules() -> Path:
    """The TypeScript compiler and the Pulumi SDK for Node.js, in the versions of typescript/package-lock.json."""

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(TYPESCRIPT / name, folder)
        # Type checks need no build of a native module, and installation scripts download prebuilt ones.
        command = [_tool("npm", "Node.js 20 or later with npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    return _cached("typescript", [TYPESCRIPT / "package-lock.json"], install) / "node_modules"


def go(folder: Path, *arguments: str) -> str:
    """The output of a go command, with the build settings of the engine, whose compiled packages it shares."""
    command = [_tool("go", "Go 1.25.11 or later"), *arguments]
    environ = {**os.environ, **COMPILER_ENVIRONMENT}
    completed = subprocess.run(
        command, cwd=folder, env=environ, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert completed.returncode == 0, completed.stdout
    return completed.stdout


def _tool(name: str, remedy: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not on PATH; install {remedy}, or run `make file-system-tools` as root")
    return found


def _cached(name: str, sources: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """A folder that is made once for each content of its sources, also by several processes at a time."""
    content = hashlib.sha256()
    for source in sources:
        content.update(f"\0{source.name}\0".encode() + source.read_bytes())
    cache = Toolchain().cache
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{content.hexdigest()[:12]}"
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            for partial in cache.glob(folder.name + ".part-*"):  # of a killed run: this process holds the lock
                shutil.rmtree(partial)
            part = Path(tempfile.mkdtemp(prefix=folder.name + ".part-", dir=cache))
            make(part)
            part.rename(folder)
    return folder
