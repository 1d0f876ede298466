"""Resources of every kind with the AWS and vSphere objects that they need, for tests that cover all of them."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pyVmomi import vim

from pulumi_vmimport import (
    CopyWorkspaceImage,
    CreateUpdatedWorkspaceImage,
    CreateWorkspaceImage,
    DirectSnapshot,
    DiskImageUpload,
    DistributeImage,
    ExportImage,
    FastLaunch,
    ImportCustomWorkspaceImage,
    ImportDiskImage,
    ImportImage,
    ImportSnapshot,
    ImportVmImage,
    ImportWorkspaceImage,
    InstanceExport,
    VirtualMachineExport,
    WorkspaceBundle,
    WorkspaceImagePermissions,
)
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.lifecycle.identity import RESOURCE_TAG
from pulumi_vmimport_sandbox import Sandbox
from pulumi_vmimport_sandbox.aws import AwsSandbox, Stage
from pulumi_vmimport_sandbox.aws.vm_import.export_bucket_validation import canonical_id

REGION, BLOCKS, EXPORTS, DATASTORE, ISO = "eu-west-1", "data.raw", "exports-of-web", "LocalDS_0", "windows-11.iso"
BUILDER = f"arn:aws:imagebuilder:{REGION}:123456789012:infrastructure-configuration/byol"
ABROAD, DISTRIBUTION_ROLE = "us-west-2", "distribution"
MINUTE = 60
NAMED = "NamedImage"


class ResourceUnderTest(NamedTuple):
    """A resource class and a function that returns the arguments of an instance by its name."""

    resource: Callable[..., Any]
    args: Callable[[str], dict[str, Any]]


class Prerequisites:
    """The AWS and vSphere objects that the resources need, created outside of any stack."""

    def __init__(self, sandbox: Sandbox, disk_image: dict[str, str], vmdk: Path) -> None:
        self.sandbox, self.aws, self.disk_image, self.vmdk = sandbox, sandbox.aws, disk_image, vmdk
        self.aws.settings.active_import_quota = self.aws.settings.active_export_quota = 200
        self.ec2, self.s3 = self.aws.observer("ec2", REGION), self.aws.observer("s3", REGION)
        self.set_durations(MINUTE)
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
        self.s3.put_object(Bucket=disk_image["s3_bucket"], Key=BLOCKS, Body=bytes(range(16)) * (1 << 18))
        self.s3.put_object(Bucket=disk_image["s3_bucket"], Key=ISO, Body=b"CD001")
        self.ami = self.image()
        self.workspaces, self.other = self.aws.observer("workspaces", REGION), self.aws.second_account().account_id
        self.aws.settings.workspace_image_quota = self.aws.settings.workspace_bundle_quota = 1000
        self.desktop = self.workspace_image("source")
        self.aws.offer_image_update(self.desktop)
        self.shared: dict[str, str] = {}
        self.launched: dict[str, str] = {}
        self.builder = self.aws.observer("imagebuilder", REGION)
        make_distribution_role(self.aws)
        make_infrastructure(self.aws)
        sandbox.clock.advance(self.aws.settings.iam_propagation_seconds)
        to = {"region": REGION, "amiDistributionConfiguration": {"name": "web-{{ imagebuilder:buildDate }}"}}
        both = [to, {**to, "region": ABROAD}]
        configuration = self.builder.create_distribution_configuration(name="web", distributions=both)
        self.distribution = configuration["distributionConfigurationArn"]

    def resources(self) -> dict[str, ResourceUnderTest]:
        """One resource of each kind, by the name of its class."""
        disk, blocks = {"format": "RAW", "user_bucket": self.disk_image}, {**self.disk_image, "s3_key": BLOCKS}
        windows = {"license_type": "BYOL", "platform": "Windows", "description": "web"}
        export = {"s3_bucket": EXPORTS, "s3_prefix": "vms/", "disk_image_format": "VMDK"}
        desktop = {"ingestion_process": "BYOL_REGULAR_WSP", "ec2_image_id": self.ami, "image_description": "web"}
        custom = {"compute_type": "BASE", "protocol": "DCV", "os_version": "Windows_10", "ec2_image_id": self.ami}
        iso = {
            "platform": "Windows",
            "os_version": "Microsoft Windows 11",
            "uri": f"s3://{self.disk_image['s3_bucket']}/{ISO}",
        }
        iso |= {"infrastructure_configuration_arn": BUILDER, "execution_role": DISTRIBUTION_ROLE}
        source = {"source_image_id": self.desktop, "image_description": "web"}
        desk = {"image_id": self.desktop, "bundle_description": "web", "compute_type": "VALUE", "user_storage_gib": 10}
        resources = [
            ResourceUnderTest(ImportImage, lambda name: {"disk_containers": [disk], **windows}),
            ResourceUnderTest(ImportSnapshot, lambda name: {"disk_container": disk}),
            ResourceUnderTest(DirectSnapshot, lambda name: {"format": "RAW", "user_bucket": blocks}),
            ResourceUnderTest(ExportImage, lambda name: {"image_id": self.image(), **export}),
            ResourceUnderTest(InstanceExport, lambda name: {"instance_id": self.instance(), "target_environment": "vmware", **export}),
            ResourceUnderTest(FastLaunch, lambda name: {"image_id": self.launched_image(name), "target_resource_count": 3}),
            ResourceUnderTest(VirtualMachineExport, lambda name: {"moid": self.machine(name), "bucket": EXPORTS, "key": f"{name}.ova"}),
            ResourceUnderTest(DiskImageUpload, lambda name: {"path": str(self.vmdk), "bucket": EXPORTS, "key": f"{name}.vmdk", "image_profile": "snapshot"}),
            ResourceUnderTest(ImportWorkspaceImage, lambda name: {"image_name": name, **desktop}),
            ResourceUnderTest(CreateWorkspaceImage, lambda name: {"workspace_id": self.workspace(name), "image_name": name, "image_description": "web"}),
            ResourceUnderTest(ImportCustomWorkspaceImage, lambda name: {"image_name": name, "image_description": "web", "infrastructure_configuration_arn": BUILDER, **custom}),
            ResourceUnderTest(CopyWorkspaceImage, lambda name: {"image_name": name, "source_region": REGION, **source}),
            ResourceUnderTest(CreateUpdatedWorkspaceImage, lambda name: {"image_name": name, **source}),
            ResourceUnderTest(DistributeImage, lambda name: {"source_image": self.ami, "distribution_configuration_arn": self.distribution, "execution_role": DISTRIBUTION_ROLE}),
            ResourceUnderTest(ImportVmImage, lambda name: {"name": name, "semantic_version": "1.0.0", "platform": "Windows", "vm_import_task_id": self.task()}),
            ResourceUnderTest(ImportDiskImage, lambda name: {"name": name, "semantic_version": "1.0.0", **iso}),
            ResourceUnderTest(WorkspaceBundle, lambda name: {"bundle_name": name, **desk}),
            ResourceUnderTest(WorkspaceImagePermissions, lambda name: {"image_id": self.shared_image(name), "account_ids": [self.other]}),
        ]  # fmt: skip
        return {tested.resource.__name__: tested for tested in resources}

    def resources_and_variants(self) -> dict[str, ResourceUnderTest]:
        """One resource of each kind, and those whose arguments cause other calls."""
        resources = self.resources()
        image = resources[ImportImage.__name__]
        named = ResourceUnderTest(
            image.resource, lambda name: {**image.args(name), "image_name": name, "imds_support": "v2.0"}
        )
        return {**resources, NAMED: named}

    def set_durations(self, seconds: float, images: float = MINUTE) -> None:
        """Set the duration of conversion tasks, running ones included, and of new WorkSpaces images."""
        settings = self.aws.settings
        settings.import_stages = settings.snapshot_stages = settings.export_stages = (
            Stage("converting", seconds, 19, 50),
        )
        settings.import_workspace_image_seconds = settings.create_workspace_image_seconds = images
        settings.copy_workspace_image_seconds = settings.update_workspace_image_seconds = (
            settings.create_bundle_seconds
        ) = images
        settings.enable_fast_launch_seconds = settings.disable_fast_launch_seconds = images
        settings.custom_import_stages = (Stage("IN_PROGRESS", images, 0, 99),)
        settings.distribution_pending_seconds = seconds
        settings.import_disk_image_seconds = 2 * seconds

    def image(self) -> str:
        """An AMI of Windows with the user's own license."""
        found = self.ec2.describe_import_image_tasks(ImportTaskIds=[self.task()])
        return str(found["ImportImageTasks"][0]["ImageId"])

    def task(self) -> str:
        """A completed import task of Windows with the user's own license."""
        task = self.started_task()
        self.sandbox.clock.advance(self.aws.settings.import_seconds)
        return task

    def started_task(self) -> str:
        """An import task of Windows with the user's own license."""
        disk = {
            "Format": "RAW",
            "UserBucket": {"S3Bucket": self.disk_image["s3_bucket"], "S3Key": self.disk_image["s3_key"]},
        }
        return str(self.ec2.import_image(DiskContainers=[disk], LicenseType="BYOL", Platform="Windows")["ImportTaskId"])

    def launched_image(self, name: str) -> str:
        """A new AMI for which the instance of FastLaunch enables EC2 Fast Launch."""
        self.launched[name] = self.image()
        return self.launched[name]

    def instance(self) -> str:
        """An instance of the AMI."""
        launched = self.ec2.run_instances(ImageId=self.ami, InstanceType="t3.micro", MinCount=1, MaxCount=1)
        return str(launched["Instances"][0]["InstanceId"])

    def workspace(self, user: str) -> str:
        """A WorkSpace."""
        return self.aws.make_workspace(REGION, user)

    def workspace_image(self, name: str) -> str:
        """A WorkSpaces image."""
        workspace_id = self.workspace(name)
        created = self.workspaces.create_workspace_image(Name=name, Description="a source", WorkspaceId=workspace_id)
        self.sandbox.clock.advance(self.aws.settings.create_workspace_image_seconds)
        return str(created["ImageId"])

    def shared_image(self, name: str) -> str:
        """A new WorkSpaces image that the instance of WorkspaceImagePermissions shares."""
        self.shared[name] = self.workspace_image(f"of-{name}-{len(self.shared)}")
        return self.shared[name]

    def machine(self, name: str) -> str:
        """A powered-off virtual machine with one disk."""
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
        machine = vcenter.session.wait("create", task)
        disks: list[Any] = [part for part in machine.config.hardware.device if isinstance(part, device.VirtualDisk)]
        vcenter.put_file(DATASTORE, disks[0].backing.fileName.split("] ")[1], io.BytesIO(self.vmdk.read_bytes()))
        return str(machine._moId)

    def started(self, names: Iterable[str]) -> dict[str, int]:
        """The number of tasks, snapshots, images and objects ever started for each of these instances."""
        workspaces, direct = self.workspaces, {"Name": f"tag:{RESOURCE_TAG}", "Values": ["Direct*"]}
        tasks: list[Any] = [*self.aws.import_tasks, *self.aws.snapshot_tasks, *self.aws.export_tasks]
        lists = [snapshot["Tags"] for snapshot in self.ec2.describe_snapshots(Filters=[direct])["Snapshots"]]
        images = [image["ImageId"] for page in paged(workspaces, "images") for image in page["Images"]]
        bundles = [bundle["BundleId"] for page in paged(workspaces, "bundles") for bundle in page["Bundles"]]
        lists += [workspaces.describe_tags(ResourceId=id)["TagList"] for id in images + bundles]
        pages = self.builder.get_paginator("list_image_build_versions").paginate()
        distributed = [image["tags"] for page in pages for image in page["imageSummaryList"]]
        tags = [task.tags for task in tasks] + distributed + [{tag["Key"]: tag["Value"] for tag in of} for of in lists]
        found = Counter(of[RESOURCE_TAG].rpartition("::")[2] for of in tags if RESOURCE_TAG in of)
        objects = self.s3.list_objects_v2(Bucket=EXPORTS).get("Contents", [])
        uploads = self.s3.list_multipart_uploads(Bucket=EXPORTS).get("Uploads", [])
        found.update(Path(o["Key"]).stem for o in (*objects, *uploads))
        for name, image in self.shared.items():
            found[name] += len(workspaces.describe_workspace_image_permissions(ImageId=image)["ImagePermissions"])
        times = self.aws.times_fast_launch_enabled
        found.update({name: times.get(image, 0) for name, image in self.launched.items()})
        return {name: found[name] for name in names}

    def names_of_images(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The names of the AMIs that exist of each of these instances: of its import task, and with its own name."""
        of_tasks = {task.id: task.tags.get(RESOURCE_TAG, "").rpartition("::")[2] for task in self.aws.import_tasks}
        images = [image["Name"] for image in self.ec2.describe_images(Owners=["self"])["Images"]]
        return {name: [image for image in images if name in (image, of_tasks.get(image))] for name in names}


def paged(workspaces: Any, kind: str) -> Any:
    """All pages of the account's images or bundles."""
    return workspaces.get_paginator(f"describe_workspace_{kind}").paginate()


def make_infrastructure(aws: AwsSandbox) -> None:
    """The infrastructure configuration BUILDER."""
    builder, name = aws.observer("imagebuilder", REGION), BUILDER.rpartition("/")[2]
    builder.create_infrastructure_configuration(name=name, instanceProfileName="builder")


def make_distribution_role(aws: AwsSandbox) -> None:
    """The role that Image Builder assumes to distribute and delete AMIs."""
    principal, actions = {"Service": "imagebuilder.amazonaws.com"}, ["ec2:*", "ssm:PutParameter", "sts:AssumeRole"]
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [part]}) for part in (trust, allowed)]
    iam = aws.observer("iam")
    iam.create_role(RoleName=DISTRIBUTION_ROLE, AssumeRolePolicyDocument=documents[0])
    iam.put_role_policy(RoleName=DISTRIBUTION_ROLE, PolicyName="distribution", PolicyDocument=documents[1])
