"""An account with something to export, and a bucket for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from moto.ec2.models import ec2_backends

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account

BUCKET = "exports"
CANONICAL_ID = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
ROLE_ACTIONS = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:GetBucketAcl")


class Exporter:
    """An account with an imported AMI and a bucket."""

    def __init__(self, account: "Account") -> None:
        self.account, self.aws, self.ec2, self.s3 = account, account.aws, account.ec2, account.s3
        account.ready()
        account.bucket(BUCKET)
        self.image_id = account.imported()["ImageId"]

    @property
    def moto(self) -> Any:
        """What moto holds of EC2."""
        return ec2_backends[self.aws.account_id]["eu-west-1"]

    @property
    def image(self) -> Any:
        """The AMI in moto."""
        return self.moto.amis[self.image_id]

    def another_image(self) -> str:
        return str(self.account.imported()["ImageId"])

    def shared_image(self) -> Any:
        """An AMI of another account in moto, which this account may launch."""
        image = ec2_backends["210987654321"]["eu-west-1"].register_image("theirs", "")
        image.launch_permissions.append({"UserId": self.aws.account_id})
        return image

    def cancel(self, task_id: str) -> None:
        self.ec2.cancel_export_task(ExportTaskId=task_id)

    def in_s3(self) -> list[str]:
        """What is in the bucket, or on its way."""
        return [line for line in self.aws.remaining_resources() if f" {BUCKET}/" in line]


class ImageExporter(Exporter):
    """With a role that may write the bucket."""

    def __init__(self, account: "Account") -> None:
        super().__init__(account)
        self.let_role(*ROLE_ACTIONS)

    def let_role(self, *actions: str) -> None:
        """Let the role do something with the bucket, and nothing else."""
        arn = f"arn:aws:s3:::{BUCKET}*"
        policy = self.account.document({"Effect": "Allow", "Action": list(actions), "Resource": arn})
        self.account.iam.put_role_policy(RoleName="vmimport", PolicyName="export", PolicyDocument=policy)
        self.aws.clock.advance(self.aws.settings.iam_propagation_seconds)

    def export(self, **parameters: Any) -> dict[str, Any]:
        location = {"S3Bucket": BUCKET, "S3Prefix": "vms/"}
        request = {"ImageId": self.image_id, "DiskImageFormat": "VMDK", "S3ExportLocation": location}
        answer: dict[str, Any] = self.ec2.export_image(**request | parameters)
        return answer

    def start(self, **parameters: Any) -> str:
        return str(self.export(**parameters)["ExportImageTaskId"])

    def refused(self, **parameters: Any) -> tuple[str, str]:
        return self.account.refused(self.export, **parameters)

    def task(self, task_id: str) -> dict[str, Any]:
        [found] = self.ec2.describe_export_image_tasks(ExportImageTaskIds=[task_id])["ExportImageTasks"]
        return dict(found)


class InstanceExporter(Exporter):
    """With an instance of the AMI, and a bucket that the Region's account may write."""

    def __init__(self, account: "Account") -> None:
        super().__init__(account)
        self.own("BucketOwnerPreferred")
        self.grant(CANONICAL_ID)
        self.instance_id = self.run()

    @property
    def instance(self) -> Any:
        """The instance in moto."""
        return self.moto.get_instance(self.instance_id)

    def own(self, ownership: str) -> None:
        """Say who owns the objects in the bucket."""
        controls = {"Rules": [{"ObjectOwnership": ownership}]}
        self.s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)

    def grant(self, grantee: str, *permissions: str) -> None:
        """Make this the bucket's ACL."""
        who = {"Type": "CanonicalUser", "ID": grantee}
        grants = [{"Grantee": who, "Permission": p} for p in permissions or ("READ_ACP", "WRITE")]
        self.s3.put_bucket_acl(Bucket=BUCKET, AccessControlPolicy={"Grants": grants, "Owner": {"ID": "0" * 63 + "1"}})

    def run(self, **parameters: Any) -> str:
        request = {"ImageId": self.image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        return str(self.ec2.run_instances(**request | parameters)["Instances"][0]["InstanceId"])

    def export(self, target: Mapping[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
        whole = {"ContainerFormat": "ova", "DiskImageFormat": "VMDK", "S3Prefix": "vms/"}
        location = {"S3Bucket": BUCKET, **(whole if target is None else target)}
        request = {"InstanceId": self.instance_id, "TargetEnvironment": "vmware", "ExportToS3Task": location}
        answer: dict[str, Any] = self.ec2.create_instance_export_task(**request | parameters)["ExportTask"]
        return answer

    def start(self, **parameters: Any) -> str:
        return str(self.export(**parameters)["ExportTaskId"])

    def refused(self, **parameters: Any) -> tuple[str, str]:
        return self.account.refused(self.export, **parameters)

    def task(self, task_id: str) -> dict[str, Any]:
        [found] = self.ec2.describe_export_tasks(ExportTaskIds=[task_id])["ExportTasks"]
        return dict(found)


@pytest.fixture
def images(account: "Account") -> ImageExporter:
    return ImageExporter(account)


@pytest.fixture
def instances(account: "Account") -> InstanceExporter:
    return InstanceExporter(account)
