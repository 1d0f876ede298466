"""Objects in S3 and virtual machines that no stack of the tests created."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from pyVmomi import vim

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox import Sandbox

REGION = "eu-west-1"


def put_object(sandbox: Sandbox, bucket: str, key: str, body: bytes) -> None:
    s3 = sandbox.aws.observer("s3", REGION)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key=key, Body=body)


def put_ova(sandbox: Sandbox, disk: Path, bucket: str, key: str) -> None:
    """Upload an OVA as another tool would."""
    descriptor = (
        b'<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" '
        b'xmlns:vmw="http://www.vmware.com/schema/ovf"><References><File ovf:id="f" ovf:href="disk.vmdk"/></References>'
        b'<DiskSection><Info/><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="75161927680"/></DiskSection>'
        b'<VirtualSystem ovf:id="w"><Info/><OperatingSystemSection ovf:id="1" vmw:osType="windows9_64Guest"><Info/>'
        b"</OperatingSystemSection></VirtualSystem></Envelope>"
    )
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in (("web.ovf", descriptor), ("disk.vmdk", disk.read_bytes())):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    put_object(sandbox, bucket, key, archive.getvalue())


def make_role(sandbox: Sandbox, buckets: list[str]) -> None:
    """Create the role vmimport, which may read these buckets."""
    iam = sandbox.aws.observer("iam")
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=buckets))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)


def make_machine(sandbox: Sandbox, name: str, disk: Path) -> None:
    """Create a powered-off VM with the disk, outside of Pulumi."""
    settings = VSphereSettings.from_environment(sandbox.environment)
    assert settings is not None
    device = vim.vm.device
    controller = device.VirtualLsiLogicSASController(key=1000, busNumber=0, sharedBus="noSharing")
    backing = device.VirtualDisk.FlatVer2BackingInfo(
        fileName="[LocalDS_0]", diskMode="persistent", thinProvisioned=True
    )
    hard_disk = device.VirtualDisk(key=2000, controllerKey=1000, unitNumber=0, capacityInKB=70 << 20, backing=backing)
    add = device.VirtualDeviceSpec
    spec = vim.vm.ConfigSpec(
        name=name,
        guestId="windows9_64Guest",
        numCPUs=2,
        memoryMB=4096,
        files=vim.vm.FileInfo(vmPathName="[LocalDS_0]"),
        deviceChange=[
            add(operation="add", device=controller),
            add(operation="add", fileOperation="create", device=hard_disk),
        ],
    )
    with VSphereSession(settings) as session:
        (datacenter,) = session.content.rootFolder.childEntity
        pool = datacenter.hostFolder.childEntity[0].resourcePool
        task = datacenter.vmFolder.CreateVM_Task(config=spec, pool=pool)
        machine = session.wait_for_task(task, f"create {name}", lambda seconds: None)
        devices: list[Any] = list(machine.config.hardware.device)
        backings: list[Any] = [d.backing for d in devices if isinstance(d, device.VirtualDisk)]
    path = str(backings[0].fileName).partition("] ")[2]
    with disk.open("rb") as stream:
        sandbox.vcenter.put_file("LocalDS_0", path, stream)
