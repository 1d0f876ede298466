"""Imports the machines of a list in waves, one stack for each.

    python fleet.py machines.csv

The list is a CSV file with the columns name, virtual_machine, bucket, key, platform, license_type and wave.
virtual_machine is the inventory path of a machine that is powered off, which is exported to the key as an OVA. Where it
is empty, the key is that of an existing raw disk image. A wave starts when the stacks of the one before have succeeded.
Run the command again to retry failures and to resume an interrupted run: the stacks that are complete do not change.
"""

import argparse
import csv
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pulumi
from pulumi import automation

from pulumi_vmimport import ImportImage, VirtualMachineExport

PROJECT = "fleet"
INTERRUPTED = 130
stopping = threading.Event()


@dataclass(frozen=True)
class Machine:
    """One row of the list. The name is that of its stack."""

    name: str
    virtual_machine: str
    bucket: str
    key: str
    platform: str
    license_type: str
    wave: int

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "Machine":
        """The machine in a row of the list."""
        columns = ("name", "virtual_machine", "bucket", "key", "platform", "license_type")
        return cls(**{column: row[column] for column in columns}, wave=int(row["wave"]))


@dataclass(frozen=True)
class Outcome:
    """What `pulumi up` did with one stack."""

    machine: Machine
    status: str
    detail: str

    @property
    def succeeded(self) -> bool:
        """Whether the AMI exists."""
        return self.status in {"imported", "unchanged"}


def program(machine: Machine) -> None:
    """The program of each stack."""
    container: dict[str, Any] = {"format": "RAW", "user_bucket": {"s3_bucket": machine.bucket, "s3_key": machine.key}}
    source_hash = None
    if machine.virtual_machine:
        export = VirtualMachineExport("export", path=machine.virtual_machine, bucket=machine.bucket, key=machine.key)
        container = {"format": "OVA", "user_bucket": {"s3_bucket": export.bucket, "s3_key": export.key}}
        source_hash = export.etag
    arguments: dict[str, Any] = {  # the preview checks the words of the list
        "disk_containers": [container],
        "source_hash": source_hash,
        "platform": machine.platform,
        "license_type": machine.license_type,
        "tags": {"machine": machine.name},
    }
    image = ImportImage("image", **arguments)
    pulumi.export("imageId", image.image_id)


def deploy(machine: Machine, folder: Path, *, release_locks: bool) -> Outcome:
    """Run `pulumi up` for one machine."""
    errors: list[str] = []

    def record(event: automation.EngineEvent) -> None:
        found = event.diagnostic_event
        if found is not None and found.severity == "error":
            errors.append(found.message.strip())

    # The folder keeps the settings of the stack, so that `pulumi stack` works in it.
    directory = folder / machine.name
    directory.mkdir(parents=True, exist_ok=True)
    options = automation.LocalWorkspaceOptions(work_dir=str(directory))
    try:
        stack = automation.create_or_select_stack(machine.name, PROJECT, partial(program, machine), opts=options)
        if release_locks:
            stack.cancel()
        done = stack.up(on_event=record, color="never")
    except automation.ConcurrentUpdateError:
        return Outcome(machine, "locked", "another run has the stack; after a crash, add --release-locks")
    except automation.CommandError as error:
        if stopping.is_set():
            return Outcome(machine, "interrupted", "run the command again to resume")
        return Outcome(machine, "failed", "; ".join(dict.fromkeys(errors)) or str(error).strip())
    changes = done.summary.resource_changes or {}
    is_unchanged = {getattr(kind, "value", kind) for kind in changes} <= {"same"}
    return Outcome(machine, "unchanged" if is_unchanged else "imported", str(done.outputs["imageId"].value))


def run_wave(wave: Sequence[Machine], folder: Path, parallel: int, *, release_locks: bool) -> Iterator[Outcome]:
    """Deploy the machines of one wave. After Ctrl-C no further stack starts, and the running ones end by themselves."""
    with ThreadPoolExecutor(parallel) as pool:
        futures: dict[Future[Outcome], Machine] = {
            pool.submit(deploy, machine, folder, release_locks=release_locks): machine for machine in wave
        }
        left = set(futures)
        while left:
            try:
                for future in as_completed(left):
                    left.discard(future)
                    yield future.result() if not future.cancelled() else not_started(futures[future])
            except KeyboardInterrupt:
                # Ctrl-C reaches the engines too. They save their states; the work in AWS continues.
                stopping.set()
                print("interrupted: waiting for the running stacks to save their states", flush=True)
                for future in left:
                    future.cancel()


def not_started(machine: Machine) -> Outcome:
    """The outcome of a machine whose turn did not come."""
    return Outcome(machine, "not started", "run the command again")


def show(outcomes: Sequence[Outcome]) -> None:
    """Print the summary."""
    width = max(len(outcome.machine.name) for outcome in outcomes)
    for each in outcomes:
        print(f"{each.machine.wave:>4}  {each.machine.name:<{width}}  {each.status:<11}  {each.detail}")
    print(f"{sum(each.succeeded for each in outcomes)} of {len(outcomes)} machines are imported")


def main() -> int:
    """Run all waves. Returns 0 if every machine is imported, 1 if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description="Import the machines of a list, one stack for each.")
    parser.add_argument("list", type=Path)
    parser.add_argument("--parallel", type=int, default=5, help="stacks at a time; default: EC2's quota of 5 imports")
    parser.add_argument("--folder", type=Path, default=Path("fleet"), help="for the settings of the stacks")
    parser.add_argument("--keep-going", action="store_true", help="start a wave although one before it has failures")
    parser.add_argument("--release-locks", action="store_true", help="after a crash: release the locks of the stacks")
    given = parser.parse_args()
    with given.list.open(newline="", encoding="utf-8") as file:
        machines = sorted(map(Machine.of, csv.DictReader(file)), key=lambda machine: machine.wave)
    outcomes: list[Outcome] = []
    for number, wave in groupby(machines, key=lambda machine: machine.wave):
        if stopping.is_set() or not (given.keep_going or all(outcome.succeeded for outcome in outcomes)):
            outcomes += map(not_started, wave)
            continue
        for outcome in run_wave(list(wave), given.folder, given.parallel, release_locks=given.release_locks):
            outcomes.append(outcome)
            print(f"wave {number}: {outcome.machine.name}: {outcome.status}: {outcome.detail}", flush=True)
    show(outcomes)
    return INTERRUPTED if stopping.is_set() else int(not all(outcome.succeeded for outcome in outcomes))


if __name__ == "__main__":
    os.environ.setdefault("PULUMI_SKIP_UPDATE_CHECK", "true")
    sys.exit(main())
