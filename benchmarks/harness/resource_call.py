"""Runs a resource's provider calls in a process of its own, as Pulumi's dynamic provider does, and times them.

    resource_call.py create VirtualMachineExport '{"bucket": ...}'
    resource_call.py diff DiskImageUpload '{inputs}' '{outputs}'

`create` runs check and create and prints seconds and outputs as JSON. `diff` runs check and diff against the outputs
that `create` printed and prints seconds. The process start is not included. AWS and vSphere are configured in the
environment.
"""

import json
import sys
import time
from typing import Any

from pulumi_vmimport.lifecycle.dynamic_host import host_for
from pulumi_vmimport.lifecycle.host_properties import IDENTITY


def create(resource: str, inputs: str) -> dict[str, Any]:
    """Check the inputs and create the resource."""
    host = host_for(resource)
    start = time.perf_counter()
    checked = _check(host, {}, _inputs(resource, inputs))
    created = host.create(checked)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "outputs": {**checked, **(created.outs or {})}}


def diff(resource: str, inputs: str, outputs: str) -> dict[str, Any]:
    """Compare the inputs with the outputs of an earlier create. Raises: SystemExit when they differ."""
    host = host_for(resource)
    news, olds = _inputs(resource, inputs), json.loads(outputs)
    start = time.perf_counter()
    difference = host.diff("id", olds, _check(host, olds, news))
    seconds = time.perf_counter() - start
    if difference.changes:
        raise SystemExit(f"expected no change, got {difference.replaces or 'an update'}")
    return {"seconds": seconds}


def _inputs(resource: str, inputs: str) -> dict[str, Any]:
    return {**json.loads(inputs), IDENTITY: f"urn:pulumi:dev::bench::vmimport:index:{resource}::bench"}


def _check(host: Any, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    checked = host.check(olds, news)
    if checked.failures:
        raise SystemExit("\n".join(f"{failure.property}: {failure.reason}" for failure in checked.failures))
    inputs: dict[str, Any] = checked.inputs
    return inputs


if __name__ == "__main__":
    arguments = sys.argv[2:]
    json.dump(create(*arguments) if sys.argv[1] == "create" else diff(*arguments), sys.stdout)
