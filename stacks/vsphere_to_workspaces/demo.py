"""The main stack against AWS and vCenter on this machine: `make demo`, `make demo-destroy`.

The sandbox goes on running after the demo, so that the stack can be looked at; `destroy` ends both.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import demo_disk

from pulumi_vmimport_sandbox import background, lock

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".sandbox"
SANDBOX = STATE / "demo"
STACK = "demo"
# Half an hour of an import is over in three seconds, an hour and a half of an ingestion in nine.
CLOCK_FACTOR = 600.0
DISK_GIB = 70
_START_SECONDS = 1800.0  # a machine without Pulumi builds the engine first
CONFIG = {
    "datacenter": "DC0",
    "datastore": "LocalDS_0",
    "network": "VM Network",
    "cluster": "DC0_C0",
    "imageName": "windows-10-byol",
    "imageDescription": "Windows 10 BYOL from vSphere",
}


def main(command: str) -> int:
    """Run one of up, destroy."""
    if command == "destroy":
        return destroy()
    began = time.monotonic()
    environment = running_sandbox()
    select_stack(environment)
    events = SANDBOX / "events.jsonl"
    events.unlink(missing_ok=True)
    pulumi(environment, "up", "--yes", "--skip-preview", "--event-log", str(events))
    outputs = json.loads(captured(environment, "stack", "output", "--json"))
    say("the same again: nothing may change")
    pulumi(environment, "up", "--yes", "--skip-preview", "--expect-no-changes")
    report(outputs, events, time.monotonic() - began)
    return 0


def destroy() -> int:
    """Destroy the stack and end the sandbox."""
    if lock.holder(SANDBOX) is None:
        say(f"no sandbox runs in {SANDBOX}")
        return 0
    environment = facts()["environment"]
    pulumi(environment, "destroy", "--yes")
    say(background.stop(SANDBOX))
    return 0


def running_sandbox() -> dict[str, str]:
    """The environment of the sandbox, which is started where none runs."""
    STATE.mkdir(exist_ok=True)
    if lock.holder(SANDBOX) is None:
        disk = STATE / f"windows-{DISK_GIB}gib.vmdk"
        if not disk.exists():
            demo_disk.make_disk(disk, capacity_gib=DISK_GIB)
        say(f"starting AWS and vCenter on this machine; the guest's disk is {disk.stat().st_size >> 10} KiB")
        arguments = ["--clock-factor", str(CLOCK_FACTOR), "--guest-disk", str(disk)]
        background.start(SANDBOX, arguments, _START_SECONDS)
    found = facts()
    say(str(found["description"]))
    environment: dict[str, str] = found["environment"]
    return environment


def facts() -> dict[str, Any]:
    """What the sandbox says of itself."""
    found: dict[str, Any] = json.loads((SANDBOX / background.READY_FILE).read_text())
    return found


def select_stack(environment: dict[str, str]) -> None:
    """The stack with its configuration; an ISO image is uploaded from this machine."""
    captured(environment, "stack", "select", "--create", STACK)
    values = {**CONFIG, "isoLocalPath": str(iso_image(STATE / "windows.iso"))}
    for key, value in values.items():
        captured(environment, "config", "set", key, value)


def iso_image(path: Path) -> Path:
    """An ISO 9660 image with nothing on it: the guest of the sandbox installs without reading it."""
    sector = 2048
    descriptors = b"\x01CD001\x01".ljust(sector, b"\0") + b"\xffCD001\x01".ljust(sector, b"\0")
    path.write_bytes(bytes(16 * sector) + descriptors)
    return path


def report(outputs: dict[str, Any], events: Path, seconds: float) -> None:
    """What there is now, how long each part took, and how to look around."""
    print("\nTime line (AWS's and the guest's time runs 600 times faster here)")
    for start, end, name in sorted(timeline(events)):
        print(f"  {start:6.1f} s  {end - start:6.1f} s  {name}")
    print(f"\nWorkSpaces image  {outputs['workspaceImageId']}")
    print(f"AMI               {outputs['amiId']}  (task {outputs['importTaskId']})")
    print(f"OVA               {outputs['ova']}  {outputs['ovaChecksum']}")
    print(f"Done in {seconds:.0f} s.\n\nThe sandbox goes on running. To look around:")
    print(f"  . {os.path.relpath(SANDBOX / background.ENV_FILE)}")
    print(f"  pulumi stack graph --stack {STACK} graph.dot")
    print(f"  pulumi preview --refresh --stack {STACK}")
    print("  make demo-destroy")


def timeline(events: Path) -> Iterator[tuple[float, float, str]]:
    """(start, end, name) of each resource that was made or changed, in seconds since the first event."""
    first: float | None = None
    started: dict[str, float] = {}
    for line in events.read_text().splitlines():
        event = json.loads(line)
        at = float(event["timestamp"])
        first = at if first is None else first
        for kind, note in (("resourcePreEvent", "start"), ("resOutputsEvent", "end")):
            metadata = event.get(kind, {}).get("metadata", {})
            if metadata.get("op") not in {"create", "update", "replace"}:
                continue
            urn = metadata["urn"]
            if urn.split("::")[2].split("$")[-1].startswith(("pulumi:", "vmimport:")):
                continue  # providers, the stack and components take no time of their own
            if note == "start":
                started[urn] = at
            else:
                kind_and_name = urn.split("::")[2].split("$")[-1].split(":")[-1] + " " + urn.split("::")[-1]
                yield started.get(urn, at) - first, at - first, kind_and_name


def pulumi(environment: dict[str, str], *arguments: str) -> None:
    """Run a pulumi command with its output shown; raises when it fails."""
    say("pulumi " + " ".join(a for a in arguments if not a.startswith(str(ROOT))))
    subprocess.run(command(environment, *arguments), cwd=ROOT, env=with_debug(environment), check=True)


def captured(environment: dict[str, str], *arguments: str) -> str:
    """The output of a pulumi command."""
    return subprocess.run(
        command(environment, *arguments), cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def command(environment: dict[str, str], *arguments: str) -> list[str]:
    """A pulumi command line on the demo's stack."""
    executable = shutil.which("pulumi", path=environment["PATH"]) or "pulumi"
    stack = [] if arguments[:2] == ("stack", "select") else ["--stack", STACK]
    return [executable, *arguments, *stack]


def with_debug(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which pulumi knows --event-log."""
    return {**environment, "PULUMI_DEBUG_COMMANDS": "true"}


def say(text: str) -> None:
    """A line of the demo's own."""
    print(f"[demo] {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2] or ["up"]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"[demo] {' '.join(map(str, failed.cmd[:3]))} ... failed with exit code {failed.returncode}")
    except (RuntimeError, demo_disk.DemoDiskError) as failed:
        sys.exit(f"[demo] {failed}")
