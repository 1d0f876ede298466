"""The native provider compared with the dynamic one: an unchanged preview, and the start of the provider's process.

Real engine, simulated AWS. One stack of each provider has the same ImportImage; their previews run in turn in one
session, so that the ratios hold on any machine.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from harness.measurement import HEADINGS, Usage, run_interleaved, run_measured, wall_ratio
from noop_preview import Preview
from twenty_imports import BUCKET, KEY, prepare

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

DYNAMIC, NATIVE = "dynamic provider", "native provider"
_PROGRAM = f"""
from pulumi_vmimport import ImportImage

disk = {{"format": "RAW", "user_bucket": {{"s3_bucket": "{BUCKET}", "s3_key": "{KEY}"}}}}
ImportImage("web", disk_containers=[disk], platform="Windows")
"""
# Each prints a line as soon as its server accepts calls: the port.
_STARTS = {
    DYNAMIC: (sys.executable, "-u", "-m", "pulumi.dynamic"),
    NATIVE: (sys.executable, "-m", "pulumi_vmimport.plugin"),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="number of runs of each provider (default: 7)")
    pairs = parser.parse_args().pairs
    with (
        tempfile.TemporaryDirectory(prefix="native-provider-") as name,
        Sandbox(Path(name) / "sandbox", vsphere=False, clock=SandboxClock.fast(2400)) as sandbox,
    ):
        prepare(sandbox)
        environment = {**os.environ, **sandbox.environment, "VMIMPORT_POLL_SECONDS": "0.05"}
        previews = {way: Preview(way, folder, environment) for way, folder in projects(Path(name))}
        for preview in previews.values():
            preview.deploy()
        report(f"{pairs} unchanged previews", run_interleaved(pairs, {w: partial(p.run) for w, p in previews.items()}))
    report(
        f"{pairs} starts", run_interleaved(pairs, {way: partial(start, command) for way, command in _STARTS.items()})
    )


def report(title: str, usages: dict[str, list[Usage]]) -> None:
    """Print one table and its ratio."""
    print(f"{title} of each provider, in turn\n{'':>26} {HEADINGS}")
    for way, runs in usages.items():
        print(f"{way:>26} {Usage.summary(runs)}")
    print(f"native to dynamic: {wall_ratio(usages[NATIVE], usages[DYNAMIC]):.2f}\n")


def start(command: tuple[str, ...], _number: int) -> Usage:
    """Start a provider until it accepts calls, and end it."""
    script = 'exec 3< <("$@" 127.0.0.1:1); read -r -u 3 port; kill $!; wait $! || true'
    return run_measured("bash", "-c", script, "start", *command, environment=dict(os.environ))[0]


def projects(directory: Path) -> Iterator[tuple[str, Path]]:
    """(way, folder of its Pulumi project)."""
    plugin = directory / "plugin"
    plugin.mkdir()
    executable = plugin / "pulumi-resource-vmimport"
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pulumi_vmimport.plugin "$@"\n')
    executable.chmod(0o755)
    for way, plugins in ((DYNAMIC, ""), (NATIVE, f"plugins: {{providers: [{{name: vmimport, path: {plugin}}}]}}\n")):
        folder = directory / way.replace(" ", "-")
        folder.mkdir()
        (folder / "__main__.py").write_text(_PROGRAM)
        runtime = f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        (folder / "Pulumi.yaml").write_text(f"name: {folder.name}\n{runtime}{plugins}")
        yield way, folder


if __name__ == "__main__":
    main()
