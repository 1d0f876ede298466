"""The stand-in plugins under the real engine: a program's whole life, and what is changed by hand in between."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_vsphere as vsphere
import pytest
from pulumi import automation
from pyVmomi import vim

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

ISO = b"\0" * 32768 + b"\x01CD001" + b"\0" * 2042


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox")
    with Sandbox(directory, clock=SandboxClock.stepped(), real_plugins=directory / "none") as running:
        yield running


class Program:
    """A program that uses every type; its settings are changed between two runs."""

    def __init__(self, iso: Path) -> None:
        self.iso = iso
        self.disk_gib = 40
        self.with_cdrom = True
        self.annotation: str | None = "made by a test"

    def __call__(self) -> None:
        bucket = aws.s3.Bucket("images", tags={"vmimport:stack": "demo"})
        self._bucket_settings(bucket)
        aws.s3.BucketObjectv2(
            "manifest", bucket=bucket.id, key="m.json", source=pulumi.StringAsset("{}"), content_type="application/json"
        )
        trust = aws.iam.get_policy_document(
            statements=[
                {
                    "actions": ["sts:AssumeRole"],
                    "principals": [{"type": "Service", "identifiers": ["vmie.amazonaws.com"]}],
                    "conditions": [{"test": "StringEquals", "variable": "sts:Externalid", "values": ["vmimport"]}],
                }
            ]
        )
        role = aws.iam.Role("vmimport", name="vmimport", assume_role_policy=trust.json, tags={"vmimport:stack": "demo"})
        aws.iam.RolePolicy("vmimport-policy", name="import", role=role.name, policy=bucket.arn.apply(reads))
        self._machine()
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("partition", aws.get_partition().partition)
        pulumi.export("region", aws.get_region().region)
        pulumi.export("bucket", bucket.bucket)
        pulumi.export("secret", role.unique_id.apply(pulumi.Output.secret))

    def _bucket_settings(self, bucket: aws.s3.Bucket) -> None:
        aws.s3.BucketPublicAccessBlock(
            "images-access",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            "images-encryption",
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        )
        aws.s3.BucketOwnershipControls(
            "images-ownership", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}
        )
        aws.s3.BucketVersioning("images-versions", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
        aws.s3.BucketLifecycleConfiguration(
            "images-lifecycle",
            bucket=bucket.id,
            rules=[
                {
                    "id": "uploads",
                    "status": "Enabled",
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 3},
                }
            ],
        )
        aws.s3.BucketPolicy("images-policy", bucket=bucket.id, policy=bucket.arn.apply(tls_only))

    def _machine(self) -> None:
        center = vsphere.get_datacenter(name="DC0")
        store = vsphere.get_datastore(name="LocalDS_0", datacenter_id=center.id)
        network = vsphere.get_network(name="VM Network", datacenter_id=center.id)
        cluster = vsphere.get_compute_cluster(name="DC0_C0", datacenter_id=center.id)
        pool = vsphere.get_resource_pool(name="DC0_C0/Resources", datacenter_id=center.id)
        assert pool.id == cluster.resource_pool_id
        media = vsphere.File(
            "media",
            datacenter="DC0",
            datastore="LocalDS_0",
            source_file=str(self.iso),
            destination_file="isos/windows.iso",
            create_directories=True,
        )
        drive = vsphere.VirtualMachineCdromArgs(datastore_id=store.id, path=media.destination_file)
        vsphere.VirtualMachine(
            "source",
            resource_pool_id=pool.id,
            datastore_id=store.id,
            num_cpus=2,
            memory=4096,
            guest_id="windows9_64Guest",
            firmware="efi",
            scsi_type="lsilogic-sas",
            annotation=self.annotation,
            extra_config={"guestinfo.vmimport": "yes"},
            wait_for_guest_net_timeout=0,
            disks=[{"label": "system", "size": self.disk_gib, "thin_provisioned": True}],
            cdroms=[drive] if self.with_cdrom else [],
            network_interfaces=[{"network_id": network.id, "adapter_type": "e1000e"}],
        )


def document(action: str, resource: Any = "*", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def reads(arn: str) -> str:
    return document("s3:GetObject", f"{arn}/*")


def tls_only(arn: str) -> str:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return document("s3:*", [arn, f"{arn}/*"], Effect="Deny", Principal="*", Condition=plain)


class Stack:
    """A stack of a program, and what Pulumi says it does to each resource."""

    def __init__(self, sandbox: Sandbox, command: automation.PulumiCommand, program: Program) -> None:
        work = Path(sandbox.environment_overrides["PULUMI_HOME"]).parent / "work"
        work.mkdir()
        options = automation.LocalWorkspaceOptions(
            work_dir=str(work), env_vars=sandbox.environment, pulumi_command=command
        )
        self._stack = automation.create_stack("life", "standins", program, opts=options)

    def run(self, command: str, **options: Any) -> dict[str, str]:
        """Run up, preview, refresh or destroy: the last step of each resource by name, but for those that stay."""
        steps: dict[str, str] = {}

        def note(event: automation.EngineEvent) -> None:
            step = event.res_outputs_event or event.resource_pre_event
            if step is not None and step.metadata.op.value not in ("same", "read", "refresh"):
                steps[step.metadata.urn.split("::")[-1]] = step.metadata.op.value

        getattr(self._stack, command)(on_event=note, **options)
        return steps

    def names(self) -> set[str]:
        """The resources in the stack's state, but for the stack itself and the providers."""
        deployment = self._stack.export_stack().deployment or {}
        urns = [resource["urn"].split("::") for resource in deployment.get("resources", [])]
        return {name for *_, kind, name in urns if not kind.startswith("pulumi:")}

    def urn(self, name: str) -> str:
        deployment = self._stack.export_stack().deployment or {}
        (found,) = [urn for r in deployment["resources"] if (urn := str(r["urn"])).endswith(f"::{name}")]
        return found

    def outputs(self) -> dict[str, Any]:
        return {name: output.value for name, output in self._stack.outputs().items()}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    iso = tmp_path_factory.mktemp("media") / "windows.iso"
    iso.write_bytes(ISO)
    return Program(iso)


@pytest.fixture(scope="module")
def stack(sandbox: Sandbox, pulumi_command: automation.PulumiCommand, program: Program) -> Iterator[Stack]:
    stack = Stack(sandbox, pulumi_command, program)
    stack.run("up")
    yield stack
    stack.run("destroy")
    assert sandbox.remaining_resources() == []


def machine_of(sandbox: Sandbox) -> Any:
    (machine,) = sandbox.vcenter.virtual_machines()
    return machine


def devices_of(machine: Any, kind: Any) -> list[Any]:
    return [device for device in machine.config.hardware.device if isinstance(device, kind)]


def reconfigure(sandbox: Sandbox, spec: Any) -> None:
    sandbox.vcenter.session.wait("by hand", machine_of(sandbox).ReconfigVM_Task(spec))


def power_off(sandbox: Sandbox) -> None:
    sandbox.vcenter.session.wait("by hand", machine_of(sandbox).PowerOffVM_Task())


def test_an_unchanged_program_changes_nothing(sandbox: Sandbox, stack: Stack) -> None:
    before = stack.outputs()
    assert stack.run("up", refresh=True) == {}
    assert stack.outputs() == before
    assert before["account"] == "123456789012"
    assert before["region"] == "eu-west-1"


def test_the_machine_matches_the_program_and_runs(sandbox: Sandbox, stack: Stack) -> None:
    machine = machine_of(sandbox)
    assert machine.runtime.powerState == "poweredOn"
    assert (machine.config.firmware, machine.config.guestId) == ("efi", "windows9_64Guest")
    assert (machine.config.hardware.numCPU, machine.config.hardware.memoryMB) == (2, 4096)
    assert len(devices_of(machine, vim.vm.device.VirtualLsiLogicSASController)) == 1
    assert devices_of(machine, vim.vm.device.VirtualDisk)[0].capacityInBytes == 40 << 30
    assert devices_of(machine, vim.vm.device.VirtualCdrom)[0].backing.fileName == "[LocalDS_0] isos/windows.iso"
    assert sandbox.vcenter.read_file("LocalDS_0", "isos/windows.iso") == ISO


def test_manual_changes_appear_in_a_preview_with_refresh_and_are_repaired(sandbox: Sandbox, stack: Stack) -> None:
    s3, iam, bucket = sandbox.aws.client("s3"), sandbox.aws.client("iam"), stack.outputs()["bucket"]
    iam.put_role_policy(RoleName="vmimport", PolicyName="import", PolicyDocument=document("s3:ListBucket"))
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    iam.update_assume_role_policy(RoleName="vmimport", PolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
    s3.delete_bucket_tagging(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="m.json")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    )
    s3.delete_bucket_lifecycle(Bucket=bucket)
    reconfigure(sandbox, vim.vm.ConfigSpec(numCPUs=1))
    expected = {
        "images": "update",
        "images-access": "update",
        "images-encryption": "update",
        "images-lifecycle": "create",
        "images-ownership": "update",
        "images-policy": "create",
        "images-versions": "update",
        "manifest": "create",
        "source": "update",
        "vmimport": "update",
        "vmimport-policy": "update",
    }
    assert stack.run("preview", refresh=True) == expected
    assert stack.run("up", refresh=True) == expected
    assert machine_of(sandbox).config.hardware.numCPU == 2
    repaired = iam.get_role_policy(RoleName="vmimport", PolicyName="import")["PolicyDocument"]
    assert repaired == json.loads(reads(f"arn:aws:s3:::{bucket}"))
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_manually_deleted_resources_are_detected_by_refresh_and_re_created(sandbox: Sandbox, stack: Stack) -> None:
    s3, iam, bucket = sandbox.aws.client("s3"), sandbox.aws.client("iam"), stack.outputs()["bucket"]
    kept = s3.list_object_versions(Bucket=bucket)
    for version in kept["Versions"] + kept.get("DeleteMarkers", []):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=bucket)
    iam.delete_role_policy(RoleName="vmimport", PolicyName="import")
    iam.delete_role(RoleName="vmimport")
    power_off(sandbox)
    sandbox.vcenter.session.wait("by hand", machine_of(sandbox).Destroy_Task())
    deleted = stack.names() - {"media"}  # the real provider fails to refresh a file that does not exist
    assert stack.run("refresh") == dict.fromkeys(deleted, "delete")
    assert stack.run("up") == dict.fromkeys(deleted, "create")
    assert machine_of(sandbox).runtime.powerState == "poweredOn"


def test_destroy_of_a_manually_deleted_machine_fails_without_refresh(sandbox: Sandbox, stack: Stack) -> None:
    power_off(sandbox)
    sandbox.vcenter.session.wait("by hand", machine_of(sandbox).Destroy_Task())
    with pytest.raises(automation.CommandError, match="cannot locate virtual machine with UUID"):
        stack.run("destroy", target=[stack.urn("source")])
    assert "source" in stack.names()
    stack.run("destroy", refresh=True)
    assert stack.names() == set()
    stack.run("up")


def test_a_manual_annotation_is_drift_only_if_the_program_sets_one(
    sandbox: Sandbox, program: Program, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure(sandbox, vim.vm.ConfigSpec(annotation="by hand"))
    assert stack.run("up", refresh=True) == {"source": "update"}
    assert machine_of(sandbox).config.annotation == program.annotation
    monkeypatch.setattr(program, "annotation", None)
    assert stack.run("up") == {}  # as with the real provider, which keeps the annotation
    reconfigure(sandbox, vim.vm.ConfigSpec(annotation="by hand"))
    assert stack.run("up", refresh=True) == {}
    assert machine_of(sandbox).config.annotation == "by hand"


def test_an_extended_disk_and_a_removed_drive_are_changed_in_place(
    sandbox: Sandbox, program: Program, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = machine_of(sandbox).config.uuid
    power_off(sandbox)  # as an installation ends
    monkeypatch.setattr(program, "disk_gib", 50)
    monkeypatch.setattr(program, "with_cdrom", False)
    assert stack.run("up") == {"source": "update"}
    machine = machine_of(sandbox)
    assert machine.config.uuid == uuid
    assert devices_of(machine, vim.vm.device.VirtualDisk)[0].capacityInBytes == 50 << 30
    assert devices_of(machine, vim.vm.device.VirtualCdrom) == []
    assert machine.runtime.powerState == "poweredOn"  # as the real provider leaves it
    power_off(sandbox)
    monkeypatch.setattr(program, "with_cdrom", True)
    assert stack.run("up", refresh=True) == {"source": "update"}
