"""A sandbox for each module, clean for each test, and an account in it that is ready to import."""

import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport_sandbox.aws import AwsSandbox
from pulumi_vmimport_sandbox.clock import SandboxClock

REGION = "eu-west-1"
BUCKET = "disk-images"
OVF_NAMESPACES = (
    'xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" '
    'xmlns:vmw="http://www.vmware.com/schema/ovf"'
)


class Samples:
    """Small disks that AWS takes, and how to spoil them."""

    @staticmethod
    def vmdk(capacity_gib: int = 1, *, flags: int = 0x30001, algorithm: int = 1, footer: bool = True) -> bytes:
        def header(directory: int) -> bytes:
            sectors = (capacity_gib << 30) // 512
            fields = (b"KDMV", 3, flags, sectors, 128, 1, 127, 512, 0, directory, 128, 0, b"\n \r\n", algorithm)
            return struct.pack("<4sIIQQQQIQQQB4sH", *fields).ljust(512, b"\0")

        return header(0xFFFFFFFFFFFFFFFF) + bytes(127 * 512) + (header(200) + bytes(512) if footer else bytes(1024))

    @staticmethod
    def raw() -> bytes:
        return bytes(510) + b"\x55\xaa" + b"data" * 100

    @staticmethod
    def vhd(*, dynamic: bool = False) -> bytes:
        footer = bytearray(512)
        footer[:8], footer[48:56] = b"conectix", (3 << 30).to_bytes(8, "big")
        footer[60:64] = (3 if dynamic else 2).to_bytes(4, "big")
        return bytes(footer) * 2

    @staticmethod
    def ovf(
        os_type: str = "windows9_64Guest", disks: tuple[str, ...] = ("disk1.vmdk",), file_attributes: str = ""
    ) -> str:
        files = "".join(f'<File ovf:id="f{n}" ovf:href="{name}" {file_attributes}/>' for n, name in enumerate(disks))
        entries = "".join(f'<Disk ovf:diskId="d{n}" ovf:fileRef="f{n}" ovf:capacity="1"/>' for n in range(len(disks)))
        system = f'<OperatingSystemSection ovf:id="1" vmw:osType="{os_type}"><Info/></OperatingSystemSection>'
        sections = f"<References>{files}</References><DiskSection><Info/>{entries}</DiskSection>"
        return f'<Envelope {OVF_NAMESPACES}>{sections}<VirtualSystem ovf:id="vm">{system}</VirtualSystem></Envelope>'

    @classmethod
    def ova(cls, os_type: str = "windows9_64Guest", capacities: tuple[int, ...] = (70,)) -> bytes:
        names = tuple(f"disk{n}.vmdk" for n in range(1, len(capacities) + 1))
        disks = {name: cls.vmdk(gib) for name, gib in zip(names, capacities, strict=True)}
        files = {"vm.ovf": cls.ovf(os_type, names).encode(), **disks}
        lines = [f"SHA256({name})= {hashlib.sha256(data).hexdigest()}\n" for name, data in files.items()]
        return cls.tar({"vm.ovf": files["vm.ovf"], "vm.mf": "".join(lines).encode(), **disks})

    @staticmethod
    def tar(files: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return out.getvalue()


class Account:
    """The account in the sandbox, with the calls that most tests start from."""

    trust: dict[str, Any] = {  # noqa: RUF012 - tests copy it before they change it
        "Effect": "Allow",
        "Principal": {"Service": "vmie.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:Externalid": "vmimport"}},
    }
    permissions: tuple[dict[str, Any], ...] = (
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:RegisterImage", "ec2:Describe*"],
            "Resource": "*",
        },
    )

    def __init__(self, aws: AwsSandbox) -> None:
        self.aws = aws
        self.ec2 = aws.client("ec2")
        self.s3 = aws.client("s3")
        self.iam = aws.client("iam")
        self.workspaces = aws.client("workspaces")

    def bucket(self, name: str = BUCKET, region: str = REGION) -> None:
        where = {"LocationConstraint": region}
        self.aws.client("s3", region).create_bucket(Bucket=name, CreateBucketConfiguration=where)

    def put(self, key: str, data: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)

    def role(self, *permissions: dict[str, Any], trust: dict[str, Any] | None = None, name: str = "vmimport") -> None:
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=self.document(trust or self.trust))
        policy = self.document(*(permissions or self.permissions))
        self.iam.put_role_policy(RoleName=name, PolicyName="vmimport", PolicyDocument=policy)
        self.aws.clock.advance(self.aws.settings.iam_propagation_seconds)

    def ready(self, key: str = "vm.ova", data: bytes | None = None) -> None:
        """Bucket, role and a disk."""
        self.bucket()
        self.role()
        self.put(key, Samples.ova() if data is None else data)

    def start(self, key: str = "vm.ova", **parameters: Any) -> str:
        """Start an import and return its task id."""
        form = parameters.pop("Format", key.rpartition(".")[2].upper())
        container = {"Description": "root", "Format": form, "UserBucket": {"S3Bucket": BUCKET, "S3Key": key}}
        return str(self.ec2.import_image(DiskContainers=[container], **parameters)["ImportTaskId"])

    def task(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"][0]
        return found

    def cancel(self, task_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.ec2.cancel_import_task(ImportTaskId=task_id)
        return answer

    def imported(self, key: str = "vm.ova", **parameters: Any) -> dict[str, Any]:
        """Import a disk to the end and return its task as described then."""
        task_id = self.start(key, **parameters)
        self.aws.clock.advance(self.aws.settings.import_seconds)
        return self.task(task_id)

    def ended(self, key: str, **parameters: Any) -> str:
        """Import a disk to its bad end and return the message."""
        task_id = self.start(key, **parameters)
        self.aws.clock.advance(self.aws.settings.import_seconds + self.aws.settings.deleting_seconds)
        task = self.task(task_id)
        assert task["Status"] == "deleted"
        return str(task["StatusMessage"])

    @staticmethod
    def document(*statements: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    @staticmethod
    def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
        """Make a call that is to fail and return the service's code and message."""
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture(scope="module")
def running() -> Iterator[Account]:
    with AwsSandbox(SandboxClock.stepped(), region=REGION) as aws:
        yield Account(aws)


@pytest.fixture
def account(running: Account) -> Account:
    """With nothing in it."""
    running.aws.reset()
    return running


@pytest.fixture
def aws(account: Account) -> AwsSandbox:
    """The sandbox of the account."""
    return account.aws


@pytest.fixture
def ready(account: Account) -> Account:
    """With a bucket, a disk in it, and the role."""
    account.ready()
    return account


@pytest.fixture
def samples() -> type[Samples]:
    return Samples
