from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_vmimport.lifecycle.contract import UNKNOWN, CleanFailureError
from pulumi_vmimport.lifecycle.dynamic_host import host_for
from pulumi_vmimport.lifecycle.host_run import HostRun, HostSettings
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.property_bag import read_bag, write_bag
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export import (
    PoweredOn,
    VirtualMachineExportInputs,
)
from pulumi_vmimport.resources.virtual_machine_export.virtual_machine_export_lifecycle import (
    VirtualMachineExportLifecycle,
)
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

KEY = "ova/web.ova"
OTHER_RESOURCE = Identity("urn:pulumi:prod::shop::vmimport:index:VirtualMachineExport::web")
lifecycle = VirtualMachineExportLifecycle()
NewRun = Callable[..., Any]
Inputs = VirtualMachineExportInputs
LookedUp = Callable[..., dict[str, str]]


@pytest.fixture
def new_run(new_export_run: NewRun) -> NewRun:
    return new_export_run


@pytest.fixture
def inputs(export_inputs: Inputs) -> Inputs:
    return export_inputs


def keys(aws: AwsSandbox, bucket: str) -> list[str]:
    return [o["Key"] for o in aws.observer("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


def overwrite(aws: AwsSandbox, bucket: str) -> None:
    aws.observer("s3").put_object(Bucket=bucket, Key=KEY, Body=b"somebody's")


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param({"uuid": None}, "uuid", "exactly one of uuid, moid and path, got 0", id="no-machine"),
        pytest.param({"moid": "vm-1"}, "uuid", "exactly one of uuid, moid and path, got 2", id="two-machines"),
        pytest.param({"moid": "vm-1", "path": UNKNOWN}, "uuid", "got 2", id="two-machines-and-an-unknown"),
        pytest.param({"key": ""}, "key", "expected 1 to 1024 bytes", id="no-key"),
        pytest.param({"key": "/web.ova"}, "key", "got '/web.ova'", id="slash"),
        pytest.param({"key": "ü" * 511 + ".ova"}, "key", "expected 1 to 1024 bytes", id="long-key"),
        pytest.param({"key": "web.vmdk"}, "key", "expected a key that ends in .ova, got 'web.vmdk'", id="no-ova"),
        pytest.param({"timeoutMinutes": 0}, "timeoutMinutes", "expected at least 1, got 0", id="no-time"),
        pytest.param({"region": None}, "region", "no Region is set", id="no-region"),
        pytest.param({"imageProfile": "byol"}, "imageProfile", "byol-workspaces", id="profile"),
        pytest.param({"poweredOn": "off"}, "poweredOn", "refuse, shutDown, powerOff, wait", id="powered-on"),
    ],
)
def test_fails_for_invalid_inputs(checked: Any, values: dict[str, Any], path: str, reason: str) -> None:
    bag = {"region": "eu-west-1", "bucket": "images", "key": "web.ova", "uuid": "4206", **values}
    ((found, said),) = checked(lifecycle, bag)
    assert found == path
    assert reason in said


@pytest.mark.parametrize(
    "values", [{}, {"key": "WEB.OVA"}, {"uuid": UNKNOWN}, {"uuid": None, "path": UNKNOWN}, {"key": UNKNOWN}]
)
def test_valid_and_unknown_inputs_have_no_problems(checked: Any, values: dict[str, Any]) -> None:
    bag = {"region": "eu-west-1", "bucket": "images", "key": "web.ova", "uuid": "4206", **values}
    assert checked(lifecycle, bag) == []


@pytest.mark.parametrize("name", [f.name for f in fields(Inputs)])
def test_preflight_accepts_any_unknown_input(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, machine: Any, machines: Any, name: str
) -> None:
    machines.vcenter.session.wait("power on", machine.reference.PowerOnVM_Task())
    values: dict[str, Any] = {"powered_on": PoweredOn.WAIT, name: UNKNOWN}
    assert looked_up(lifecycle, new_run(), replace(inputs, **values)) == {}


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        ({"uuid": "42060000-0000-0000-0000-000000000000"}, "uuid", "has no virtual machine with uuid 42060000"),
        ({"uuid": None, "moid": "vm-4711"}, "moid", "has no virtual machine with managed object id vm-4711"),
        ({"uuid": None, "path": "DC0/vm/none"}, "path", "has no virtual machine with inventory path DC0/vm/none"),
    ],
    ids=["uuid", "moid", "path"],
)
def test_fails_in_preflight_for_a_missing_machine(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, values: dict[str, Any], path: str, reason: str
) -> None:
    requested = replace(inputs, **values)
    found = looked_up(lifecycle, new_run(), requested)
    assert list(found) == [path]
    assert reason in found[path]
    assert looked_up(lifecycle, new_run(supplied=(path,)), requested) == {}


def test_fails_in_preflight_for_a_name_of_two_machines(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, machines: Any
) -> None:
    machines.make("web", folder="twins")
    found = looked_up(lifecycle, new_run(), replace(inputs, uuid=None, path="web"))
    assert "2 virtual machines have name web: DC0/vm/twins/web" in found["path"]


def test_fails_in_preflight_with_a_wrong_password(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, settings: VSphereSettings
) -> None:
    wrong = replace(settings, password="guessed")
    found = looked_up(lifecycle, new_run(vsphere_settings=wrong), inputs)
    assert "cannot log in" in found["uuid"]
    assert "guessed" not in str(found)


def test_fails_in_preflight_without_a_server(new_run: NewRun, inputs: Inputs, looked_up: LookedUp) -> None:
    run = new_run()
    host = HostRun(run.identity, run.aws, HostSettings.read({}, {}), None)
    assert "VSPHERE_SERVER: no vSphere server is set" in looked_up(lifecycle, host, inputs)["uuid"]


def test_preflight_reports_bucket_and_machine_together(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, aws: AwsSandbox
) -> None:
    aws.observer("s3", "us-east-1").create_bucket(Bucket="far-away")
    requested = replace(inputs, uuid=None, moid="vm-4711", bucket="nowhere")
    found = looked_up(lifecycle, new_run(), requested)
    assert list(found) == ["bucket", "moid"]
    assert "'nowhere' does not exist" in found["bucket"]
    assert list(looked_up(lifecycle, new_run(supplied=("bucket",)), requested)) == ["moid"]
    far = looked_up(lifecycle, new_run(supplied=("bucket",)), replace(inputs, bucket="far-away"))
    assert set(far) == {"bucket"}
    assert "'far-away' is in us-east-1, expected eu-west-1" in far["bucket"]


@pytest.mark.parametrize("by_another_resource", [True, False])
def test_fails_if_the_object_has_another_owner(
    new_run: NewRun, inputs: Inputs, looked_up: LookedUp, aws: AwsSandbox, by_another_resource: bool
) -> None:
    if by_another_resource:
        lifecycle.create(new_run(identity=OTHER_RESOURCE), inputs)
    else:
        overwrite(aws, inputs.bucket)
    before = aws.observer("s3").head_object(Bucket=inputs.bucket, Key=KEY)["LastModified"]
    reason = f"s3://{inputs.bucket}/{KEY} already exists"
    assert looked_up(lifecycle, new_run(), inputs)["key"].startswith(reason)
    with pytest.raises(CleanFailureError, match=reason):
        lifecycle.create(new_run(), inputs)
    assert aws.observer("s3").head_object(Bucket=inputs.bucket, Key=KEY)["LastModified"] == before


def test_read_returns_the_created_state(new_run: NewRun, inputs: Inputs) -> None:
    created = lifecycle.create(new_run(), inputs)
    assert lifecycle.read(new_run(), created.id, created.state) == created.state


@pytest.mark.parametrize("change", ["deleted", "overwritten", "bucket-deleted"])
def test_read_detects_a_deleted_or_overwritten_export(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, change: str
) -> None:
    created = lifecycle.create(new_run(), inputs)
    if change == "overwritten":
        overwrite(aws, inputs.bucket)
    else:
        aws.observer("s3").delete_object(Bucket=inputs.bucket, Key=KEY)
    if change == "bucket-deleted":
        aws.observer("s3").delete_bucket(Bucket=inputs.bucket)
    assert lifecycle.read(new_run(), created.id, created.state) is None
    lifecycle.delete(new_run(), created.id, created.state)
    assert change != "overwritten" or keys(aws, inputs.bucket) == [KEY]


def test_fails_to_read_without_permission_instead_of_reporting_it_gone(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), inputs)
    aws.faults.deny("HeadObject")
    with pytest.raises(ClientError, match="403"):
        lifecycle.read(new_run(), created.id, created.state)


def test_update_applies_changes_in_place_and_delete_still_finds_the_object(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    created = lifecycle.create(new_run(), inputs)
    changed = replace(inputs, powered_on=PoweredOn.POWER_OFF, timeout_minutes=5)
    state = lifecycle.update(new_run(), created.id, created.state, changed)
    assert lifecycle.inputs_of(state) == changed
    assert (state.checksum, state.etag) == (created.state.checksum, created.state.etag)
    lifecycle.delete(new_run(), created.id, state)
    assert keys(aws, inputs.bucket) == []


def test_delete_removes_the_object_and_uploads_of_its_key_and_can_be_repeated(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox
) -> None:
    s3 = aws.observer("s3")
    created = lifecycle.create(new_run(), inputs)
    for key in (KEY, f"{KEY}.other"):
        s3.create_multipart_upload(Bucket=inputs.bucket, Key=key)
    s3.put_object(Bucket=inputs.bucket, Key=f"{KEY}.other", Body=b"somebody's")
    lifecycle.delete(new_run(), created.id, created.state)
    lifecycle.delete(new_run(), created.id, created.state)
    assert keys(aws, inputs.bucket) == [f"{KEY}.other"]
    uploads = s3.list_multipart_uploads(Bucket=inputs.bucket)["Uploads"]
    assert [upload["Key"] for upload in uploads] == [f"{KEY}.other"]


def test_delete_keeps_a_retained_export(new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    created = lifecycle.create(new_run(), replace(inputs, retain_on_delete=True))
    lifecycle.delete(new_run(), created.id, created.state)
    assert keys(aws, inputs.bucket) == [KEY]


def test_deleting_a_replaced_export_keeps_its_replacement(new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    old = lifecycle.create(new_run(), inputs)
    new = lifecycle.create(new_run(), replace(inputs, triggers={"patched": "today"}))
    run = new_run()
    lifecycle.delete(run, old.id, old.state)
    assert any(old.id in text and "vmimport-inputs=" in text for text in run.texts)
    assert lifecycle.read(new_run(), new.id, new.state) == new.state


def test_delete_leaves_no_version_in_a_versioned_bucket(new_run: NewRun, inputs: Inputs, aws: AwsSandbox) -> None:
    s3 = aws.observer("s3")
    s3.put_bucket_versioning(Bucket=inputs.bucket, VersioningConfiguration={"Status": "Enabled"})
    created = lifecycle.create(new_run(), inputs)
    assert created.state.version_id is not None
    lifecycle.delete(new_run(), created.id, created.state)
    left = s3.list_object_versions(Bucket=inputs.bucket)
    assert left.get("Versions", []) == left.get("DeleteMarkers", []) == []


def test_the_state_of_a_version_with_staged_disks_is_supported(
    new_run: NewRun, inputs: Inputs, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VSPHERE_SERVER", raising=False)
    created = lifecycle.create(new_run(), inputs)
    of_then = {"stagingDirectory": "/data", "sha256": "ab" * 32}
    bag = {name: value for name, value in write_bag(created.state).items() if name not in {"checksum", "diskSha256"}}
    assert not host_for("VirtualMachineExport").diff(created.id, {**bag, **of_then}, write_bag(inputs)).changes
    state, _ = read_bag(lifecycle.state_type, {**bag, **of_then})
    assert lifecycle.read(new_run(), created.id, state) == replace(created.state, disk_sha256=None)
    lifecycle.delete(new_run(), created.id, state)
    assert keys(aws, inputs.bucket) == []
