"""The whole line: from a virtual machine of the vCenter to a WorkSpaces image, with real bytes."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pyVmomi import vim
from tests.engine.call_order import starts_before
from tests.engine.installed_machine import MACHINE_ARGS, put_windows_iso

from pulumi_vmimport import ByolWorkspaceImage, SourceVirtualMachine
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.vsphere import inventory
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox import Sandbox

NewStack = Callable[..., Any]
REGION = "eu-west-1"


@pytest.fixture
def sandbox(vsphere_sandbox: Sandbox) -> Sandbox:
    return vsphere_sandbox


@pytest.fixture
def machine(sandbox: Sandbox) -> dict[str, Any]:
    """The arguments of a machine that installs itself; its ISO image is in the datastore."""
    put_windows_iso(sandbox)
    return dict(MACHINE_ARGS)


@pytest.fixture
def stack(new_stack: NewStack, machine: dict[str, Any]) -> Any:
    def program() -> None:
        args: Any = machine
        windows = SourceVirtualMachine("windows", args)
        image = ByolWorkspaceImage(
            "line",
            {
                "image_name": "windows-10",
                "image_description": "Windows 10 BYOL",
                "ingestion_process": "BYOL_REGULAR_WSP",
                "virtual_machine_uuid": windows.uuid,
                "powered_on": "wait",
            },
        )
        for name in (
            *("image_id", "ec2_image_id", "import_task_id", "bucket", "ova_key", "ova_checksum", "role_name"),
            "provenance",
        ):
            pulumi.export(name, getattr(image, name))
        pulumi.export("uuid", windows.uuid)

    return new_stack(program)


@pytest.mark.both_hosts
def test_one_up_transfers_every_byte_and_the_next_changes_nothing(stack: Any, sandbox: Sandbox, disk: Path) -> None:
    upload_starts_first = starts_before(sandbox, "CreateMultipartUpload", "PutBucketLifecycleConfiguration")
    created = stack.up()
    assert upload_starts_first == [True]  # the aws provider waits up to a minute for the lifecycle configuration
    outputs = stack.outputs()
    ova = sandbox.aws.observer("s3", REGION).get_object(Bucket=outputs["bucket"], Key=outputs["ova_key"])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(ova)) as archive:
        names = archive.getnames()
        exported = archive.extractfile(names[2])
        assert exported is not None
        assert [Path(n).suffix for n in names] == [".ovf", ".mf", ".vmdk"]
        assert hashlib.sha256(exported.read()).digest() == hashlib.sha256(disk.read_bytes()).digest()
    (task,) = sandbox.aws.import_tasks
    assert (task.size, task.sha256) == (len(ova), hashlib.sha256(ova).hexdigest())
    assert outputs["ova_checksum"] == f"CRC32:{base64.b64encode(zlib.crc32(ova).to_bytes(4)).decode()}"
    assert task.status == "completed"
    before = sandbox.aws.calls.writes()
    assert stack.up() == {"same": created["create"]}
    assert sandbox.aws.calls.writes() == before
    state = json.dumps(stack.state())
    assert sandbox.vcenter.password not in state
    assert sandbox.aws.secret_key not in state


def test_the_image_leads_back_to_the_machine_when_nothing_else_is_left_of_it(
    stack: Any, sandbox: Sandbox, disk: Path
) -> None:
    stack.up()
    outputs = stack.outputs()
    sandbox.aws.observer("ec2", REGION).deregister_image(ImageId=outputs["ec2_image_id"])
    command = [sys.executable, "-m", "pulumi_vmimport.cli", "provenance", outputs["image_id"], "--json"]
    environment = {**os.environ, **sandbox.environment}
    (found,) = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert {name: fact for name, fact in found["provenance"].items() if fact} == outputs["provenance"]
    facts = outputs["provenance"]
    assert facts["virtualMachine"].split()[0] == outputs["uuid"]
    assert facts["diskSha256"] == hashlib.sha256(disk.read_bytes()).hexdigest()
    assert facts["object"] == f"s3://{outputs['bucket']}/{outputs['ova_key']}"
    assert (facts["importTask"], facts["image"]) == (outputs["import_task_id"], f"{outputs['ec2_image_id']}@{REGION}")


def test_drift_of_each_part_shows_in_preview_and_up_repairs_it(stack: Any, sandbox: Sandbox) -> None:
    total = stack.up()["create"]
    outputs = stack.outputs()
    iam, ec2 = sandbox.aws.observer("iam"), sandbox.aws.observer("ec2", REGION)
    less = json.dumps(iam_documents.role_policy(import_buckets=[]))
    iam.put_role_policy(RoleName=outputs["role_name"], PolicyName="vmimport", PolicyDocument=less)
    assert (updates := stack.preview(refresh=True)["update"]) >= 1
    reconfigure_cpus(sandbox, outputs["uuid"], 4)
    assert stack.preview(refresh=True)["update"] == updates + 1
    stack.up(refresh=True)
    sandbox.aws.observer("workspaces", REGION).delete_workspace_image(ImageId=outputs["image_id"])
    assert stack.preview(refresh=True) == {"create": 1, "same": total - 1}
    ec2.deregister_image(ImageId=outputs["ec2_image_id"])
    assert stack.preview(refresh=True)["replace"] >= 1
    stack.up(refresh=True)
    assert stack.preview(refresh=True) == {"same": total}
    stack.destroy()
    assert sandbox.remaining_resources() == []


def test_the_iso_is_mounted_for_installing_and_detached_for_export(
    stack: Any, sandbox: Sandbox, machine: dict[str, Any]
) -> None:
    stack.up()
    vm = stack.resource("vsphere:index/virtualMachine:VirtualMachine")
    assert [c["path"] for c in vm["outputs"]["cdroms"]] == ["iso/windows.iso"]
    machine["phase"] = "export"
    assert stack.up()["update"] == 1
    assert not stack.resource("vsphere:index/virtualMachine:VirtualMachine")["outputs"].get("cdroms")
    assert len(sandbox.aws.import_tasks) == 1  # the machine's disk is the same: nothing is imported again


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"disk_gb": 80}, ["70", "80"], id="80-gb"),
        pytest.param({"firmware": "efi"}, ["firmware", "bios"], id="windows-10-on-uefi"),
        pytest.param(
            {
                "virtual_machine_args": {
                    "disks": [{"label": "a", "size": 40}, {"label": "b", "size": 40, "unit_number": 1}]
                }
            },
            ["disk"],
            id="two-disks",
        ),
    ],
)
def test_fails_in_preview_for_a_machine_that_workspaces_rejects(
    stack: Any, sandbox: Sandbox, machine: dict[str, Any], change: dict[str, Any], words: list[str]
) -> None:
    machine |= change
    printed = stack.fails(stack.preview)
    assert all(word in printed for word in words)
    assert "Traceback" not in printed
    assert sandbox.vcenter.virtual_machines() == []


def reconfigure_cpus(sandbox: Sandbox, uuid: str, cpus: int) -> None:
    """Change the machine behind Pulumi's back."""
    settings = VSphereSettings.from_environment(sandbox.environment)
    assert settings is not None
    with VSphereSession(settings) as session:
        machine = inventory.find_by_uuid(session, uuid)
        machine.power_off(lambda seconds: None)
        task = machine.reference.ReconfigVM_Task(vim.vm.ConfigSpec(numCPUs=cpus))
        session.wait_for_task(task, "reconfigure", lambda seconds: None)
