import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

BUCKET, KEY = "images", "vms/win10.ova"


def packed(name: str, descriptor: bytes, disks: Mapping[str, bytes]) -> bytes:
    """An OVA written by Python's tarfile, without owner and time."""
    members = {f"{name}.ovf": descriptor, **disks}
    lines = [f"SHA256({member})= {hashlib.sha256(content).hexdigest()}\n" for member, content in members.items()]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for member, content in ((f"{name}.ovf", descriptor), (f"{name}.mf", "".join(lines).encode()), *disks.items()):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture(scope="session")
def aws() -> boto3.Session:
    """Shared by all tests because it caches the parsed service models."""
    return boto3.Session("testing", "testing", region_name="eu-west-1")


@pytest.fixture
def s3(aws: boto3.Session) -> Iterator[Any]:
    with mock_aws():
        client = aws.client("s3")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


@dataclass
class FaultyBucket:
    """The content of the bucket, and calls that S3 denies."""

    client: Any

    def content(self) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read())

    def leftovers(self) -> list[str]:
        uploads = self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        objects = self.client.list_object_versions(Bucket=BUCKET).get("Versions", [])
        return [f"upload {upload['Key']}" for upload in uploads] + [f"object {entry['Key']}" for entry in objects]

    def deny(self, operation: str, when: Callable[[dict[str, Any]], bool] = lambda _: True) -> None:
        def raise_error(params: dict[str, Any], **_: Any) -> None:
            if when(params):
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, operation)

        self.client.meta.events.register(f"before-call.s3.{operation}", raise_error)


@pytest.fixture
def bucket(s3: Any) -> FaultyBucket:
    return FaultyBucket(s3)
