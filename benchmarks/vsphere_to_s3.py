"""A virtual machine's disk from vSphere to S3: VirtualMachineExport against govc, tar and the AWS CLI.

Source is govmomi's simulator, target an S3 that forgets (loopback/go/wire), both over TLS and on this machine; the two
ways run in turn in one run, so that the ratios hold on any machine. What is measured are whole processes, with their
start. `--help` tells the options.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from loopback import disks, machines, programs, servers
from loopback.measured import (
    HEADINGS,
    LOOPBACK,
    MIB,
    Usage,
    command,
    created,
    interleaved,
    judged,
    ratio,
    start_aside,
)

MACHINE = "web"
PEER = "govc, tar, aws s3 cp"
OURS, SOURCE = "VirtualMachineExport", "reading the source alone"
WALL_BAR, SOURCE_BAR, WRITTEN_MIB_BAR, RSS_MIB_BAR = 0.50, 1.10, 1.0, 160.0
GROWTH_MIB_BAR = 16.0
"""What counts as no growth: one part. So much differs from run to run, as more or fewer parts are on their way."""
# The simulator has no CreateDescriptor, which govc calls last, after the disks and their digests.
NO_DESCRIPTOR = "does not implement: CreateDescriptor"


@dataclass(frozen=True)
class Bench:
    """What the ways run in."""

    directory: Path
    environment: dict[str, str]
    uuid: str
    machine: str = MACHINE

    def export(self, key: str) -> Usage:
        """The library's way."""
        inputs = {"bucket": servers.BUCKET, "key": f"{key}.ova", "uuid": self.uuid}
        return created(OURS, json.dumps(inputs), self.environment)[0]

    def govc_and_aws(self, key: str) -> Usage:
        """The peer's way: export with SHA-256 to a folder, pack, upload."""
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            run = partial(command, environment=self.environment, cwd=Path(place))
            options = ["-sha", "256", "-vm", self.machine]
            used = run(programs.govc(), "export.ovf", *options, place, accept=(NO_DESCRIPTOR,))[0]
            folder = Path(place) / self.machine
            (folder / f"{self.machine}.ovf").write_text("the descriptor that the simulator cannot make")
            names = sorted((path.name for path in folder.iterdir()), key=lambda name: not name.endswith(".ovf"))
            used += run("tar", "-cf", "packed.ova", "-C", folder, *names)[0]
            target = f"s3://{servers.BUCKET}/{key}-peer.ova"
            return used + run(programs.aws(), "s3", "cp", "--no-progress", "packed.ova", target)[0]

    def read(self, _: str) -> Usage:
        """Reading from vSphere and nothing more."""
        return command(sys.executable, LOOPBACK / "read_source.py", self.uuid, environment=self.environment)[0]


def main() -> None:
    """Print the tables."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="vsphere-to-s3-", dir=options.directory) as name, ExitStack() as running:
        directory, disk = Path(name), Path(name) / "disk.vmdk"
        capacity = disks.half_compressible(disk, options.mib * MIB)
        vcenter = running.enter_context(machines.vcenter(directory))
        s3 = running.enter_context(servers.s3(directory))
        check_bytes(directory, vcenter)
        uuid = vcenter.machine(MACHINE, [(disk, capacity)])
        print(f"a disk of {disk.stat().st_size / MIB:.0f} MiB; TLS on both legs, SHA-256; {options.pairs} runs in turn")
        print(f"S3 takes {s3.rate() / MIB:.0f} MiB/s from a client that does nothing else")
        if options.mode != "held":
            environment = s3.environment({**os.environ}) | vcenter.environment()
            compare("as fast as it goes", options.pairs, Bench(directory, environment, uuid))
        if options.mode != "unthrottled":
            rate = options.rate * 1e6
            to_vcenter = running.enter_context(servers.relay(vcenter.port, rate))
            to_s3 = running.enter_context(servers.relay(s3.port, rate))
            environment = s3.environment({**os.environ}, to_s3) | vcenter.environment(to_vcenter)
            compare(
                f"both legs held to {options.rate} MB/s", options.pairs, Bench(directory, environment, uuid), SOURCE
            )
        if options.full:
            environment = s3.environment({**os.environ}) | vcenter.environment()
            memory(directory, vcenter, environment, options.mib, (disk, capacity))


def compare(title: str, pairs: int, bench: Bench, *more: str) -> None:
    """Measure the ways in turn; print what each takes, and the ratios."""
    every: dict[str, Callable[[str], Usage]] = {OURS: bench.export, PEER: bench.govc_and_aws, SOURCE: bench.read}
    key = title.replace(" ", "-").replace("/", "-")
    ways = {name: (lambda number, way=every[name]: way(f"{key}-{number}")) for name in (OURS, PEER, *more)}
    found = interleaved(pairs, ways)
    print(f"\n{title + ':':>26} {HEADINGS}")
    for name, usages in found.items():
        print(f"{name:>26} {Usage.medians(usages)}")
    most = Usage.medians(found[OURS])
    print(judged("ratio of wall to the peer", ratio(found[OURS], found[PEER]), WALL_BAR))
    print(start_aside(found[OURS], found[PEER]))
    if SOURCE in found:
        print(judged("ratio of wall to the source alone", ratio(found[OURS], found[SOURCE]), SOURCE_BAR))
        print(start_aside(found[OURS], found[SOURCE]))
    print(judged("written", most.written_bytes / MIB, WRITTEN_MIB_BAR, " MiB"))
    print(judged("peak RSS", most.peak_rss_bytes / MIB, RSS_MIB_BAR, " MiB"))


def memory(
    directory: Path, vcenter: machines.VCenter, environment: dict[str, str], mib: int, disk: tuple[Path, int]
) -> None:
    """Whether memory grows with a disk or with their number."""
    large = directory / "large.vmdk"
    sets = {
        f"1 disk of {mib} MiB": [disk],
        f"5 disks of {mib} MiB": [disk] * 5,
        f"1 disk of {4 * mib} MiB": [(large, disks.half_compressible(large, 4 * mib * MIB))],
    }
    print(f"\n{'VirtualMachineExport of':>26} {HEADINGS}")
    peaks = []
    for number, (title, held) in enumerate(sets.items()):
        name = f"set-{number}"
        used = Bench(directory, environment, vcenter.machine(name, held), name).export(name)
        peaks.append(used.peak_rss_bytes / MIB)
        print(f"{title:>26} {used}")
    print(judged("peak RSS", max(peaks), RSS_MIB_BAR, " MiB"))
    print(judged("growth of peak RSS", max(peaks) - peaks[0], GROWTH_MIB_BAR, " MiB"))


def check_bytes(directory: Path, vcenter: machines.VCenter) -> None:
    """A machine of two small disks, exported to an S3 that keeps it: the OVA has their bytes, as its manifest says.

    Raises: AssertionError.
    """
    disk, keep = directory / "small.vmdk", directory / "kept"
    keep.mkdir()
    capacity = disks.half_compressible(disk, 40 * MIB + 12345)
    uuid = vcenter.machine("small", [(disk, capacity)] * 2)
    with servers.s3(directory, keep=keep) as s3:
        Bench(directory, s3.environment({**os.environ}) | vcenter.environment(), uuid, "small").export("checked")
    with tarfile.open(keep / "checked.ova") as ova:
        digests = {}
        for member in ova:
            content = ova.extractfile(member)
            assert content is not None
            digests[member.name] = hashlib.sha256(content.read()).hexdigest()
        manifest = ova.extractfile(next(name for name in digests if name.endswith(".mf")))
        assert manifest is not None
        stated = dict(_stated(line) for line in io.TextIOWrapper(manifest))
    held = [digest for name, digest in digests.items() if name.endswith(".vmdk")]
    assert held == [hashlib.sha256(disk.read_bytes()).hexdigest()] * 2, "the OVA has other bytes than the disks"
    assert stated == {name: digest for name, digest in digests.items() if not name.endswith(".mf")}
    shutil.rmtree(keep)
    print("checked: an OVA of two disks has their bytes, and its manifest their digests")


def _stated(line: str) -> tuple[str, str]:
    """File and digest of a line of a manifest, such as `SHA256(web.ovf)= 0a1b`."""
    name, _, digest = line.removeprefix("SHA256(").partition(")= ")
    return name, digest.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="VirtualMachineExport against govc, tar and the AWS CLI.")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each way (default: 5)")
    parser.add_argument("--mib", type=int, default=2048, help="size of the disk's file (default: 2048)")
    parser.add_argument("--rate", type=int, default=200, help="MB/s that both legs are held to (default: 200)")
    parser.add_argument("--mode", choices=("unthrottled", "held"), help="one of the two comparisons (default: both)")
    parser.add_argument("--full", action="store_true", help="also the memory of larger and of more disks")
    parser.add_argument("--directory", help="where the disks lie meanwhile (default: that of temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
