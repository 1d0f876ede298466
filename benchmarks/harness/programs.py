"""External programs that the benchmarks run: built or installed once and kept in the sandbox's cache."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from pulumi_vmimport_sandbox.toolchain import Toolchain

AWS_CLI = "awscli==1.46.2"
LIBYAL = ("libvmdk-python==20260714", "libfsntfs-python==20260827", "libregf-python==20260526")
_SOURCES = Path(__file__).with_name("go")


@cache
def testbed() -> Path:
    """The benchmarks' own S3 server, relay and process meter (go/testbed)."""
    return _build() / "testbed"


@cache
def govc() -> Path:
    """VMware's command line for vSphere, in the simulator's version (go/govc)."""
    return _build() / "govc"


@cache
def aws() -> Path:
    """The AWS CLI in a virtual environment of its own, because it pins another botocore than the library."""
    return _environment(AWS_CLI) / "bin" / "aws"


@cache
def libyal() -> Path:
    """A Python with the readers of the libyal project: VMDK, NTFS and the registry (LGPL)."""
    return _environment(*LIBYAL) / "bin" / "python"


def _environment(*packages: str) -> Path:
    name = "-".join(package.replace("==", "-") for package in packages)
    folder = Toolchain().cache / f"benchmarks-{name}"
    if not (folder / "complete").exists():  # a virtual environment cannot be moved into place, so a file marks the end
        sys.stderr.write(f"installing {' '.join(packages)} in {folder}\n")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        options = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([folder / "bin" / "pip", "install", *options, *packages], check=True)
        (folder / "complete").touch()
    return folder


def _build() -> Path:
    content = hashlib.sha256()
    for file in sorted(path for path in _SOURCES.rglob("*") if path.is_file()):
        content.update(f"\0{file.relative_to(_SOURCES)}\0".encode() + file.read_bytes())
    folder = Toolchain().cache / f"benchmarks-{content.hexdigest()[:12]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        sys.stderr.write(f"building the benchmarks' programs with Go, once, in about 1 minute: {folder}\n")
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=folder.name + ".part-") as part:
            environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
            command = ["go", "build", "-o", f"{part}{os.sep}bin{os.sep}", "./testbed", "./govc"]
            subprocess.run(command, cwd=_SOURCES, env=environment, check=True)
            (Path(part) / "bin").replace(folder)
    return folder
