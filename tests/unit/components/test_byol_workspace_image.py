import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_vmimport.components.byol_workspace_image import ByolWorkspaceImage
from pulumi_vmimport.lifecycle.contract import UNKNOWN

EXPORT, IMPORT, IMAGE, READINESS = (
    f"pulumi-python:dynamic/vmimport:{name}"
    for name in ("VirtualMachineExport", "ImportImage", "ImportWorkspaceImage", "RoleReadiness")
)
IMAGE_ARGS = {
    "image_name": "win10",
    "image_description": "Windows 10",
    "ingestion_process": "BYOL_REGULAR_WSP",
}
MACHINE = {**IMAGE_ARGS, "virtual_machine_uuid": "4206"}
OVA = {**IMAGE_ARGS, "existing_bucket": "old-images", "ova_key": "web.ova"}
AMI = {**IMAGE_ARGS, "ec2_image_id": "ami-1"}
OUTPUTS = (
    *("image_id", "ec2_image_id", "import_task_id", "detected_guest", "bucket", "ova_key", "ova_checksum"),
    "role_name",
)
GUEST = {"system": "windows", "release": "Windows 10 22H2"}


def outputs(args: Any, name: str = "line") -> dict[str, Any]:
    made = ByolWorkspaceImage(name, args)
    return {output: getattr(made, output) for output in OUTPUTS}


@pytest.fixture
def world(world: Any) -> Any:
    world.states["aws:s3/bucket:Bucket"] = lambda inputs: {"bucket": "images-1234567", "arn": "arn:aws:s3:::images"}
    world.states["aws:iam/role:Role"] = lambda inputs: {"arn": f"arn:aws:iam::123456789012:role/{inputs['name']}"}
    world.states[READINESS] = lambda inputs: {"roleArn": f"arn:aws:iam::123456789012:role/{inputs['roleName']}"}
    world.states[EXPORT] = lambda inputs: {"checksum": "abcd"}
    world.states[IMPORT] = lambda inputs: {
        "imageId": "ami-2",
        "importTaskId": "import-ami-3",
        "detectedGuest": GUEST,
    }
    world.states[IMAGE] = lambda inputs: {"imageId": "wsi-4"}
    old = {"bucket": "old-images", "arn": "arn:aws:s3:::old-images", "bucketRegion": "eu-west-1"}
    world.answers["aws:s3/getBucket:getBucket"] = old
    return world


def own_tokens(world: Any) -> dict[str, str]:
    """The resources that this library makes."""
    return {name: token for name, token in world.tokens.items() if "vmimport:" in token}


def given(world: Any, name: str) -> dict[str, Any]:
    """The inputs of a resource of ours that the component gave it."""
    of_the_library = {"__provider", "identity", "fromResources"}
    return {k: v for k, v in world.inputs(name).items() if k not in of_the_library}


def test_a_virtual_machine_is_exported_imported_and_made_an_image(world: Any) -> None:
    assert world.deploy(lambda: outputs(MACHINE)) == {
        "image_id": "wsi-4",
        "ec2_image_id": "ami-2",
        "import_task_id": "import-ami-3",
        "detected_guest": GUEST,
        "bucket": "images-1234567",
        "ova_key": "shop/dev/line.ova",
        "ova_checksum": "abcd",
        "role_name": "vmimport-shop-dev-line",
    }
    assert world.components == {
        "line": "vmimport:index:ByolWorkspaceImage",
        "line-bucket": "vmimport:index:ImportBucket",
        "line-role": "vmimport:index:VmimportRole",
    }
    assert own_tokens(world) == {
        "line-role-readiness": READINESS,
        "line-export": EXPORT,
        "line-import": IMPORT,
        "line-image": IMAGE,
    }
    assert world.inputs("line-bucket")["forceDestroy"] is True
    assert world.inputs("line-role")["name"] == "vmimport-shop-dev-line"
    assert '"arn:aws:s3:::images-1234567/*"' in world.inputs("line-role-policy")["policy"]


def test_each_part_receives_the_outputs_of_the_parts_before(world: Any) -> None:
    world.deploy(lambda: outputs(MACHINE))
    assert given(world, "line-export") == {
        "region": "eu-west-1",
        "bucket": "images-1234567",
        "key": "shop/dev/line.ova",
        "uuid": "4206",
        "imageProfile": "byol-workspaces",
    }
    assert given(world, "line-import") == {
        "region": "eu-west-1",
        "diskContainers": [
            {"format": "OVA", "userBucket": {"s3Bucket": "images-1234567", "s3Key": "shop/dev/line.ova"}}
        ],
        "description": "Windows 10",
        "imageProfile": "byol-workspaces",
        "ingestionProcess": "BYOL_REGULAR_WSP",
        "licenseType": "BYOL",
        "roleName": "vmimport-shop-dev-line",
        "sourceHash": "abcd",
    }
    assert given(world, "line-image") == {
        "region": "eu-west-1",
        "imageName": "win10",
        "imageDescription": "Windows 10",
        "ingestionProcess": "BYOL_REGULAR_WSP",
        "ec2ImageId": "ami-2",
    }


def test_ignored_findings_reach_the_export_and_the_import(world: Any) -> None:
    world.deploy(lambda: outputs({**MACHINE, "ignored_findings": ["byol-disk-above-70"]}))
    for part in ("line-export", "line-import"):
        assert given(world, part)["ignoredFindings"] == ["byol-disk-above-70"]


def test_the_encryption_of_the_ova_reaches_the_export_and_the_role(world: Any) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    world.deploy(lambda: outputs({**MACHINE, "sse": "aws:kms", "kms_key_id": key}))
    export = world.inputs("line-export")
    assert (export["sse"], export["kmsKeyId"]) == ("aws:kms", key)
    assert f'"{key}"' in world.inputs("line-role-policy")["policy"]


def test_fails_for_an_encryption_without_an_export(world: Any) -> None:
    assert "applies only to a virtual machine" in world.problems(lambda: outputs({**OVA, "sse": "AES256"}))["sse"]


def test_arguments_reach_the_parts_that_they_configure(world: Any) -> None:
    args = {
        **MACHINE, "powered_on": "wait", "export_when_changed": True, "triggers": {"patched": "today"},
        "applications": ["Microsoft_Office_2019"], "tags": {"team": "blue"}, "retain_on_delete": True,
        "timeout_minutes": 60, "os_version": "Windows_11", "keep_failed_image": True,
    }  # fmt: skip
    world.deploy(lambda: outputs(args))
    export, imported, image = (world.inputs(f"line-{part}") for part in ("export", "import", "image"))
    assert (export["poweredOn"], export["exportWhenChanged"]) == ("wait", True)
    assert export["triggers"] == {"patched": "today"}
    assert image["applications"] == ["Microsoft_Office_2019"]
    assert (image["osVersion"], image["keepFailedImage"]) == ("Windows_11", True)
    assert (imported["operatingSystem"], imported["skipOperatingSystemCheck"]) == ("Windows 11", True)
    assert export["timeoutMinutes"] == imported["timeoutMinutes"] == image["timeoutMinutes"] == 60
    assert imported["retainOnDelete"] is image["retainOnDelete"] is True
    assert export.get("retainOnDelete") is None  # it goes with the bucket
    tagged = [world.inputs(f"line-{part}")["tags"]["team"] for part in ("bucket", "role", "import", "image")]
    assert tagged == ["blue"] * 4


@pytest.mark.parametrize(("name", "named"), [("virtual_machine_moid", "moid"), ("virtual_machine_path", "path")])
def test_a_virtual_machine_is_found_by_id_or_path(world: Any, name: str, named: str) -> None:
    world.deploy(lambda: outputs({**IMAGE_ARGS, name: "vm-1"}))
    assert given(world, "line-export")[named] == "vm-1"
    assert "uuid" not in given(world, "line-export")


def test_the_key_of_the_ova_has_only_safe_characters(world: Any) -> None:
    assert world.deploy(lambda: outputs(MACHINE, "my line/ä"))["ova_key"] == "shop/dev/my-line-.ova"


def test_an_existing_ova_is_imported_without_an_export(world: Any) -> None:
    made = world.deploy(lambda: outputs({**OVA, "source_hash": "v2"}))
    assert (made["bucket"], made["ova_key"], made["ova_checksum"]) == ("old-images", "web.ova", None)
    assert own_tokens(world) == {"line-role-readiness": READINESS, "line-import": IMPORT, "line-image": IMAGE}
    imported = given(world, "line-import")
    assert imported["sourceHash"] == "v2"
    assert imported["diskContainers"][0]["userBucket"] == {"s3Bucket": "old-images", "s3Key": "web.ova"}


def test_an_existing_ami_only_becomes_an_image(world: Any) -> None:
    made = world.deploy(lambda: outputs(AMI))
    assert made == {**dict.fromkeys(OUTPUTS), "image_id": "wsi-4", "ec2_image_id": "ami-1"}
    assert world.tokens == {"line-image": IMAGE}
    assert world.inputs("line-image")["ec2ImageId"] == "ami-1"


def test_an_existing_bucket_and_role_replace_new_ones(world: Any) -> None:
    args = {**MACHINE, "existing_bucket": "old-images", "existing_role_name": "vmimport-of-ops"}
    made = world.deploy(lambda: outputs(args))
    assert (made["bucket"], made["role_name"]) == ("old-images", "vmimport-of-ops")
    assert world.tokens == {
        "line-role-readiness": READINESS, "line-export": EXPORT, "line-import": IMPORT, "line-image": IMAGE
    }  # fmt: skip
    assert world.inputs("line-export")["bucket"] == "old-images"
    assert world.inputs("line-import")["roleName"] == "vmimport-of-ops"
    readiness = given(world, "line-role-readiness")
    assert (readiness["adopt"], readiness["importBuckets"]) == (True, ["old-images"])


@pytest.mark.parametrize(
    ("args", "path", "reason"),
    [
        pytest.param({**MACHINE, "image_name": "my image"}, "image_name", "no space, got 'my image'", id="name"),
        pytest.param({**MACHINE, "image_description": ""}, "image_description", "got ''", id="description"),
        pytest.param({**MACHINE, "image_description": "a+b"}, "image_description", "got 'a+b'", id="plus"),
        pytest.param(IMAGE_ARGS, "virtual_machine_uuid", "expected exactly one source of", id="no-source"),
        pytest.param(
            {**MACHINE, "ec2_image_id": "ami-1"}, "virtual_machine_uuid", "got virtual_machine_uuid, ec2_image_id",
            id="two-sources",
        ),
        pytest.param({**IMAGE_ARGS, "ova_key": "web.ova"}, "existing_bucket", "is required with ova_key", id="no-bucket"),
        pytest.param({**AMI, "existing_bucket": "old"}, "existing_bucket", "has no effect with ec2_image_id", id="bucket"),
        pytest.param({**AMI, "existing_role_name": "r"}, "existing_role_name", "has no effect with", id="role"),
        pytest.param({**AMI, "role_name": "r"}, "role_name", "has no effect with", id="new-role"),
        pytest.param({**AMI, "adopt": True}, "adopt", "has no effect with", id="adopted-role"),
        pytest.param({**MACHINE, "role_name": "a b"}, "role_name", "got 'a b'", id="role-name"),
        pytest.param(
            {**MACHINE, "existing_role_name": "r", "role_name": "s"}, "role_name", "existing_role_name", id="two-roles"
        ),
        pytest.param({**AMI, "powered_on": "wait"}, "powered_on", "the source is ec2_image_id", id="power"),
        pytest.param({**OVA, "export_when_changed": True}, "export_when_changed", "the source is ova_key", id="changed"),
        pytest.param({**OVA, "triggers": {}}, "triggers", "the source is ova_key", id="triggers"),
        pytest.param({**MACHINE, "source_hash": "v2"}, "source_hash", "applies only to ova_key", id="hash"),
        pytest.param({**AMI, "source_hash": "v2"}, "source_hash", "the source is ec2_image_id", id="hash-of-ami"),
        pytest.param({**MACHINE, "timeout_minutes": "1h"}, "timeout_minutes", "expected a whole number", id="form"),
        pytest.param({**MACHINE, "image_nam": "x"}, "image_nam", "did you mean image_name?", id="misspelt"),
    ],
)  # fmt: skip
def test_fails_with_the_argument_and_what_is_expected(world: Any, args: dict[str, Any], path: str, reason: str) -> None:
    found = world.problems(lambda: outputs(args))
    assert list(found) == [path]
    assert reason in found[path]
    assert world.resources == []


def test_fails_with_all_problems_at_once(world: Any) -> None:
    args = {"image_name": "my image", "ingestion_process": 1, "ova_key": "k", "triggers": {}, "source": "s"}
    found = world.problems(lambda: outputs(args))
    assert set(found) == {
        "image_name", "image_description", "ingestion_process", "existing_bucket", "triggers", "source"
    }  # fmt: skip


@pytest.mark.parametrize("source", [MACHINE, OVA, AMI], ids=["machine", "ova", "ami"])
def test_fails_before_anything_is_created_when_the_value_of_an_output_is_invalid(
    world: Any, source: dict[str, Any]
) -> None:
    def program() -> dict[str, Any]:
        return outputs({**source, "image_name": pulumi.Output.from_input("my image")})

    assert list(world.problems(program)) == ["image_name"]
    assert world.resources == []


def test_values_that_preview_does_not_know_are_not_checked(world: Any, unknown: Callable[[], Any]) -> None:
    world.preview = True
    args = {"image_name": unknown, "virtual_machine_uuid": unknown, "powered_on": unknown}
    found = world.deploy(lambda: outputs({**MACHINE, **{name: make() for name, make in args.items()}}))
    assert (found["ova_key"], found["role_name"]) == ("shop/dev/line.ova", "vmimport-shop-dev-line")
    assert found["image_id"] is UNKNOWN
    assert isinstance(world.inputs("line-export")["uuid"], pulumi.output.Unknown)


def test_pulumi_derives_a_schema_of_the_component(schema: Callable[[Any], Any]) -> None:
    definition = schema(ByolWorkspaceImage)
    assert set(definition.outputs) == {
        "imageId", "ec2ImageId", "importTaskId",
        "detectedGuest", "bucket", "ovaKey", "ovaChecksum", "roleName",
        "provenance",
    }  # fmt: skip
    described = {**definition.inputs, **definition.outputs}
    assert [name for name, p in described.items() if not p.description] == []
    plain = [name for name, p in definition.inputs.items() if p.plain]
    assert plain == ["windowsIso", "sourceMachine", "guest", "adopt"]
    required = {name for name, p in definition.inputs.items() if not p.optional}
    assert required == {"imageName", "imageDescription", "ingestionProcess"}


def test_the_credentials_of_another_account_reach_every_part(world: Any) -> None:
    own = {"profile": "desktops", "assume_role_arn": "arn:aws:iam::123456789012:role/images"}
    world.deploy(lambda: outputs({**MACHINE, **own}))
    for part in ("line-role-readiness", "line-export", "line-import", "line-image"):
        assert (given(world, part)["profile"], given(world, part)["assumeRoleArn"]) == tuple(own.values())


def test_the_role_is_created_while_the_bucket_is_protected(world: Any) -> None:
    created: list[bool] = []

    def protected(_inputs: Any) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while "aws:iam/role:Role" not in world.tokens.values() and time.monotonic() < deadline:
            time.sleep(0.01)
        created.append("aws:iam/role:Role" in world.tokens.values())
        return {}

    world.states["aws:s3/bucketPolicy:BucketPolicy"] = protected
    world.deploy(lambda: outputs(MACHINE))
    assert created == [True]


_WAITING_FOR_S3 = """
import sys, time, types
import pulumi
from pulumi.runtime import Mocks
from pulumi_vmimport import ByolWorkspaceImage

def is_imported():
    return type(sys.modules["pulumi_aws.s3"]) is types.ModuleType  # before its first use, another type

class Answers(Mocks):
    def call(self, args):
        if args.token == "aws:iam/getRole:getRole":
            deadline = time.monotonic() + 60
            while not is_imported() and time.monotonic() < deadline:
                time.sleep(0.01)
            print("imported" if is_imported() else "not imported")
        return {"arn": "arn:aws:iam::123456789012:role/vmimport", "assumeRolePolicy": "{}", "tags": {},
                "region": "eu-west-1", "accountId": "123456789012", "partition": "aws"}

    def new_resource(self, args):
        return args.name + "-id", args.inputs

pulumi.runtime.set_mocks(Answers(), project="shop", stack="dev")
print("imported" if is_imported() else "not imported")

@pulumi.runtime.test
def run():
    ByolWorkspaceImage("line", image_name="win10", image_description="Windows 10",
                       ingestion_process="BYOL_REGULAR_WSP", virtual_machine_uuid="4206")

run()
"""


def test_the_classes_of_s3_are_imported_while_the_first_look_up_waits() -> None:
    shown = subprocess.run([sys.executable, "-c", _WAITING_FOR_S3], capture_output=True, text=True, check=False)
    assert shown.stdout.split("\n")[:2] == ["not imported", "imported"], shown.stderr
