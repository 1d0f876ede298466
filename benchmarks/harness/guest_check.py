"""Inspects an image with its guest in this process, and prints as JSON what that took without imports.

    python guest_check.py TARGET [lookups]

With `lookups`, only the disk is opened and the facts of its guest are read, as harness/libyal_lookups.py does.
"""

import json
import sys
import time

from pulumi_vmimport.cli.inspect.target import InspectionTarget, open_target
from pulumi_vmimport.disk.image_format import open_image
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.partition_table import read_layout
from pulumi_vmimport.disk.inspection.source_views import SourceSlice
from pulumi_vmimport.disk.inspection.tar_archive import read_archive
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.transfer.local_image import LocalImage


def main(target: str, *kind: str) -> None:
    """Print the result."""
    with open_target(target, None, None) as image:
        start, cpu = time.perf_counter(), time.process_time()
        found = look_up(target) if kind else check(image)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        reads = image.reads()
    took = {"seconds": seconds, "cpu_seconds": cpu_seconds, "requests": reads.requests, "bytes": reads.bytes}
    print(json.dumps({**took, "found": found}))


def check(image: InspectionTarget) -> list[str]:
    """The rules that the image breaks."""
    facts = image.facts(deep=False, read_guest=inspect_guest)
    return sorted({finding.rule for finding in evaluate(facts, ImageProfile.BYOL_WORKSPACES)})


def look_up(ova: str) -> list[str]:
    """The facts that were read of the disk in an OVA."""
    with LocalImage(ova) as image:
        member = next(member for member in read_archive(image).members if member.name.endswith(".vmdk"))
        disk = open_image(SourceSlice(image, member.name, member.offset, member.size_bytes))
        guest = inspect_guest(disk, read_layout(disk)[0])
    assert guest.unknown is None, guest.unknown
    return [fact.id for fact in guest.facts if fact.unknown is None]


if __name__ == "__main__":
    main(*sys.argv[1:])
