"""Stacks of earlier versions: the current version refreshes, updates and destroys them.

fixtures/stack_of_every_resource_0_1.json is the `pulumi stack export` of `program` at commit b262806, before the modules
of the library moved. Its resources no longer exist, so a test deploys the same program, replaces the generated values
of the fixture (ids, timestamps) with those of the new deployment, and imports the result.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.prerequisites import Prerequisites
from tests.unit.conftest import vmdk

import pulumi_vmimport
from pulumi_vmimport import ExportBucket, ImportBucket, VmimportRole, WorkspacesAccount
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport_sandbox import Sandbox

FIXTURE = Path(__file__).parent / "fixtures" / "stack_of_every_resource_0_1.json"
RANGE = "10.111.0.0/16"  # of the sandbox's account
LATER = {
    "DistributeImage",
    "FastLaunch",
    "GuestInstallation",
    "ImportDiskImage",
    "ImportVmImage",
}  # the version of the fixture did not have them
NAMED_BUCKETS = ("imports-of-web", "more-exports-of-web")  # which that version did not tag itself
UNTAGGED = {"VirtualMachineExport", "WorkspaceImagePermissions"}
# Values that differ between two deployments of the program.
GENERATED = re.compile(
    r"(?:import|export)-(?:ami|i|snap)-[0-9a-f]{17}|\b(?:ami|snap|i)-[0-9a-f]{17}|\bws[bi]?-[0-9a-f]{9}"  # ids
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|^AROA[0-9A-Z]{17}$|^\d{12}$"  # UUIDs, role ids, account ids
    r"|^[0-9a-f]{32}$"  # entity tags of exports, whose content contains an id
    r"|^\d{19}$|^\d{4}-\d\d-\d\dT|^/|^\d+-\d{19}-\d+$"  # times, paths, and size, time and inode of a file
)
DEPLOYED = {"id", "inputs", "outputs", "provider"}
REWORDED = {"postImportReport"}  # sentences, which a later version may word better; the old ones stay in the state


@pytest.fixture
def sandbox(vsphere_sandbox: Sandbox) -> Sandbox:
    return vsphere_sandbox


@pytest.fixture
def tags() -> dict[str, Any]:
    return {"team": "blue"}


@pytest.fixture
def stack(new_stack: Any, sandbox: Sandbox, image_args: dict[str, Any], tmp_path: Path, tags: dict[str, Any]) -> Any:
    disk = tmp_path / "data.vmdk"
    disk.write_bytes(vmdk(1 << 30, b"data" * 1000))
    os.utime(disk, ns=(10**18, 10**18))
    resources = Prerequisites(sandbox, image_args["disk_containers"][0]["user_bucket"], disk).resources()
    resources = {name: tested for name, tested in resources.items() if name not in LATER}
    args = {name: tested.args(name) for name, tested in resources.items()}

    def program() -> None:
        for name, tested in resources.items():
            tested.resource(name, {**args[name], **({} if name in UNTAGGED else {"tags": tags})})
        WorkspacesAccount("byol", dedicated_tenancy_management_cidr_range=RANGE, acknowledge_irreversible=True)
        imports = ImportBucket("imports", bucket=NAMED_BUCKETS[0], tags=tags)
        VmimportRole("role", role_name="importer", import_buckets=[imports.bucket], tags=tags)
        ExportBucket("exports", bucket=NAMED_BUCKETS[1], tags=tags)

    return new_stack(program)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each value that is not a structure, with its path."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def by_urn(deployment: dict[str, Any]) -> dict[str, Any]:
    return {resource["urn"]: resource for resource in deployment["resources"]}


def with_current_values(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The old state with the generated values of the new one. All other values must be equal in both."""
    current = dict(leaves(by_urn(new)))
    for path, value in leaves(by_urn(old)):
        *parents, last = path
        if path[1] not in DEPLOYED or path not in current or current[path] == value or REWORDED & {*path}:
            continue
        assert GENERATED.search(str(value)), (path, value, current[path])
        structure: Any = by_urn(old)
        for key in parents:
            structure = structure[key]
        structure[last] = current[path]
    return old


def test_the_fixture_contains_every_resource() -> None:
    types = {resource["type"].rpartition(":")[2] for resource in json.loads(FIXTURE.read_text())["resources"]}
    public = {name: getattr(pulumi_vmimport, name) for name in pulumi_vmimport.__all__}
    managed = {name for name, value in public.items() if isinstance(value, type) and issubclass(value, ManagedResource)}
    assert (managed - LATER) | {"RoleReadiness"} <= types


@pytest.mark.both_hosts
def test_a_stack_of_an_earlier_version_is_refreshed_updated_and_destroyed(
    stack: Any, sandbox: Sandbox, tags: dict[str, Any], host: str
) -> None:
    before = sandbox.aws.remaining_resources()
    stack.host = "dynamic"  # that of the earlier version
    count = sum(stack.up().values())
    stack.load(with_current_values(json.loads(FIXTURE.read_text()), stack.state()))
    for bucket in NAMED_BUCKETS:
        of_program = {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
        sandbox.aws.observer("s3", "eu-west-1").put_bucket_tagging(Bucket=bucket, Tagging=of_program)
    writes = sandbox.aws.calls.writes()
    stack.host = host
    assert stack.refresh() == {"same": count}
    assert stack.up() == {"same": count}
    assert sandbox.aws.calls.writes() == writes
    tags["team"] = "green"
    changes = stack.up()
    assert changes.keys() == {"same", "update"}
    assert changes["update"] >= 14
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before
