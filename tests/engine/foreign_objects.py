"""Objects in S3 that no stack of the tests uploaded."""

import io
import tarfile
from pathlib import Path

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
