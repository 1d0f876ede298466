"""Deploy the main stack to a sandbox on this machine: `make demo`, `make demo-destroy`.

The sandbox keeps running after the demo so that you can inspect the stack. `destroy` deletes the stack and stops the
sandbox.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_vmimport_sandbox import background, lock

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".sandbox"
SANDBOX = STATE / "demo"
STACK = "demo"
# A 30-minute import takes 3 seconds; a 90-minute ingestion takes 9 seconds.
CLOCK_FACTOR = 600.0
_START_SECONDS = 1800.0  # includes building the engine if Pulumi is not installed
CONFIG = {
    "datacenter": "DC0",
    "datastore": "LocalDS_0",
    "network": "VM Network",
    "cluster": "DC0_C0",
    "windowsIso.path": "iso/windows-10-22h2.iso",
    "guest.windowsRelease": "10-22H2",
    "guest.kmsHost": "kms.example.com",
    "imageName": "windows-10-byol",
    "imageDescription": "Windows 10 BYOL from vSphere",
}


def main(command: str) -> int:
    """Run `up` or `destroy`."""
    if command == "destroy":
        return destroy()
    started = time.monotonic()
    environment = running_sandbox()
    select_stack(environment)
    events = SANDBOX / "events.jsonl"
    events.unlink(missing_ok=True)
    pulumi(environment, "up", "--yes", "--skip-preview", "--event-log", str(events))
    outputs = json.loads(captured(environment, "stack", "output", "--json"))
    log("running pulumi up again: no changes expected")
    pulumi(environment, "up", "--yes", "--skip-preview", "--expect-no-changes")
    report(outputs, events, time.monotonic() - started)
    return 0


def destroy() -> int:
    """Destroy the stack and stop the sandbox."""
    if lock.holder(SANDBOX) is None:
        log(f"no sandbox is running in {SANDBOX}")
        return 0
    environment = sandbox_info()["environment"]
    pulumi(environment, "destroy", "--yes")
    log(background.stop(SANDBOX))
    return 0


def running_sandbox() -> dict[str, str]:
    """The environment of the running sandbox; starts one if necessary."""
    STATE.mkdir(exist_ok=True)
    if lock.holder(SANDBOX) is None:
        log("starting the sandbox (simulated AWS and vCenter), whose guests install themselves from the answer ISO")
        arguments = ["--clock-factor", str(CLOCK_FACTOR), "--installs-guests"]
        background.start(SANDBOX, arguments, _START_SECONDS)
    info = sandbox_info()
    log(str(info["description"]))
    environment: dict[str, str] = info["environment"]
    return environment


def sandbox_info() -> dict[str, Any]:
    """The sandbox's description of itself."""
    info: dict[str, Any] = json.loads((SANDBOX / background.READY_FILE).read_text())
    return info


def select_stack(environment: dict[str, str]) -> None:
    """Select the stack, creating it if necessary, and set its configuration."""
    captured(environment, "stack", "select", "--create", STACK)
    values = {**CONFIG, "windowsIso.localPath": str(iso_image(STATE / "windows.iso"))}
    for key, value in values.items():
        captured(environment, "config", "set", "--path", key, value)
    for key in ("administratorPassword", "byolAccountPassword"):
        captured(environment, "config", "set", "--secret", key, secrets.token_urlsafe(16))


def iso_image(path: Path) -> Path:
    """Write an empty ISO 9660 image. The sandbox's guest does not read it."""
    sector = 2048
    descriptors = b"\x01CD001\x01".ljust(sector, b"\0") + b"\xffCD001\x01".ljust(sector, b"\0")
    path.write_bytes(bytes(16 * sector) + descriptors)
    return path


def report(outputs: dict[str, Any], events: Path, seconds: float) -> None:
    """Print the stack's outputs, the duration of each step and commands for inspecting the stack."""
    print(f"\nTimeline (the clock of AWS and the guest runs {CLOCK_FACTOR:.0f} times faster)")
    for start, end, name in sorted(timeline(events)):
        print(f"  {start:6.1f} s  {end - start:6.1f} s  {name}")
    print(f"\nWorkSpaces image  {outputs['workspaceImageId']}")
    print(f"AMI               {outputs['amiId']}  (task {outputs['importTaskId']})")
    print(f"OVA               {outputs['ova']}  {outputs['ovaChecksum']}")
    print(f"Report            {os.path.relpath(written_report(events))}")
    print(f"Completed in {seconds:.0f} s.\n\nThe sandbox is still running. To inspect the stack:")
    print(f"  . {os.path.relpath(SANDBOX / background.ENV_FILE)}")
    print(f"  pulumi stack graph --stack {STACK} graph.dot")
    print(f"  pulumi preview --refresh --stack {STACK}")
    print("  make demo-destroy")


def written_report(events: Path) -> Path:
    """The page that `vmimport report` makes of the event log."""
    page = events.with_suffix(".html")
    subprocess.run([sys.executable, "-m", "pulumi_vmimport.cli", "report", str(events), "-o", str(page)], check=True)
    return page


def timeline(events: Path) -> Iterator[tuple[float, float, str]]:
    """(start, end, name) of each created or updated resource, in seconds since the first event."""
    first: float | None = None
    started: dict[str, float] = {}
    for line in events.read_text().splitlines():
        event = json.loads(line)
        at = float(event["timestamp"])
        first = at if first is None else first
        for kind, phase in (("resourcePreEvent", "start"), ("resOutputsEvent", "end")):
            metadata = event.get(kind, {}).get("metadata", {})
            if metadata.get("op") not in {"create", "update", "replace"}:
                continue
            urn = metadata["urn"]
            if urn.split("::")[2].split("$")[-1].startswith(("pulumi:", "vmimport:")):
                continue  # providers, the stack and components have no duration of their own
            if phase == "start":
                started[urn] = at
            else:
                kind_and_name = urn.split("::")[2].split("$")[-1].split(":")[-1] + " " + urn.split("::")[-1]
                yield started.get(urn, at) - first, at - first, kind_and_name


def pulumi(environment: dict[str, str], *arguments: str) -> None:
    """Run a pulumi command and show its output. Raises CalledProcessError if it fails."""
    log("pulumi " + " ".join(a for a in arguments if not a.startswith(str(ROOT))))
    subprocess.run(command(environment, *arguments), cwd=ROOT, env=with_event_log(environment), check=True)


def captured(environment: dict[str, str], *arguments: str) -> str:
    """The output of a pulumi command."""
    return subprocess.run(
        command(environment, *arguments), cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def command(environment: dict[str, str], *arguments: str) -> list[str]:
    """The command line of a pulumi command for the demo's stack."""
    executable = shutil.which("pulumi", path=environment["PATH"]) or "pulumi"
    stack = [] if arguments[:2] == ("stack", "select") else ["--stack", STACK]
    return [executable, *arguments, *stack]


def with_event_log(environment: dict[str, str]) -> dict[str, str]:
    """The environment with the variable that enables --event-log."""
    return {**environment, "PULUMI_DEBUG_COMMANDS": "true"}


def log(text: str) -> None:
    """Print a line of the demo."""
    print(f"[demo] {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2] or ["up"]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"[demo] {' '.join(map(str, failed.cmd[:3]))} ... failed with exit code {failed.returncode}")
    except RuntimeError as failed:
        sys.exit(f"[demo] {failed}")
