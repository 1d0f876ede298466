from dataclasses import dataclass
from typing import Any

from botocore.session import get_session

from pulumi_vmimport.aws.ec2.import_options import DiskFormat, LicenseType, SnapshotFormat
from pulumi_vmimport.aws.ec2.import_request import (
    IMAGE_MEMBERS,
    SNAPSHOT_MEMBERS,
    ClientData,
    ImageDiskContainer,
    LicenseSpecification,
    SnapshotDiskContainer,
    UserBucket,
    api_members,
)


@dataclass(frozen=True)
class Inputs:
    description: str | None = None
    encrypted: bool | None = None
    license_type: LicenseType | None = None
    disk_containers: tuple[ImageDiskContainer, ...] | None = None
    disk_container: SnapshotDiskContainer | None = None
    license_specifications: tuple[LicenseSpecification, ...] | None = None
    client_data: ClientData | None = None
    tags: dict[str, str] | None = None


def test_members_that_are_set_have_the_names_of_the_api() -> None:
    inputs = Inputs(
        description="web",
        encrypted=False,
        license_type=LicenseType.BYOL,
        disk_containers=(
            ImageDiskContainer(format=DiskFormat.OVA, user_bucket=UserBucket("images", "web.ova")),
            ImageDiskContainer(snapshot_id="snap-1", device_name="/dev/sdb", description="data"),
            ImageDiskContainer(url="s3://images/k"),
        ),
        license_specifications=(LicenseSpecification("arn:license"),),
        client_data=ClientData(comment="c", upload_start="2026-01-01", upload_end="2026-01-02", upload_size=1.5),
        tags={"team": "blue"},
    )
    names = ("description", "encrypted", "license_type", "disk_containers", "license_specifications", "client_data")
    assert api_members(inputs, names) == {
        "Description": "web",
        "Encrypted": False,
        "LicenseType": "BYOL",
        "DiskContainers": [
            {"Format": "OVA", "UserBucket": {"S3Bucket": "images", "S3Key": "web.ova"}},
            {"SnapshotId": "snap-1", "DeviceName": "/dev/sdb", "Description": "data"},
            {"Url": "s3://images/k"},
        ],
        "LicenseSpecifications": [{"LicenseConfigurationArn": "arn:license"}],
        "ClientData": {
            "Comment": "c",
            "UploadStart": "2026-01-01",
            "UploadEnd": "2026-01-02",
            "UploadSize": 1.5,
        },
    }


def test_members_that_are_not_set_are_omitted() -> None:
    inputs = Inputs(disk_container=SnapshotDiskContainer(format=SnapshotFormat.VHD, url="https://b/k"))
    assert api_members(inputs, ("description", "disk_container")) == {
        "DiskContainer": {"Format": "VHD", "Url": "https://b/k"}
    }


def test_every_member_is_one_of_the_api() -> None:
    model: Any = get_session().get_service_model("ec2")
    for operation, names in {"ImportImage": IMAGE_MEMBERS, "ImportSnapshot": SNAPSHOT_MEMBERS}.items():
        members = {name.title().replace("_", "") for name in names}
        assert members - set(model.operation_model(operation).input_shape.members) == set()


def test_the_members_of_the_api_that_are_not_inputs_are_known() -> None:
    model: Any = get_session().get_service_model("ec2")
    rest = {
        operation: set(model.operation_model(operation).input_shape.members)
        - {name.title().replace("_", "") for name in names}
        for operation, names in {"ImportImage": IMAGE_MEMBERS, "ImportSnapshot": SNAPSHOT_MEMBERS}.items()
    }
    assert rest == {
        "ImportImage": {"ClientToken", "DryRun", "TagSpecifications"},
        "ImportSnapshot": {"ClientToken", "DryRun", "TagSpecifications"},
    }
