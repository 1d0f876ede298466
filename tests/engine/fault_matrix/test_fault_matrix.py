"""Kill -9 and Ctrl-C at every AWS call of each resource: which calls there are, a run without a fault tells.

Each copy of a resource is cut off at one of its calls, all copies at once: they share nothing but the engine.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyVmomi import vim

import pulumi_vmimport
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.identity import RESOURCE_TAG
from pulumi_vmimport.lifecycle.managed_resource import ManagedResource
from pulumi_vmimport.resources.direct_snapshot.direct_snapshot import DirectSnapshot
from pulumi_vmimport.resources.disk_image_upload.disk_image_upload import DiskImageUpload
from pulumi_vmimport.resources.ec2_tasks.export_image import ExportImage
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImage
from pulumi_vmimport.resources.ec2_tasks.import_snapshot import ImportSnapshot
from pulumi_vmimport.resources.ec2_tasks.instance_export import InstanceExport
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import VirtualMachineExport
from pulumi_vmimport.resources.workspaces.copy_workspace_image import CopyWorkspaceImage
from pulumi_vmimport.resources.workspaces.create_updated_workspace_image import CreateUpdatedWorkspaceImage
from pulumi_vmimport.resources.workspaces.create_workspace_image import CreateWorkspaceImage
from pulumi_vmimport.resources.workspaces.import_custom_workspace_image import ImportCustomWorkspaceImage
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImage
from pulumi_vmimport.resources.workspaces.workspace_bundle import WorkspaceBundle
from pulumi_vmimport.resources.workspaces.workspace_image_permissions import WorkspaceImagePermissions
from pulumi_vmimport_sandbox import Sandbox
from pulumi_vmimport_sandbox.aws import Stage
from pulumi_vmimport_sandbox.aws.vm_import.export_bucket_validation import canonical_id

REGION, BLOCKS, EXPORTS, DATASTORE = "eu-west-1", "data.raw", "exports-of-web", "LocalDS_0"
BUILDER = f"arn:aws:imagebuilder:{REGION}:123456789012:infrastructure-configuration/byol"
MINUTE, DAY, YEAR = 60, 86400, 365 * 86400

pytestmark = pytest.mark.filterwarnings(
    # What a killed engine leaves behind of its program, which runs in this process.
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


class Kind(NamedTuple):
    """One kind of resource, and the arguments of a copy by its name."""

    resource: Callable[..., Any]
    args: Callable[[str], dict[str, Any]]


class Scene:
    """What the resources are made of, all of it outside of any stack."""

    def __init__(self, sandbox: Sandbox, place: dict[str, str], vmdk: Path) -> None:
        self.sandbox, self.aws, self.place, self.vmdk = sandbox, sandbox.aws, place, vmdk
        self.aws.settings.active_import_quota = self.aws.settings.active_export_quota = 200
        self.ec2, self.s3 = self.aws.observer("ec2", REGION), self.aws.observer("s3", REGION)
        self.settings(MINUTE)
        policy = iam_documents.role_policy(import_buckets=(), export_buckets=[EXPORTS])
        iam = self.aws.observer("iam")
        iam.put_role_policy(RoleName="vmimport", PolicyName="export", PolicyDocument=json.dumps(policy))
        sandbox.clock.advance(self.aws.settings.iam_propagation_seconds)
        location, owner = {"LocationConstraint": REGION}, "BucketOwnerPreferred"
        self.s3.create_bucket(Bucket=EXPORTS, CreateBucketConfiguration=location, ObjectOwnership=owner)
        service = {"Type": "CanonicalUser", "ID": canonical_id(REGION)}
        acl = {
            "Grants": [{"Grantee": service, "Permission": permission} for permission in ("READ_ACP", "WRITE")],
            "Owner": self.s3.get_bucket_acl(Bucket=EXPORTS)["Owner"],
        }
        self.s3.put_bucket_acl(Bucket=EXPORTS, AccessControlPolicy=acl)
        self.s3.put_object(Bucket=place["s3_bucket"], Key=BLOCKS, Body=b"data" * (1 << 20))
        self.ami = self.image()
        self.workspaces, self.other = self.aws.observer("workspaces", REGION), self.aws.second_account().account_id
        self.aws.settings.workspace_image_quota = self.aws.settings.workspace_bundle_quota = 1000
        self.desktop = self.workspace_image("source")
        self.aws.offer_image_update(self.desktop)
        self.shared: dict[str, str] = {}

    def kinds(self) -> dict[str, Kind]:
        """The resources by their names."""
        disk, blocks = {"format": "RAW", "user_bucket": self.place}, {**self.place, "s3_key": BLOCKS}
        windows = {"license_type": "BYOL", "platform": "Windows", "description": "web"}
        export = {"s3_bucket": EXPORTS, "s3_prefix": "vms/", "disk_image_format": "VMDK"}
        desktop = {"ingestion_process": "BYOL_REGULAR_WSP", "ec2_image_id": self.ami, "image_description": "web"}
        custom = {"compute_type": "BASE", "protocol": "DCV", "os_version": "Windows_10", "ec2_image_id": self.ami}
        source = {"source_image_id": self.desktop, "image_description": "web"}
        desk = {"image_id": self.desktop, "bundle_description": "web", "compute_type": "VALUE", "user_storage_gib": 10}
        kinds = [
            Kind(ImportImage, lambda name: {"disk_containers": [disk], **windows}),
            Kind(ImportSnapshot, lambda name: {"disk_container": disk}),
            Kind(DirectSnapshot, lambda name: {"format": "RAW", "user_bucket": blocks}),
            Kind(ExportImage, lambda name: {"image_id": self.image(), **export}),
            Kind(InstanceExport, lambda name: {"instance_id": self.instance(), "target_environment": "vmware", **export}),
            Kind(VirtualMachineExport, lambda name: {"moid": self.machine(name), "bucket": EXPORTS, "key": f"{name}.ova"}),
            Kind(DiskImageUpload, lambda name: {"path": str(self.vmdk), "bucket": EXPORTS, "key": f"{name}.vmdk", "image_profile": "snapshot"}),
            Kind(ImportWorkspaceImage, lambda name: {"image_name": name, **desktop}),
            Kind(CreateWorkspaceImage, lambda name: {"workspace_id": self.workspace(name), "image_name": name, "image_description": "web"}),
            Kind(ImportCustomWorkspaceImage, lambda name: {"image_name": name, "image_description": "web", "infrastructure_configuration_arn": BUILDER, **custom}),
            Kind(CopyWorkspaceImage, lambda name: {"image_name": name, "source_region": REGION, **source}),
            Kind(CreateUpdatedWorkspaceImage, lambda name: {"image_name": name, **source}),
            Kind(WorkspaceBundle, lambda name: {"bundle_name": name, **desk}),
            Kind(WorkspaceImagePermissions, lambda name: {"image_id": self.shared_image(name), "account_ids": [self.other]}),
        ]  # fmt: skip
        return {kind.resource.__name__: kind for kind in kinds}

    def settings(self, seconds: float, images: float = MINUTE) -> None:
        """Set how long conversion tasks, begun ones too, and new WorkSpaces images take."""
        settings = self.aws.settings
        settings.import_stages = settings.snapshot_stages = settings.export_stages = (
            Stage("converting", seconds, 19, 50),
        )
        settings.import_workspace_image_seconds = settings.create_workspace_image_seconds = images
        settings.copy_workspace_image_seconds = settings.update_workspace_image_seconds = (
            settings.create_bundle_seconds
        ) = images
        settings.custom_import_stages = (Stage("IN_PROGRESS", images, 0, 99),)

    def image(self) -> str:
        """An AMI of a Windows that brings its licence."""
        disk = {"Format": "RAW", "UserBucket": {"S3Bucket": self.place["s3_bucket"], "S3Key": self.place["s3_key"]}}
        task = self.ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")["ImportTaskId"]
        self.sandbox.clock.advance(self.aws.settings.import_seconds)
        return str(self.ec2.describe_import_image_tasks(ImportTaskIds=[task])["ImportImageTasks"][0]["ImageId"])

    def instance(self) -> str:
        """An instance of such an AMI."""
        launched = self.ec2.run_instances(ImageId=self.ami, InstanceType="t3.micro", MinCount=1, MaxCount=1)
        return str(launched["Instances"][0]["InstanceId"])

    def workspace(self, user: str) -> str:
        """A WorkSpace."""
        return self.aws.make_workspace(REGION, user)

    def workspace_image(self, name: str) -> str:
        """A WorkSpaces image."""
        of = {"Name": name, "Description": "a source", "WorkspaceId": self.workspace(name)}
        made = self.workspaces.create_workspace_image(**of)
        self.sandbox.clock.advance(self.aws.settings.create_workspace_image_seconds)
        return str(made["ImageId"])

    def shared_image(self, name: str) -> str:
        """A WorkSpaces image for one copy to share."""
        self.shared[name] = self.workspace_image(f"of-{name}-{len(self.shared)}")
        return self.shared[name]

    def machine(self, name: str) -> str:
        """A virtual machine that is off, with one disk."""
        device, vcenter = vim.vm.device, self.sandbox.vcenter
        file = device.VirtualDisk.FlatVer2BackingInfo(fileName=f"[{DATASTORE}]", diskMode="persistent")
        parts = [
            (None, device.VirtualLsiLogicSASController(key=1000, busNumber=0, sharedBus="noSharing")),
            ("create", device.VirtualDisk(controllerKey=1000, unitNumber=0, backing=file, capacityInKB=1 << 20)),
        ]
        changes = [device.VirtualDeviceSpec(operation="add", fileOperation=file, device=part) for file, part in parts]
        files = vim.vm.FileInfo(vmPathName=f"[{DATASTORE}]")
        root = vcenter.session.content.rootFolder.childEntity[0]
        pool, of = root.hostFolder.childEntity[0].resourcePool, {"guestId": "windows9_64Guest", "deviceChange": changes}
        task = root.vmFolder.CreateVM_Task(config=vim.vm.ConfigSpec(name=name, files=files, **of), pool=pool)
        made = vcenter.session.wait("create", task)
        held: list[Any] = [part for part in made.config.hardware.device if isinstance(part, device.VirtualDisk)]
        vcenter.put_file(DATASTORE, held[0].backing.fileName.split("] ")[1], io.BytesIO(self.vmdk.read_bytes()))
        return str(made._moId)

    def begun(self, copies: Iterable[str]) -> dict[str, int]:
        """How many tasks, snapshots, images and objects were ever begun for each of these copies."""
        workspaces, direct = self.workspaces, {"Name": f"tag:{RESOURCE_TAG}", "Values": ["Direct*"]}
        tasks: list[Any] = [*self.aws.import_tasks, *self.aws.snapshot_tasks, *self.aws.export_tasks]
        lists = [snapshot["Tags"] for snapshot in self.ec2.describe_snapshots(Filters=[direct])["Snapshots"]]
        images = [image["ImageId"] for page in paged(workspaces, "images") for image in page["Images"]]
        bundles = [bundle["BundleId"] for page in paged(workspaces, "bundles") for bundle in page["Bundles"]]
        lists += [workspaces.describe_tags(ResourceId=id)["TagList"] for id in images + bundles]
        tags = [task.tags for task in tasks] + [{tag["Key"]: tag["Value"] for tag in of} for of in lists]
        found = Counter(of[RESOURCE_TAG].rpartition("::")[2] for of in tags if RESOURCE_TAG in of)
        objects = self.s3.list_objects_v2(Bucket=EXPORTS).get("Contents", [])
        uploads = self.s3.list_multipart_uploads(Bucket=EXPORTS).get("Uploads", [])
        found.update(Path(o["Key"]).stem for o in (*objects, *uploads))
        for name, image in self.shared.items():
            found[name] += len(workspaces.describe_workspace_image_permissions(ImageId=image)["ImagePermissions"])
        return {name: found[name] for name in copies}


def paged(workspaces: Any, what: str) -> Any:
    """All pages of what the account has."""
    return workspaces.get_paginator(f"describe_workspace_{what}").paginate()


@pytest.fixture
def sandbox(vsphere_sandbox: Sandbox) -> Sandbox:
    return vsphere_sandbox


@pytest.fixture
def scene(sandbox: Sandbox, image_args: dict[str, Any], disk: Path) -> Scene:
    return Scene(sandbox, image_args["disk_containers"][0]["user_bucket"], disk)


def copies_of(kinds: dict[str, Kind], *calls: dict[str, list[Any]]) -> dict[str, Kind]:
    """As many copies of each kind as there are calls."""
    most = {name: max(len(of[name]) for of in calls) for name in kinds}
    return {f"{name}-{number}": kinds[name] for name in kinds for number in range(most[name])}


def holds_of(calls: dict[str, list[Any]]) -> dict[str, Any]:
    """The first copy is cut off at the first call, the second at the second."""
    return {f"{name}-{number}": at for name, of in calls.items() for number, at in enumerate(of)}


def first_of_each(calls: list[Any], done: set[str]) -> list[Any]:
    """The calls of operations that no kind before was cut off at, and the last call: looking up writes nothing.

    Each is an engine run of its own, as the engine looks up one resource after another.
    """
    chosen = [at for at in calls if at == calls[-1] or (at.operation not in done and at.nth == 1)]
    done.update(at.operation for at in calls)
    return chosen


def test_a_create_or_delete_that_is_cut_off_is_completed_by_the_next(
    matrix: Any, scene: Scene, sandbox: Sandbox, row: Any
) -> None:
    kinds = scene.kinds()
    public = {name: getattr(pulumi_vmimport, name) for name in pulumi_vmimport.__all__}
    managed = {n for n, of in public.items() if isinstance(of, type) and issubclass(of, ManagedResource)}
    assert kinds.keys() == managed - {"WorkspacesAccount"}  # there is one for all copies: test_killed_at_every_call.py
    clean = matrix.stack(kinds)
    before = sandbox.aws.remaining_resources()
    looked, made, deletes = map(matrix.calls_of, (clean.preview, clean.up, clean.destroy))
    assert sandbox.aws.remaining_resources() == before
    creates = {name: made[name][len(looked[name]) :] for name in kinds}
    copies = copies_of(kinds, creates, deletes)
    stack = matrix.stack(copies)
    before = sandbox.aws.remaining_resources()

    matrix.cut_off(stack, stack.up, holds_of(creates))
    begun = scene.begun(copies)
    done = stack.up(parallel=len(copies))
    assert sum(done.values()) == len(copies) + 1
    assert done.keys() <= {"create", "update", "same"}
    assert scene.begun(copies) == dict.fromkeys(copies, 1)
    assert stack.up(parallel=len(copies)) == {"same": len(copies) + 1}
    for name, at in holds_of(creates).items():
        row(name, "create", at, "taken up by the next up" if begun[name] else "begun by the next up")

    matrix.cut_off(stack, stack.destroy, holds_of(deletes))
    stack.destroy(parallel=len(copies))
    assert sandbox.aws.remaining_resources() == before
    for name, at in holds_of(deletes).items():
        row(name, "delete", at, "completed by the next destroy")


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_what_a_first_run_left_unfinished_is_finished_or_deleted_though_the_second_is_cut_off_too(
    matrix: Any, scene: Scene, sandbox: Sandbox, row: Any, command: str
) -> None:
    kinds = scene.kinds()
    del kinds["VirtualMachineExport"]  # when it is cut off by Ctrl-C, it undoes what it began

    def unfinished(copies: dict[str, Kind]) -> tuple[Any, list[str]]:
        stack, before = matrix.stack(copies), sandbox.aws.remaining_resources()
        scene.settings(YEAR, DAY)
        matrix.stop_unfinished(stack)
        sandbox.clock.advance(DAY)  # WorkSpaces cannot cancel an image: it has to end
        scene.settings({"up": MINUTE, "destroy": YEAR}[command])
        return stack, before

    clean, _ = unfinished(kinds)
    calls = matrix.calls_of(getattr(clean, command))
    clean.destroy()
    copies = copies_of(kinds, calls)
    stack, before = unfinished(copies)
    assert scene.begun(copies) == dict.fromkeys(copies, 1)
    matrix.cut_off(stack, getattr(stack, command), holds_of(calls))
    if command == "up":
        done = stack.up(parallel=len(copies))
        assert sum(done.values()) == len(copies) + 1
        assert done.keys() <= {"update", "same"}
        assert scene.begun(copies) == dict.fromkeys(copies, 1)
    stack.destroy(parallel=len(copies))
    assert sandbox.aws.remaining_resources() == before
    for name, at in holds_of(calls).items():
        row(name, {"up": "resume", "destroy": "cancel"}[command], at, f"completed by the next {command}")


def test_what_is_cut_off_before_its_first_write_begins_nothing(
    matrix: Any, scene: Scene, sandbox: Sandbox, row: Any
) -> None:
    kinds = scene.kinds()
    deployed = dict(kinds)
    stack = matrix.stack(deployed)
    before = sandbox.aws.remaining_resources()
    calls = matrix.calls_of(stack.preview)
    cut_off: set[str] = set()
    for name, kind in kinds.items():
        deployed.clear()
        deployed[name] = kind
        for at in first_of_each(calls[name], cut_off):
            matrix.cut_off(stack, stack.up, {name: at})
            row(name, "look up", at, "nothing was begun")
    assert sandbox.aws.calls.writes() == []
    deployed.update(kinds)
    assert stack.up(parallel=len(kinds)) in ({"create": len(kinds) + 1}, {"create": len(kinds), "same": 1})
    stack.destroy(parallel=len(kinds))
    assert sandbox.aws.remaining_resources() == before
