"""A process that does what an update does to a resource that has not changed, and prints the milliseconds of it.

`unchanged.py DiskImageUpload '{inputs}' '{outputs}'`, the outputs as `create.py` printed them.
"""

import json
import sys
import time

from create import IDENTITY, identity

from pulumi_vmimport.lifecycle.dynamic_host import host_for


def main(resource: str, inputs: str, outputs: str) -> None:
    """Check and diff."""
    host = host_for(resource)
    news, olds = {**json.loads(inputs), IDENTITY: identity(resource)}, json.loads(outputs)
    began = time.perf_counter()
    checked = host.check(olds, news)
    if checked.failures:
        raise SystemExit("\n".join(f"{failure.property}: {failure.reason}" for failure in checked.failures))
    difference = host.diff("id", olds, checked.inputs)
    milliseconds = (time.perf_counter() - began) * 1e3
    if difference.changes:
        raise SystemExit(f"expected no change, got {difference.replaces or 'an update'}")
    print(milliseconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
