"""Preview with unknown inputs, in an account that has everything that the known ones name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.contract.conftest import Declared, declared_resources
from tests.unknown_inputs import bags, defects, with_unknowns

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.virtual_machine import VSphereMachine
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

BUILDER = "arn:aws:imagebuilder:eu-west-1:123456789012:infrastructure-configuration/byol"


@pytest.fixture
def account(
    aws: AwsSandbox, raw_disk: UserBucket, export_role: str, export_bucket: str, byol_ami: str, tmp_path: Path
) -> dict[str, Any]:
    """The values of inputs that name what exists, by the Python names of the inputs."""
    (tmp_path / "web.raw").write_bytes(bytes(1 << 20))
    snapshot = aws.observer("ec2").describe_images(ImageIds=[byol_ami])["Images"][0]["BlockDeviceMappings"][0]
    found = {"bucket": raw_disk.s3_bucket, "s3_bucket": raw_disk.s3_bucket, "key": "web.raw", "s3_key": raw_disk.s3_key}
    found |= {"url": f"s3://{raw_disk.s3_bucket}/{raw_disk.s3_key}", "snapshot_id": snapshot["Ebs"]["SnapshotId"]}
    key = aws.observer("kms").create_key()["KeyMetadata"]
    found |= {
        "kms_key_id": key["KeyId"],
        "kms_key_arn": key["Arn"],
        "role_name": export_role,
        "path": f"{tmp_path}/web.raw",
    }
    found |= {
        "ec2_image_id": byol_ami,
        "region": "eu-west-1",
        "infrastructure_configuration_arn": BUILDER,
        "source_region": "eu-west-1",
    }
    return found


@pytest.fixture
def own_values(
    aws: AwsSandbox, byol_ami: str, exportable_instance: str, export_bucket: str, machine: VSphereMachine
) -> dict[str, dict[str, Any]]:
    """The values that mean something else in some resources."""
    workspaces = aws.observer("workspaces")
    workspace_id = aws.make_workspace("eu-west-1", "ann")
    image_id = workspaces.create_workspace_image(Name="ann", Description="ann", WorkspaceId=workspace_id)["ImageId"]
    aws.clock.advance(aws.settings.create_workspace_image_seconds)
    machine_inputs = {"uuid": machine.facts().uuid, "moid": None, "path": None, "snapshot": None}
    return {
        "DirectSnapshot": {"file": None},
        "ImportCustomWorkspaceImage": {"ec2_import_task_id": None, "image_build_version_arn": None},
        "ExportImage": {"image_id": byol_ami, "s3_bucket": export_bucket},
        "InstanceExport": {"instance_id": exportable_instance, "s3_bucket": export_bucket},
        "VirtualMachineExport": machine_inputs,
        "CopyWorkspaceImage": {"source_image_id": image_id, "source_owner_account_id": "123456789012"},
        "CreateUpdatedWorkspaceImage": {"source_image_id": image_id},
        "CreateWorkspaceImage": {"workspace_id": workspace_id},
        "WorkspaceBundle": {"image_id": image_id},
        "WorkspaceImagePermissions": {"image_id": image_id, "account_ids": ["210987654321"]},
    }


@pytest.mark.parametrize("declared", declared_resources(), ids=lambda declared: declared.name)
def test_unknown_inputs_are_skipped_by_the_checks_that_read_aws_and_vsphere(
    declared: Declared,
    new_run: Callable[..., Any],
    connection: AwsConnection,
    account: dict[str, Any],
    own_values: dict[str, dict[str, Any]],
    settings: VSphereSettings,
) -> None:
    cached = AwsConnection(connection.settings, cache_seconds=600)
    values = account | own_values.get(declared.name, {})
    found = []
    for bag in bags(declared.lifecycle, values):
        for place, changed in [("nothing", bag), *with_unknowns(declared.lifecycle, bag)]:
            run = replace(new_run(vsphere_settings=settings), aws=cached)
            found += [f"{place} is unknown: {d}" for d in defects(declared.lifecycle, run, changed, values)]
    assert not found, "\n".join(found)
