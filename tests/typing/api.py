"""The public API as type checkers see it. `make types` checks this file with mypy and pyright; nothing runs it."""

from typing import Any, assert_type

import pulumi

from pulumi_vmimport import (
    ByolWorkspaceImage,
    DirectSnapshot,
    DiskImageUpload,
    ImportBucket,
    ImportImage,
    ImportImageArgs,
    ImportWorkspaceImage,
    SourceVirtualMachine,
    VirtualMachineExport,
    VmimportRole,
    WorkspaceBundle,
    usage_operation,
)
from pulumi_vmimport.testing import VmimportMocks

opts = pulumi.ResourceOptions(protect=True)
bucket = ImportBucket("images")
ImportBucket("images", {"existing_bucket": "images-of-web"}, opts)
role = VmimportRole("vmimport", import_buckets=[bucket.bucket], opts=opts)

web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": bucket.bucket, "s3_key": "web.raw"}}],
    license_type="BYOL",
    platform="Windows",
    role_name=role.role_name,
    opts=opts,
)
args: ImportImageArgs = {"disk_containers": [{"url": "s3://images-of-web/web.raw"}], "boot_mode": "uefi"}
ImportImage("web", args, opts)
ImportImage("web", args)
assert_type(web.image_id, pulumi.Output[str])
assert_type(web.snapshot_ids, pulumi.Output[list[str]])
assert_type(ImportImage.get("web", "import-ami-0123456789abcdef0", region="eu-west-1"), ImportImage)
assert_type(WorkspaceBundle.get("desk", web.image_id, opts).bundle_id, pulumi.Output[str])
billing: str = usage_operation("Windows Server", "BYOL")

settings: dict[str, Any] = {"tags": {"team": "web"}}
DirectSnapshot("data", file="data.raw", **settings)
VirtualMachineExport("web", bucket=bucket.bucket, key="web.ova", path="DC0/vm/web", powered_on="shutDown")
SourceVirtualMachine("web", datastore="ds", network="net", rules="warn", phase="export")
ByolWorkspaceImage(
    "desk",
    image_name="desk",
    image_description="a desk",
    ingestion_process="BYOL_REGULAR_WSP",
    ec2_image_id=web.image_id,
)
ByolWorkspaceImage(
    "unattended",
    image_name="desk",
    image_description="a desk",
    ingestion_process="BYOL_REGULAR_WSP",
    windows_iso={"path": "iso/windows.iso"},
    source_machine={"datastore": "ds", "network": "net"},
    guest={"windows_release": "10-22H2", "administrator_password": "a", "byol_account_password": "b"},
)
ByolWorkspaceImage(
    "own-role",
    image_name="desk",
    image_description="a desk",
    ingestion_process="BYOL_REGULAR_WSP",
    virtual_machine_path="DC0/vm/desk",
    role_name="vmimport",
    adopt=True,
)
pulumi.runtime.set_mocks(VmimportMocks(outputs={"ImportImage": {"image_id": "ami-0123456789abcdef0"}}))

# Every line below is an error, which both type checkers must report: an unused ignore fails the check.
ImportImage("web")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
ImportImage("web", disk_containers=[], license_type="FOO")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
ImportImage("web", disk_containers=[], plattform="Windows")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
ImportImage("web", {"disk_containers": []}, platform="Windows")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
ImportImage("web", disk_containers=[{"format": "ISO"}])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
ImportImage("web", disk_containers=[], timeout_minutes="60")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
DiskImageUpload("disk", path="d.raw", bucket="b", key="d.raw", storage_class="COLD")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
ImportWorkspaceImage("desk", ec2_image_id="ami-1", ingestion_process="BYOL", image_name="d", image_description="d")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
WorkspaceBundle("desk", {"bundle_name": "desk"})  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
VmimportRole("vmimport", import_buckets="images")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
WorkspaceBundle.get("desk")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
WorkspaceBundle.get("desk", "wsb-1", image_id="wsi-1")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
