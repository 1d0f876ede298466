"""The programs that the benchmarks measure against and with: built or installed once, kept in the sandbox's cache."""

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
_SOURCES = Path(__file__).with_name("go")


@cache
def wire() -> Path:
    """Our own S3, relay and stop watch (go/wire)."""
    return _built() / "wire"


@cache
def govc() -> Path:
    """VMware's command line for vSphere, of the version of the simulator (go/govc)."""
    return _built() / "govc"


@cache
def aws() -> Path:
    """The AWS CLI, in an environment of its own: its botocore is not the library's."""
    folder = Toolchain().cache / f"benchmarks-{AWS_CLI.replace('==', '-')}"
    command = folder / "bin" / "aws"
    if not (folder / "complete").exists():  # an environment cannot be moved, so a mark says that it is whole
        sys.stderr.write(f"installing {AWS_CLI} in {folder}\n")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        options = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([folder / "bin" / "pip", "install", *options, AWS_CLI], check=True)
        (folder / "complete").touch()
    return command


def _built() -> Path:
    content = hashlib.sha256()
    for file in sorted(path for path in _SOURCES.rglob("*") if path.is_file()):
        content.update(f"\0{file.relative_to(_SOURCES)}\0".encode() + file.read_bytes())
    folder = Toolchain().cache / f"benchmarks-{content.hexdigest()[:12]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        sys.stderr.write(f"building the benchmarks' programs with Go: about 1 minute, once; kept in {folder}\n")
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=folder.name + ".part-") as part:
            environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
            command = ["go", "build", "-o", f"{part}{os.sep}made{os.sep}", "./wire", "./govc"]
            subprocess.run(command, cwd=_SOURCES, env=environment, check=True)
            (Path(part) / "made").replace(folder)
    return folder
