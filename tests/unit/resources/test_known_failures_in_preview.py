"""Every known failure that preview detects, reproduced."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from moto.ec2.models import ec2_backends
from tests.unit.disk.inspection.container_images import archive
from tests.unit.disk.inspection.disk_tools import run as run_tool

from pulumi_vmimport.aws.ec2.export_options import TargetEnvironment
from pulumi_vmimport.aws.ec2.import_request import ImageDiskContainer, UserBucket
from pulumi_vmimport.aws.tables.known_failures import KnownFailure, table
from pulumi_vmimport.aws.workspaces.ingestion_options import IngestionProcess
from pulumi_vmimport.components.source_machine_rules import SourceMachine
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.lifecycle.property_bag import read_bag
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExportInputs
from pulumi_vmimport.resources.ec2_tasks.instance_export_lifecycle import InstanceExportLifecycle
from pulumi_vmimport.resources.virtual_machine_export.machine_rules import machine_problems
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

DETECTED = [failure for failure in table().failures if failure.preview is not None]
REGION = "eu-west-1"
AMI, SNAPSHOT = "ami-0123456789abcdef0", "snap-0123456789abcdef0"


@dataclass(frozen=True)
class Scene:
    """The environment of a check in preview."""

    aws: AwsSandbox
    run: Any
    inputs: ImportImageInputs
    request: pytest.FixtureRequest

    def form(self, **values: Any) -> list[str]:
        """The problems that ImportImage finds in its inputs."""
        bag = {"region": REGION, "diskContainers": [{"url": "s3://images/web.raw"}], **values}
        inputs, problems = read_bag(ImportImageInputs, bag)
        return [p.reason for p in [*problems, *ImportImageLifecycle().check(inputs)]]

    def preflight(self, **changes: Any) -> list[str]:
        """What ImportImage finds wrong in AWS."""
        return [p.reason for p in ImportImageLifecycle().preflight(self.run, replace(self.inputs, **changes))]

    def export_instance(self, instance_id: str | None = None) -> list[str]:
        """The problems that InstanceExport finds in AWS."""
        id, bucket = instance_id or self.fixture("exportable_instance"), self.fixture("export_bucket")
        target = TargetEnvironment.VMWARE
        inputs = InstanceExportInputs(region=REGION, instance_id=id, s3_bucket=bucket, target_environment=target)
        return [p.reason for p in InstanceExportLifecycle().preflight(self.run, inputs)]

    def fixture(self, name: str) -> Any:
        """The value of a fixture."""
        return self.request.getfixturevalue(name)

    def source_machine(self, fact: str) -> list[str]:
        """The problems that SourceVirtualMachine finds in a guest."""
        return [finding.reason for finding in SourceMachine({"guest": {fact: True}}).findings()]


def _disk_elsewhere(scene: Scene) -> list[str]:
    scene.aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    return scene.preflight(disk_containers=(ImageDiskContainer(user_bucket=UserBucket("far-away", "k")),))


def _expired_url(scene: Scene) -> list[str]:
    query = "X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-Signature=f00d"
    return scene.preflight(disk_containers=(ImageDiskContainer(url=f"https://b.s3.amazonaws.com/k.raw?{query}"),))


def _role_without_permissions(scene: Scene) -> list[str]:
    scene.aws.observer("iam").delete_role_policy(RoleName="vmimport", PolicyName="vmimport")
    return scene.preflight()


def _two_disks(scene: Scene) -> list[str]:
    facts = scene.fixture("machine").facts()
    two = replace(facts, disks=(facts.disks[0], facts.disks[0]))
    return [p.reason for p in machine_problems("uuid", two, None, ImageProfile.BYOL_WORKSPACES)]


def _account_without_byol(scene: Scene) -> list[str]:
    scene.aws.disable_byol()
    inputs = ImportWorkspaceImageInputs(
        region=REGION,
        ec2_image_id=AMI,
        image_name="w",
        image_description="w",
        ingestion_process=IngestionProcess.BYOL_REGULAR,
    )
    return [p.reason for p in ImportWorkspaceImageLifecycle().preflight(scene.run, inputs)]


def _two_volumes(scene: Scene) -> list[str]:
    ec2, instance = scene.aws.observer("ec2"), scene.fixture("exportable_instance")
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    ec2.attach_volume(InstanceId=instance, VolumeId=volume, Device="/dev/sdf")
    return scene.export_instance()


def _base_image_gone(scene: Scene) -> list[str]:
    scene.fixture("exportable_instance")
    scene.aws.observer("ec2").deregister_image(ImageId=scene.fixture("byol_ami"))
    return scene.export_instance()


def _base_image_of_another_account(scene: Scene) -> list[str]:
    scene.fixture("exportable_instance")
    ec2_backends["123456789012"][REGION].amis[scene.fixture("byol_ami")].owner_id = "111122223333"
    return scene.export_instance()


def _encrypted_image(scene: Scene) -> list[str]:
    scene.fixture("exportable_instance")
    ec2_backends["123456789012"][REGION].amis[scene.fixture("byol_ami")].ebs_snapshot.encrypted = True
    return scene.export_instance()


def _bucket_with_kms_key(scene: Scene) -> list[str]:
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    scene.aws.observer("s3").put_bucket_encryption(
        Bucket=scene.fixture("export_bucket"), ServerSideEncryptionConfiguration={"Rules": [by_default]}
    )
    return scene.export_instance()


def _uploaded(scene: Scene, name: str, content: bytes) -> list[str]:
    """The problems of an object with this content."""
    scene.aws.observer("s3").put_object(Bucket="images-of-web", Key=name, Body=content)
    return scene.preflight(disk_containers=(ImageDiskContainer(user_bucket=UserBucket("images-of-web", name)),))


def _converted(scene: Scene, name: str, format: str, options: str) -> bytes:
    """A disk with some data in a format of QEMU."""
    folder = scene.fixture("tmp_path")
    (folder / "disk").write_bytes(b"\1" * (1 << 20))
    run_tool("qemu-img", "convert", "-q", "-f", "raw", "-O", format, "-o", options, folder / "disk", folder / name)
    return bytes((folder / name).read_bytes())


def _stream(scene: Scene) -> bytes:
    return _converted(scene, "disk.vmdk", "vmdk", "subformat=streamOptimized")


def _sparse_vmdk(scene: Scene) -> list[str]:
    return _uploaded(scene, "disk.vmdk", _converted(scene, "disk.vmdk", "vmdk", "subformat=monolithicSparse"))


def _uncompressed_vmdk(scene: Scene) -> list[str]:
    stream = bytearray(_stream(scene))
    stream[77:79] = bytes(2)  # SparseExtentHeader.compressAlgorithm
    return _uploaded(scene, "disk.vmdk", bytes(stream))


def _vhd_with_two_footers(scene: Scene) -> list[str]:
    image = bytearray(_converted(scene, "disk.vhd", "vpc", "subformat=dynamic"))
    image[100] ^= 1  # in the reserved part of the copy
    return _uploaded(scene, "disk.vhd", bytes(image))


def _ova_without_first_descriptor(scene: Scene) -> list[str]:
    return _uploaded(scene, "web.ova", archive({"disk.vmdk": _stream(scene), "web.ovf": b"<Envelope/>"}))


def _private_bucket(scene: Scene) -> list[str]:
    scene.aws.observer("s3").put_bucket_acl(Bucket=scene.fixture("export_bucket"), ACL="private")
    return scene.export_instance()


def _chunked_ova(scene: Scene) -> list[str]:
    namespace = 'xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"'
    file = '<File ovf:id="f" ovf:href="disk.vmdk" ovf:size="2048" ovf:chunkSize="1024"/>'
    descriptor = f"<Envelope {namespace}><References>{file}</References></Envelope>".encode()
    members = {"web.ovf": descriptor, "disk.vmdk.000000000": bytes(1024), "disk.vmdk.000000001": bytes(1024)}
    return _uploaded(scene, "web.ova", archive(members))


# The check and a part of its reason, for the failures with a check in preview.
PREVIEWS: dict[str, tuple[Callable[[Scene], Iterable[str]], str]] = {
    "TR-01": (lambda s: s.form(diskContainers=[{"format": "QCOW2", "url": "s3://images/k"}]), "got 'QCOW2'"),
    "TR-03": (lambda s: s.preflight(role_name="nobody"), "role 'nobody' does not exist"),
    "TR-05": (_vhd_with_two_footers, "vhd-footer-differs: "),
    "TR-06": (lambda s: _uploaded(s, "disk.vmdk", _stream(s)[: 65536 + 600]), "vmdk-cut-short: "),
    "TR-07": (_disk_elsewhere, "is in us-east-1, expected eu-west-1"),
    "TR-08": (_uncompressed_vmdk, "vmdk-compression: "),
    "TR-09": (lambda s: s.form(diskContainers=[{"url": "ftp://b"}]), "expected s3://bucket/key or an https URL"),
    "TR-10": (_disk_elsewhere, "is in us-east-1, expected eu-west-1"),
    "TR-11": (
        lambda s: s.form(licenseType="BYOL", usageOperation="RunInstances:0800"),
        "cannot be combined with licenseType",
    ),
    "TR-12": (_two_volumes, "has 2 volumes (vol-"),
    "TR-13": (lambda s: s.export_instance("i-0123456789abcdef0"), "instance 'i-0123456789abcdef0' does not exist"),
    "TR-18": (_two_disks, "expected one disk for WorkSpaces BYOL"),
    "TR-20": (lambda s: s.source_machine("physical_origin"), "converted from a physical machine"),
    "TR-22": (lambda s: _uploaded(s, "disk.raw", bytes(1 << 20)), "no-boot-partition: "),
    "TR-23": (lambda s: s.source_machine("dual_boot"), "several operating systems"),
    "TR-25": (lambda s: s.source_machine("dual_boot"), "several operating systems"),
    "TR-27": (lambda s: s.form(diskContainers=[{"snapshotId": SNAPSHOT}] * 22), "expected 1 to 21 disks"),
    "TR-29": (_base_image_gone, "from which instance"),
    "TR-33": (_account_without_byol, "is not enabled for BYOL"),
    "TR-34": (_chunked_ova, "ova-chunked-disk: "),
    "TR-35": (_sparse_vmdk, "vmdk-not-stream-optimized: "),
    "TR-55": (
        lambda s: s.preflight(disk_containers=(ImageDiskContainer(user_bucket=UserBucket("images-of-web", "gone")),)),
        "object 'gone' does not exist",
    ),
    "TR-56": (_expired_url, "2026-01-01"),
    "TR-57": (_role_without_permissions, "lacks s3:"),
    "TR-58": (
        lambda s: s.form(diskContainers=[{"snapshotId": SNAPSHOT}], bootMode="uefi"),
        "is required for bootMode uefi",
    ),
    "TR-61": (
        lambda s: s.form(diskContainers=[{"format": "VMDK", "url": "s3://images/k.ova"}]),
        "does not match the key",
    ),
    "TR-62": (lambda s: s.source_machine("encrypted_volumes"), "decrypt them"),
    "TR-63": (lambda s: s.preflight(encrypted=True, kms_key_id="alias/nobody"), "alias/nobody"),
    "TR-64": (lambda s: s.source_machine("hyper_v_role"), "Hyper-V role"),
    "TR-67": (lambda s: s.form(operatingSystem="Ubuntu 22.10"), "AWS does not list 'Ubuntu 22.10'"),
    "TR-75": (_base_image_of_another_account, "belongs to account 111122223333"),
    "TR-76": (_encrypted_image, "is encrypted, expected an unencrypted disk"),
    "TR-77": (_bucket_with_kms_key, "encrypts with a KMS key"),
    "TR-91": (_ova_without_first_descriptor, "ova-ovf-not-first: "),
    "TR-93": (lambda s: _uploaded(s, "disk.vmdk", _stream(s)[: 65536 + 600]), "vmdk-cut-short: "),
    "TR-95": (_private_bucket, "does not grant "),
    "TR-68": (lambda s: s.form(operatingSystem="FreeBSD 14"), "AWS does not list 'FreeBSD 14'"),
}


@pytest.mark.parametrize("failure", DETECTED, ids=lambda failure: failure.id)
def test_preview_detects_the_failure(
    failure: KnownFailure, image_inputs: ImportImageInputs, aws: AwsSandbox, run: Any, request: pytest.FixtureRequest
) -> None:
    check, words = PREVIEWS[failure.id]
    assert any(words in reason for reason in check(Scene(aws, run, image_inputs, request)))


def test_every_failure_with_a_check_is_reproduced() -> None:
    assert {failure.id for failure in DETECTED} == set(PREVIEWS)
