"""Export of a virtual machine's disks from vSphere to S3: VirtualMachineExport compared with govc, tar and the AWS CLI.

The source is govmomi's simulator, the target an S3 server that discards uploads (harness/go/testbed), both over TLS and
on this machine. The two ways run in turn in one session, so that the ratios hold on any machine. Whole processes are
measured, with their start. `--help` lists the options.
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

from harness import programs, servers, simulated_vcenter, vmdk_writer
from harness.measurement import (
    HARNESS,
    HEADINGS,
    MIB,
    Usage,
    copy_bytes,
    create_resource,
    least_ratio,
    ratio_without_startup,
    run_interleaved,
    run_measured,
    verdict,
    wall_ratio,
)

MACHINE = "web"
PEER = "govc, tar, aws s3 cp"
OURS, SOURCE, COPY = "VirtualMachineExport", "reading the source alone", "TLS alone, no checksums"
WALL_BAR, SOURCE_BAR, WRITTEN_MIB_BAR, RSS_MIB_BAR = 0.50, 1.10, 1.0, 160.0
GROWTH_MIB_BAR = 30.0
"""More than two parts of 12 MiB, less than three: three to five are in memory, as the threads happen to run."""
# The simulator lacks CreateDescriptor, which govc calls last, after it has the disks and their digests.
NO_DESCRIPTOR = "does not implement: CreateDescriptor"


@dataclass(frozen=True)
class Bench:
    """The environment of one comparison."""

    directory: Path
    environment: dict[str, str]
    uuid: str
    machine: str = MACHINE

    def export(self, key: str) -> Usage:
        """Export with the library."""
        inputs = {"bucket": servers.BUCKET, "key": f"{key}.ova", "uuid": self.uuid}
        return create_resource(OURS, json.dumps(inputs), self.environment)[0]

    def govc_and_aws(self, key: str) -> Usage:
        """Export with govc and SHA-256 to a folder, pack with tar, upload with the AWS CLI."""
        with tempfile.TemporaryDirectory(dir=self.directory) as scratch:
            run = partial(run_measured, environment=self.environment, cwd=Path(scratch))
            options = ["-sha", "256", "-vm", self.machine]
            usage = run(programs.govc(), "export.ovf", *options, scratch, accept=(NO_DESCRIPTOR,))[0]
            folder = Path(scratch) / self.machine
            (folder / f"{self.machine}.ovf").write_text(
                "placeholder for the descriptor that the simulator cannot create"
            )
            names = sorted((path.name for path in folder.iterdir()), key=lambda name: not name.endswith(".ovf"))
            usage += run("tar", "-cf", "packed.ova", "-C", folder, *names)[0]
            target = f"s3://{servers.BUCKET}/{key}-peer.ova"
            return usage + run(programs.aws(), "s3", "cp", "--no-progress", "packed.ova", target)[0]

    def read(self, _: str) -> Usage:
        """Read from vSphere and discard."""
        return run_measured(sys.executable, HARNESS / "read_source.py", self.uuid, environment=self.environment)[0]

    def copy(self, _: str) -> Usage:
        """Read from vSphere and send to S3, without checksums."""
        return copy_bytes("vsphere", self.uuid, self.environment)


def main() -> None:
    """Print the tables."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="vsphere-to-s3-", dir=options.directory) as name, ExitStack() as running:
        directory, disk = Path(name), Path(name) / "disk.vmdk"
        capacity = vmdk_writer.half_compressible(disk, options.mib * MIB)
        vcenter = running.enter_context(simulated_vcenter.vcenter(directory))
        s3 = running.enter_context(servers.s3(directory))
        check_bytes(directory, vcenter)
        uuid = vcenter.create_vm(MACHINE, [(disk, capacity)])
        print(f"a disk of {disk.stat().st_size / MIB:.0f} MiB; TLS on both legs, SHA-256; {options.pairs} runs in turn")
        print(f"S3 receives {s3.receive_rate() / MIB:.0f} MiB/s from a client that does nothing else")
        if options.mode != "limited":
            environment = s3.environment({**os.environ}) | vcenter.environment()
            compare("unlimited", options.pairs, Bench(directory, environment, uuid), COPY)
        if options.mode != "unlimited":
            rate = options.rate * 1e6
            to_vcenter = running.enter_context(servers.relay(vcenter.port, rate))
            to_s3 = running.enter_context(servers.relay(s3.port, rate))
            environment = s3.environment({**os.environ}, to_s3) | vcenter.environment(to_vcenter)
            compare(
                f"both legs limited to {options.rate} MB/s", options.pairs, Bench(directory, environment, uuid), SOURCE
            )
        if options.full:
            environment = s3.environment({**os.environ}) | vcenter.environment()
            memory(directory, vcenter, environment, options.mib, (disk, capacity))


def compare(title: str, pairs: int, bench: Bench, *more_ways: str) -> None:
    """Measure the ways in turn; print the usage of each and the ratios."""
    every: dict[str, Callable[[str], Usage]] = {
        OURS: bench.export,
        PEER: bench.govc_and_aws,
        SOURCE: bench.read,
        COPY: bench.copy,
    }
    key = title.replace(" ", "-").replace("/", "-")
    ways = {name: (lambda number, way=every[name]: way(f"{key}-{number}")) for name in (OURS, PEER, *more_ways)}
    usages_by_way = run_interleaved(pairs, ways)
    ours, peer = usages_by_way[OURS], usages_by_way[PEER]
    print(f"\n{title + ':':>26} {HEADINGS}")
    for name, usages in usages_by_way.items():
        print(f"{name:>26} {Usage.summary(usages)}")
    summary = Usage.summary(ours)
    print(verdict("ratio of wall to the peer", wall_ratio(ours, peer), WALL_BAR))
    print(ratio_without_startup(ours, peer))
    if COPY in usages_by_way:
        print(least_ratio(usages_by_way[COPY], peer))
    if SOURCE in usages_by_way:
        print(verdict("ratio of wall to the source alone", wall_ratio(ours, usages_by_way[SOURCE]), SOURCE_BAR))
        print(ratio_without_startup(ours, usages_by_way[SOURCE]))
    print(verdict("written", summary.written_bytes / MIB, WRITTEN_MIB_BAR, " MiB"))
    print(verdict("peak RSS", summary.peak_rss_bytes / MIB, RSS_MIB_BAR, " MiB"))


def memory(
    directory: Path, vcenter: simulated_vcenter.VCenter, environment: dict[str, str], mib: int, disk: tuple[Path, int]
) -> None:
    """Measure whether memory grows with the size or the number of disks."""
    large = directory / "large.vmdk"
    sets = {
        f"1 disk of {mib} MiB": [disk],
        f"5 disks of {mib} MiB": [disk] * 5,
        f"1 disk of {4 * mib} MiB": [(large, vmdk_writer.half_compressible(large, 4 * mib * MIB))],
    }
    print(f"\n{'VirtualMachineExport of':>26} {HEADINGS}")
    peaks = []
    for number, (title, vm_disks) in enumerate(sets.items()):
        name = f"set-{number}"
        usage = Bench(directory, environment, vcenter.create_vm(name, vm_disks), name).export(name)
        peaks.append(usage.peak_rss_bytes / MIB)
        print(f"{title:>26} {usage}")
    print(verdict("peak RSS", max(peaks), RSS_MIB_BAR, " MiB"))
    print(verdict("growth of peak RSS", max(peaks) - peaks[0], GROWTH_MIB_BAR, " MiB"))


def check_bytes(directory: Path, vcenter: simulated_vcenter.VCenter) -> None:
    """Export a VM with two small disks to a server that stores the OVA, and compare bytes and manifest with the disks.

    Raises: AssertionError when they differ.
    """
    disk, keep = directory / "small.vmdk", directory / "kept"
    keep.mkdir()
    capacity = vmdk_writer.half_compressible(disk, 40 * MIB + 12345)
    uuid = vcenter.create_vm("small", [(disk, capacity)] * 2)
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
        stated = dict(_manifest_entry(line) for line in io.TextIOWrapper(manifest))
    disk_digests = [digest for name, digest in digests.items() if name.endswith(".vmdk")]
    assert disk_digests == [hashlib.sha256(disk.read_bytes()).hexdigest()] * 2, (
        "the bytes in the OVA differ from those of the disks"
    )
    assert stated == {name: digest for name, digest in digests.items() if not name.endswith(".mf")}
    shutil.rmtree(keep)
    print("checked: an OVA with two disks has their bytes, and its manifest their digests")


def _manifest_entry(line: str) -> tuple[str, str]:
    """File and digest in a line of a manifest, such as `SHA256(web.ovf)= 0a1b`."""
    name, _, digest = line.removeprefix("SHA256(").partition(")= ")
    return name, digest.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="VirtualMachineExport compared with govc, tar and the AWS CLI.")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each way (default: 5)")
    parser.add_argument("--mib", type=int, default=2048, help="size of the disk's file (default: 2048)")
    parser.add_argument("--rate", type=int, default=200, help="limit of both legs in MB/s (default: 200)")
    parser.add_argument("--mode", choices=("unlimited", "limited"), help="run only this comparison (default: both)")
    parser.add_argument("--full", action="store_true", help="also measure memory with larger and with more disks")
    parser.add_argument("--directory", help="folder for the disks (default: the folder for temporary files)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
