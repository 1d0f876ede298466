"""The examples of docs/after_the_import.md: pulumi-aws resources that use the results of an import."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport_sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HERE, THERE = "eu-west-1", "us-west-2"
OTHER = "210987654321"


def run(example: str) -> Callable[[], None]:
    """An example as a program."""

    def program() -> None:
        runpy.run_path(str(EXAMPLES / example))

    return program


@pytest.mark.usefixtures("image_args")
def test_an_imported_ami_is_copied_and_shared_and_a_removed_permission_is_restored(
    new_stack: Callable[..., Any], sandbox: Sandbox
) -> None:
    stack = new_stack(run("copy_and_share.py"), config={"account": OTHER})
    assert stack.preview() == {"create": 4}
    assert stack.up() == {"create": 4}
    here, there = (sandbox.aws.observer("ec2", region) for region in (HERE, THERE))
    image_id, copy_id = stack.outputs()["amiIds"]
    [image] = here.describe_images(ImageIds=[image_id])["Images"]
    [copied] = there.describe_images(ImageIds=[copy_id])["Images"]
    assert {name: copied[name] for name in ("Platform", "UsageOperation", "State")} == {
        name: image[name] for name in ("Platform", "UsageOperation", "State")
    }
    shared = {"ImageId": copy_id, "Attribute": "launchPermission"}
    assert there.describe_image_attribute(**shared)["LaunchPermissions"] == [{"UserId": OTHER}]
    writes = sandbox.aws.calls.writes()
    assert stack.up() == {"same": 4}
    assert sandbox.aws.calls.writes() == writes
    there.reset_image_attribute(**shared)
    assert stack.preview(refresh=True) == {"create": 1, "same": 3}
    assert stack.up(refresh=True) == {"create": 1, "same": 3}
    assert there.describe_image_attribute(**shared)["LaunchPermissions"] == [{"UserId": OTHER}]
    stack.destroy()
    assert stack.remaining_resources() == []


def test_a_volume_of_a_disk_image_follows_the_instance_into_its_zone(
    new_stack: Callable[..., Any], sandbox: Sandbox, tmp_path: Path
) -> None:
    ec2, image = sandbox.aws.observer("ec2", HERE), tmp_path / "data.raw"
    image.write_bytes(b"\0dat" * (1 << 18))
    servers = [instance(ec2, zone) for zone in (f"{HERE}a", f"{HERE}b")]
    before = sandbox.aws.remaining_resources()
    stack = new_stack(run("attach_volume.py"), config={"diskImage": str(image), "instanceId": servers[0]})
    assert stack.up() == {"create": 4}
    assert stack.up(refresh=True) == {"same": 4}
    stack.config["instanceId"] = servers[1]
    assert stack.up() == {"replace": 2, "same": 2}
    [volume] = ec2.describe_volumes(VolumeIds=[stack.outputs()["volumeId"]])["Volumes"]
    assert (volume["AvailabilityZone"], volume["Size"]) == (f"{HERE}b", 1)
    assert [(found["InstanceId"], found["Device"]) for found in volume["Attachments"]] == [(servers[1], "/dev/sdf")]
    stack.destroy()
    assert sandbox.aws.remaining_resources() == before


def instance(ec2: Any, zone: str) -> str:
    image_id = ec2.register_image(Name="any")["ImageId"]
    made = ec2.run_instances(ImageId=image_id, MinCount=1, MaxCount=1, Placement={"AvailabilityZone": zone})
    return str(made["Instances"][0]["InstanceId"])
