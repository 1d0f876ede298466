"""A process that creates one resource, as Pulumi's dynamic provider would.

`create.py VirtualMachineExport '{"bucket": ...}'`: AWS and vSphere come from the environment; what is printed are the
seconds of the call, without the start of this process, and the outputs.
"""

import json
import sys
import time

from pulumi_vmimport.lifecycle.dynamic_host import IDENTITY, host_for


def identity(resource: str) -> str:
    """The URN of the one resource."""
    return f"urn:pulumi:dev::bench::vmimport:index:{resource}::bench"


def main(resource: str, inputs: str) -> None:
    """Check and create."""
    host = host_for(resource)
    began = time.perf_counter()
    checked = host.check({}, {**json.loads(inputs), IDENTITY: identity(resource)})
    if checked.failures:
        raise SystemExit("\n".join(f"{failure.property}: {failure.reason}" for failure in checked.failures))
    created = host.create(checked.inputs)
    seconds, outputs = time.perf_counter() - began, {**checked.inputs, **(created.outs or {})}
    json.dump({"seconds": seconds, "outputs": outputs}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
