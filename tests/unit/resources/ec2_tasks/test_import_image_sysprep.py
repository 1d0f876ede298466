from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.aws.ec2.import_options import Platform
from pulumi_vmimport.aws.ec2.sysprep import Sysprep
from pulumi_vmimport.aws.tables import clone_runbook
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.resources.ec2_tasks.import_image import ImportImageInputs
from pulumi_vmimport.resources.ec2_tasks.import_image_lifecycle import ImportImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportImageLifecycle()
TAG, OTHER = "vmimport:sysprep", "210987654321"
BAG = {"region": "eu-west-1", "diskContainers": [{"url": "s3://images/web.raw"}]}


@pytest.fixture
def inputs(image_inputs: ImportImageInputs) -> ImportImageInputs:
    return image_inputs


def tags(aws: AwsSandbox, image_id: str | None) -> dict[str, str]:
    [image] = aws.observer("ec2").describe_images(ImageIds=[str(image_id)])["Images"]
    return {tag["Key"]: tag["Value"] for tag in image["Tags"]}


@pytest.mark.parametrize("sysprep", Sysprep)
@pytest.mark.parametrize("image_name", [None, "golden"])
def test_the_ami_and_its_named_copy_have_the_input_as_a_tag(
    run: Any, aws: AwsSandbox, inputs: ImportImageInputs, sysprep: Sysprep, image_name: str | None
) -> None:
    created = lifecycle.create(run, replace(inputs, sysprep=sysprep, image_name=image_name))
    assert tags(aws, created.state.image_id)[TAG] == sysprep
    read = lifecycle.read(run, created.id, created.state)
    assert read == created.state
    assert read is not None
    assert read.tags == inputs.tags


def test_an_input_that_is_set_changed_or_removed_changes_the_tag_in_place(
    run: Any, aws: AwsSandbox, inputs: ImportImageInputs
) -> None:
    created = lifecycle.create(run, inputs)
    assert TAG not in tags(aws, created.state.image_id)
    assert created.state.sysprep is None
    marked = lifecycle.update(run, created.id, created.state, replace(inputs, sysprep=Sysprep.NONE))
    assert tags(aws, marked.image_id)[TAG] == "none"
    unmarked = lifecycle.update(run, created.id, marked, inputs)
    assert TAG not in tags(aws, unmarked.image_id)
    assert lifecycle.read(run, created.id, unmarked) == unmarked
    assert len(aws.calls.of("ImportImage")) == 1


def test_a_tag_that_was_removed_outside_pulumi_is_drift(run: Any, aws: AwsSandbox, inputs: ImportImageInputs) -> None:
    created = lifecycle.create(run, replace(inputs, sysprep=Sysprep.NONE))
    aws.observer("ec2").delete_tags(Resources=[created.state.image_id], Tags=[{"Key": TAG}])
    read = lifecycle.read(run, created.id, created.state)
    assert read is not None
    assert read.sysprep is None


@pytest.mark.parametrize(
    ("changes", "has_runbook"),
    [
        pytest.param({}, True, id="not-known"),
        pytest.param({"sysprep": Sysprep.NONE}, True, id="none"),
        pytest.param({"sysprep": Sysprep.BEFORE_EXPORT}, False, id="before-export"),
        pytest.param({"sysprep": Sysprep.AFTER_IMPORT}, False, id="after-import"),
        pytest.param({"operating_system": "Windows 10 Enterprise"}, False, id="client"),
        pytest.param({"operating_system": "Windows Server 2019"}, True, id="server"),
        pytest.param({"image_profile": ImageProfile.BYOL_WORKSPACES}, False, id="workspaces"),
        pytest.param({"platform": Platform.LINUX}, False, id="linux"),
    ],
)
def test_a_windows_server_ami_that_may_be_cloned_has_the_runbook(
    run: Any, inputs: ImportImageInputs, changes: dict[str, Any], has_runbook: bool
) -> None:
    state = lifecycle.create(run, replace(inputs, **changes)).state
    assert state.clone_runbook == (clone_runbook.text() if has_runbook else None)


def test_the_runbook_has_the_commands_of_both_launch_agents() -> None:
    commands = [line for line in clone_runbook.text().splitlines() if line and not line.startswith("#")]
    assert commands[:4] == [
        r'Import-Module "C:\ProgramData\Amazon\EC2-Windows\Launch\Module\Ec2Launch.psd1"',
        "Add-Routes",
        "Set-ActivationSettings",
        "slmgr /ato",
    ]
    assert r'& "C:\Program Files\Amazon\EC2Launch\EC2Launch.exe" reset --clean=true' in commands
    for host in (123, 249, 250, 251, 253, 254):
        assert f"169.254.169.{host}" in clone_runbook.text()


def test_the_report_asks_for_sysprep_only_where_it_has_not_run(run: Any, inputs: ImportImageInputs) -> None:
    created = lifecycle.create(run, inputs)
    assert any("run Sysprep before" in line for line in created.state.post_import_report)
    generalized = replace(inputs, sysprep=Sysprep.BEFORE_EXPORT)
    state = lifecycle.update(run, created.id, created.state, generalized)
    assert not any("run Sysprep before" in line for line in state.post_import_report)


@pytest.mark.parametrize(
    ("changes", "is_warned"),
    [
        pytest.param({"sysprep": Sysprep.NONE}, True, id="none"),
        pytest.param({}, False, id="not-known"),
        pytest.param({"sysprep": Sysprep.BEFORE_EXPORT}, False, id="before-export"),
        pytest.param({"sysprep": Sysprep.NONE, "operating_system": "Windows 10 Enterprise"}, False, id="client"),
        pytest.param({"sysprep": Sysprep.NONE, "image_profile": ImageProfile.BYOL_WORKSPACES}, False, id="workspaces"),
    ],
)
def test_refresh_and_update_warn_while_a_clone_is_shared(
    run: Any, aws: AwsSandbox, inputs: ImportImageInputs, changes: dict[str, Any], is_warned: bool
) -> None:
    given = replace(inputs, **changes)
    created = lifecycle.create(run, given)
    assert run.warnings == []
    permission = {"Add": [{"UserId": OTHER}]}
    aws.observer("ec2").modify_image_attribute(ImageId=created.state.image_id, LaunchPermission=permission)
    read = lifecycle.read(run, created.id, created.state)
    assert read is not None
    lifecycle.update(run, created.id, read, replace(given, description="changed"))
    assert len(run.warnings) == (2 if is_warned else 0)
    for warning in run.warnings:
        assert f"AMI {created.state.image_id} was imported with sysprep none and is shared with {OTHER}:" in warning
        for consequence in ("same machine SID and host name", "cannot return their administrator passwords", "Region"):
            assert consequence in warning


@pytest.mark.parametrize(("sysprep", "is_warned"), [(Sysprep.NONE, True), (Sysprep.BEFORE_EXPORT, False)])
def test_refresh_warns_of_a_second_instance_of_an_ami_without_sysprep(
    run: Any, aws: AwsSandbox, inputs: ImportImageInputs, sysprep: Sysprep, is_warned: bool
) -> None:
    created = lifecycle.create(run, replace(inputs, sysprep=sysprep))
    ec2: Any = aws.observer("ec2")
    ids = []
    for expected in (0, 1 if is_warned else 0):
        launched = ec2.run_instances(ImageId=created.state.image_id, MinCount=1, MaxCount=1, InstanceType="t3.micro")
        ids.append(launched["Instances"][0]["InstanceId"])
        assert lifecycle.read(run, created.id, created.state) == created.state
        assert len(run.warnings) == expected
    if is_warned:
        assert f"was imported with sysprep none and is the AMI of {', '.join(sorted(ids))}:" in run.warnings[0]
    ec2.terminate_instances(InstanceIds=ids[:1])
    run.warnings.clear()
    lifecycle.read(run, created.id, created.state)
    assert run.warnings == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"sysprep": "later"}, "expected", id="unknown-value"),
        pytest.param({"sysprep": "none", "platform": "Linux"}, "applies to Windows only", id="linux"),
        pytest.param(
            {"sysprep": "before-export", "imageProfile": "byol-workspaces"}, "exported before Sysprep", id="workspaces"
        ),
    ],
)
def test_fails_in_check(values: dict[str, Any], reason: str, checked: Callable[..., list[tuple[str, str]]]) -> None:
    found = [(path, text) for path, text in checked(lifecycle, BAG | values) if path == "sysprep"]
    assert len(found) == 1
    assert reason in found[0][1]
    assert checked(lifecycle, BAG | {"sysprep": "none", "imageProfile": "byol-workspaces"}) == []


def test_the_tag_counts_among_the_fifty_of_an_ami(checked: Callable[..., list[tuple[str, str]]]) -> None:
    full = BAG | {"tags": {f"k{number}": "v" for number in range(40)}}
    assert checked(lifecycle, full) == []
    assert checked(lifecycle, full | {"sysprep": "none"}) == [("tags", "expected at most 39 tags, got 40")]
