"""`pulumi preview` of the unchanged main stack compared with that of an empty program, and where its time goes.

Real engine, simulated AWS and vSphere. The previews run in turn in one session, so that the ratios hold on any machine.
"plugins" is a program that only starts the main stack's plugins: one bucket, one look-up in vSphere and one dynamic
resource of Pulumi's own.
"""

import argparse
import importlib
import io
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.measurement import HEADINGS, Usage, run_interleaved, run_measured, verdict, wall_ratio

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "stacks" / "vsphere_to_workspaces"))
demo_disk = importlib.import_module("demo_disk")

STACK = "noop"
EMPTY, PLUGINS, MAIN = "empty program", "plugins", "main stack"
BAR = 2.5
CLOCK_FACTOR = 2400.0
_LISTED_CPU_SECONDS = 0.05
CONFIG = {"datacenter": "DC0", "datastore": "LocalDS_0", "network": "VM Network", "cluster": "DC0_C0", "diskGb": "70"}

_PLUGINS_PROGRAM = """
import pulumi
import pulumi_aws as aws
import pulumi_vsphere as vsphere
from pulumi import dynamic


class Provider(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("id", props)


class Dynamic(dynamic.Resource, name="Dynamic"):
    pass


aws.s3.Bucket("bucket")
pulumi.export("datacenter", vsphere.get_datacenter_output(name="DC0").id)
Dynamic(Provider(), "dynamic", {})
"""

_IMPORTS = {
    "pulumi": "import pulumi",
    "pulumi-aws, pulumi-vsphere": "import pulumi_aws.s3, pulumi_aws.iam, pulumi_vsphere; pulumi_aws.s3.Bucket",
    "the library's components": "import pulumi_vmimport as v; v.ByolWorkspaceImage; v.SourceVirtualMachine",
}
"""What the main stack's program imports, in this order."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="number of previews of each program (default: 7)")
    pairs = parser.parse_args().pairs
    with (
        tempfile.TemporaryDirectory(prefix="noop-preview-") as name,
        Sandbox(
            Path(name) / "sandbox",
            clock=SandboxClock.fast(CLOCK_FACTOR),
            guest_disk=demo_disk.make_disk(Path(name) / "windows.vmdk", int(CONFIG["diskGb"])),
        ) as sandbox,
    ):
        sandbox.vcenter.put_file("LocalDS_0", "iso/windows.iso", io.BytesIO(bytes(1 << 16)))
        environment = {**os.environ, **sandbox.environment, "VMIMPORT_POLL_SECONDS": "0.05"}
        previews = {way: Preview(way, folder, environment) for way, folder in projects(Path(name))}
        for preview in previews.values():
            preview.deploy()
        usages = run_interleaved(pairs, {way: partial(preview.run) for way, preview in previews.items()})
        print(f"{pairs} unchanged previews of each program, in turn\n{'':>26} {HEADINGS}")
        for way, runs in usages.items():
            print(f"{way:>26} {Usage.summary(runs)}")
        print(f"plugins to empty program: {wall_ratio(usages[PLUGINS], usages[EMPTY]):.2f}")
        print(f"main stack to plugins: {wall_ratio(usages[MAIN], usages[PLUGINS]):.2f}")
        print(verdict("main stack to empty program", wall_ratio(usages[MAIN], usages[EMPTY]), BAR))
        print("\nimports of the main stack's program, CPU ms (median of 5)")
        for title, milliseconds in import_milliseconds():
            print(f"{title:>40} {milliseconds:>6.0f}")
        print("\nprocesses of one preview of the main stack, seconds since its start")
        for process in previews[MAIN].processes():
            print(process)


class Preview:
    """The previews of one deployed program."""

    def __init__(self, way: str, folder: Path, environment: dict[str, str]) -> None:
        self.environment, self.folder = environment, folder
        executable = shutil.which("pulumi", path=environment["PATH"]) or "pulumi"
        self._options = ("--stack", STACK, "--cwd", str(folder), "--non-interactive")
        self._pulumi = executable
        self._config = CONFIG if way == MAIN else {}

    def deploy(self) -> None:
        """Create the stack and its resources."""
        self._run("stack", "init")
        for key, value in self._config.items():
            self._run("config", "set", key, value)
        self._run("up", "--yes", "--skip-preview")

    def run(self, _number: int) -> Usage:
        """Run a preview, which must find no change."""
        return run_measured(*self._preview(), environment=self.environment)[0]

    def processes(self) -> "list[Process]":
        """The processes of one preview, in the order of their start."""
        running = subprocess.Popen(self._preview(), env=self.environment, stdout=subprocess.DEVNULL)
        seen: dict[int, Process] = {}
        start = time.monotonic()
        waiter = threading.Thread(target=running.wait)
        waiter.start()
        while waiter.is_alive():
            for pid, command, cpu_seconds in descendants(running.pid):
                at = time.monotonic() - start
                first = seen[pid].first_seconds if pid in seen else at
                seen[pid] = Process(command, first, at, cpu_seconds)
            waiter.join(0.02)
        return [process for process in seen.values() if process.cpu_seconds >= _LISTED_CPU_SECONDS]

    def _preview(self) -> tuple[str, ...]:
        return (self._pulumi, "preview", "--expect-no-changes", *self._options)

    def _run(self, *words: str) -> None:
        done = subprocess.run(
            [self._pulumi, *words, *self._options], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"pulumi {words[0]} failed:\n{done.stdout}\n{done.stderr}")


@dataclass(frozen=True)
class Process:
    """What /proc reported of a process while it ran."""

    command: str
    first_seconds: float
    last_seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.first_seconds:>6.2f} to {self.last_seconds:>5.2f}  CPU {self.cpu_seconds:>5.2f}  {self.command}"


def descendants(root: int) -> Iterator[tuple[int, str, float]]:
    """(pid, command, CPU seconds) of a process and of all processes that it started."""
    parents, found = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue  # the process has just ended
        parents[int(entry.name)] = int(fields[1])
        cpu_seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        found[int(entry.name)] = (_title(words), cpu_seconds)
    for pid, (command, cpu_seconds) in found.items():
        ancestor = pid
        while ancestor not in {root, 0, 1}:
            ancestor = parents.get(ancestor, 0)
        if ancestor == root:
            yield pid, command, cpu_seconds


def _title(words: list[str]) -> str:
    """The command without paths and without what follows its first four words."""
    return " ".join(Path(word).name if word.startswith("/") else word for word in words[:4])[:60]


def projects(directory: Path) -> Iterator[tuple[str, Path]]:
    """(way, folder of its Pulumi project)."""
    for way, program in ((EMPTY, "import pulumi\n"), (PLUGINS, _PLUGINS_PROGRAM)):
        folder = directory / way.replace(" ", "-")
        folder.mkdir()
        (folder / "__main__.py").write_text(program)
        (folder / "Pulumi.yaml").write_text(
            f"name: {folder.name}\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        )
        yield way, folder
    main_stack = directory / "main-stack"
    shutil.copytree(
        ROOT / "stacks", main_stack / "stacks", ignore=shutil.ignore_patterns("__pycache__", ".venv"), symlinks=True
    )
    shutil.copy(ROOT / "Pulumi.yaml", main_stack)
    for link in (main_stack, main_stack / "stacks" / "vsphere_to_workspaces"):
        (link / ".venv").symlink_to(sys.prefix)
    yield MAIN, main_stack


def import_milliseconds() -> Iterator[tuple[str, float]]:
    """(what, CPU milliseconds) of each part of the imports."""
    program = ["import time", "print(end=f'{time.process_time()} ')"]
    for code in _IMPORTS.values():
        program += [code, "print(end=f'{time.process_time()} ')"]
    readings = []
    for _ in range(5):
        printed = subprocess.run([sys.executable, "-c", "\n".join(program)], capture_output=True, text=True, check=True)
        times = [float(word) for word in printed.stdout.split()]
        readings.append([1000 * (after - before) for before, after in itertools.pairwise(times)])
    for title, values in zip(_IMPORTS, zip(*readings, strict=True), strict=True):
        yield title, statistics.median(values)


if __name__ == "__main__":
    main()
