"""What sets ImportWorkspaceImage apart; test_workspace_image.py has what it shares with the other images."""

import re
import string
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import get_session
from moto.ec2.models import ec2_backends

from pulumi_vmimport.aws.workspaces.ingestion_options import Application, IngestionProcess
from pulumi_vmimport.resources.workspaces.import_workspace_image import ImportWorkspaceImageInputs
from pulumi_vmimport.resources.workspaces.import_workspace_image_lifecycle import ImportWorkspaceImageLifecycle
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

lifecycle = ImportWorkspaceImageLifecycle()
Checked = Callable[..., list[tuple[str, str]]]
LookedUp = Callable[..., dict[str, str]]
BAG = {
    "region": "eu-west-1",
    "imageName": "win10",
    "imageDescription": "a desktop",
    "ec2ImageId": "ami-0123456789abcdef0",
    "ingestionProcess": "BYOL_REGULAR_WSP",
}


@pytest.fixture
def inputs(byol_ami: str) -> ImportWorkspaceImageInputs:
    return ImportWorkspaceImageInputs(
        region="eu-west-1",
        image_name="win10",
        image_description="a desktop",
        ec2_image_id=byol_ami,
        ingestion_process=IngestionProcess.BYOL_REGULAR_WSP,
    )


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        pytest.param(
            {"ec2ImageId": "ami-012345"}, "ec2ImageId", "8 or 17 hex digits, got 'ami-012345'", id="short-ami"
        ),
        pytest.param({"ec2ImageId": "ami-0123456789ABCDEF0"}, "ec2ImageId", "8 or 17 hex digits", id="upper-case-ami"),
        pytest.param({"ec2ImageId": "snap-01234567"}, "ec2ImageId", "got 'snap-01234567'", id="snapshot"),
        pytest.param({"ec2ImageId": None}, "ec2ImageId", "is required, expected a string", id="no-ami"),
        pytest.param(
            {"ingestionProcess": "BYOL_GRAPHICS_G6"}, "ingestionProcess", "BYOL_REGULAR_BYOP", id="unknown-process"
        ),
        pytest.param(
            {"ingestionProcess": None}, "ingestionProcess", "is required, expected one of BYOL", id="no-process"
        ),
        pytest.param(
            {"applications": ["Solitaire"]},
            "applications[0]",
            "expected one of Microsoft_Office_2016, Microsoft_Office_2019, got 'Solitaire'",
            id="unknown-application",
        ),
        pytest.param(
            {"applications": ["Microsoft_Office_2016", "Microsoft_Office_2019"]},
            "applications",
            "expected at most one application, got 2",
            id="two-applications",
        ),
        pytest.param({"applications": "Microsoft_Office_2016"}, "applications", "expected a list of", id="no-list"),
        pytest.param(
            {"osVersion": "Windows_11", "ingestionProcess": "BYOL_REGULAR"},
            "ingestionProcess",
            "for Windows 11, which does not support PCoIP, got BYOL_REGULAR",
            id="windows-11-pcoip",
        ),
        pytest.param(
            {"osVersion": "Windows_11", "applications": ["Microsoft_Office_2016"]},
            "applications[0]",
            "expected Microsoft_Office_2019 for Windows 11 with BYOL_REGULAR_WSP, got Microsoft_Office_2016",
            id="windows-11-office",
        ),
        pytest.param({"osVersion": "Windows 11"}, "osVersion", "Windows_11, got 'Windows 11'", id="unknown-system"),
    ],
)
def test_fails_in_check(values: dict[str, Any], path: str, reason: str, checked: Checked) -> None:
    found = checked(lifecycle, BAG | values)
    assert [p for p, _ in found] == [path]
    assert reason in found[0][1]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"ec2ImageId": "ami-01234567"},
        {"applications": ["Microsoft_Office_2019"]},
        {"osVersion": "Windows_11", "applications": ["Microsoft_Office_2019"]},
        {"osVersion": "Windows_10", "ingestionProcess": "BYOL_REGULAR", "applications": ["Microsoft_Office_2016"]},
    ],
)
def test_valid_inputs_have_no_problem(values: dict[str, Any], checked: Checked) -> None:
    assert checked(lifecycle, BAG | values) == []


@pytest.fixture(scope="module")
def service_model() -> Any:
    return get_session().get_service_model("workspaces")


@pytest.mark.parametrize(
    ("name", "shape"), [("imageName", "WorkspaceImageName"), ("imageDescription", "WorkspaceImageDescription")]
)
def test_names_and_descriptions_follow_the_service_model(
    name: str, shape: str, service_model: Any, checked: Checked
) -> None:
    limits = service_model.shape_for(shape).metadata
    allowed = {c for c in string.printable if not checked(lifecycle, BAG | {name: c})}
    assert allowed == {c for c in string.printable if re.fullmatch(limits["pattern"].strip("^$"), c)}
    lengths = [n for n in range(300) if not checked(lifecycle, BAG | {name: "a" * n})]
    assert (lengths[0], lengths[-1]) == (limits["min"], limits["max"])


def test_create_sends_the_process_and_the_applications(
    run: Any, inputs: ImportWorkspaceImageInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    client = run.aws.client("workspaces")
    start = client.import_workspace_image
    monkeypatch.setattr(client, "import_workspace_image", lambda **members: asked.update(members) or start(**members))
    created = lifecycle.create(run, replace(inputs, applications=(Application.OFFICE_2019,)))
    assert created.state.required_tenancy == "DEDICATED"
    assert asked["IngestionProcess"] == "BYOL_REGULAR_WSP"
    assert asked["Applications"] == ["Microsoft_Office_2019"]
    assert asked["Ec2ImageId"] == inputs.ec2_image_id


def test_preflight_reports_an_account_without_byol(
    run: Any, inputs: ImportWorkspaceImageInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.disable_byol()
    found = looked_up(lifecycle, run, inputs)
    assert list(found) == ["ingestionProcess"]
    assert f"account {aws.account_id} is not enabled for BYOL in eu-west-1" in found["ingestionProcess"]


def test_preflight_skips_the_account_when_the_image_depends_on_other_resources(
    new_run: Callable[..., Any], inputs: ImportWorkspaceImageInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.disable_byol()
    assert looked_up(lifecycle, new_run(supplied=("region",)), inputs) == {}


def test_preflight_reports_a_missing_ami_unless_the_stack_creates_it(
    new_run: Callable[..., Any], inputs: ImportWorkspaceImageInputs, aws: AwsSandbox, looked_up: LookedUp
) -> None:
    aws.observer("ec2").deregister_image(ImageId=inputs.ec2_image_id)
    assert f"{inputs.ec2_image_id} in eu-west-1" in looked_up(lifecycle, new_run(), inputs)["ec2ImageId"]
    assert looked_up(lifecycle, new_run(supplied=("ec2ImageId",)), inputs) == {}


@pytest.fixture
def ami(aws: AwsSandbox, byol_ami: str) -> Any:
    """The simulated AMI, so that a test can change its owner or platform."""
    return ec2_backends[aws.account_id]["eu-west-1"].amis[byol_ami]


@pytest.mark.parametrize("supplied", [(), ("ec2ImageId",)], ids=["given", "supplied"])
def test_preflight_reports_an_ami_of_another_account(
    new_run: Callable[..., Any],
    inputs: ImportWorkspaceImageInputs,
    ami: Any,
    looked_up: LookedUp,
    supplied: tuple[str, ...],
) -> None:
    ami.owner_id = "210987654321"
    found = looked_up(lifecycle, new_run(supplied=supplied), inputs)
    assert f"{ami.id} belongs to account 210987654321, expected your own, 123456789012" in found["ec2ImageId"]


def test_preflight_reports_an_ami_that_is_not_windows(
    run: Any, inputs: ImportWorkspaceImageInputs, ami: Any, looked_up: LookedUp
) -> None:
    ami.platform, ami.platform_details = None, "Linux/UNIX"
    assert looked_up(lifecycle, run, inputs) == {"ec2ImageId": "expected a Windows AMI, got Linux/UNIX"}


def test_preflight_reports_an_encrypted_ami(
    run: Any, inputs: ImportWorkspaceImageInputs, ami: Any, looked_up: LookedUp
) -> None:
    ami.ebs_snapshot.encrypted = True
    reason = looked_up(lifecycle, run, inputs)["ec2ImageId"]
    assert f"AMI {ami.id} has encrypted snapshots ({ami.ebs_snapshot.id})" in reason


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"usage_operation": "RunInstances:0002"}, "with a license from AWS (RunInstances:0002)", id="aws"),
        pytest.param(
            {"usage_operation": "RunInstances:0006", "platform_details": "Windows with SQL Server Standard"},
            "runs Windows with SQL Server Standard with a license from AWS", id="sql-server",
        ),
        pytest.param(
            {"description": "AWS-VMImport service: Microsoft Windows Server 2019 (64-bit)"}, "is Windows Server",
            id="server",
        ),
        pytest.param({"architecture": "i386"}, "expected an AMI for x86_64, got i386", id="32-bit"),
    ],
)  # fmt: skip
def test_preflight_reports_an_ami_that_is_no_windows_client_with_its_own_license(
    run: Any, inputs: ImportWorkspaceImageInputs, ami: Any, looked_up: LookedUp, values: dict[str, Any], words: str
) -> None:
    vars(ami).update(values)
    found = looked_up(lifecycle, run, inputs)
    assert list(found) == ["ec2ImageId"]
    assert words in found["ec2ImageId"]
    assert run.warnings == []


def test_a_name_or_description_of_a_user_that_mentions_windows_server_is_a_warning(
    run: Any, inputs: ImportWorkspaceImageInputs, ami: Any, looked_up: LookedUp
) -> None:
    ami.description = "desktop for the Windows Server team"
    assert looked_up(lifecycle, run, inputs) == {}
    assert "'desktop for the Windows Server team'" in run.warnings[0]


def test_preflight_reports_an_ami_with_several_volumes(
    run: Any, inputs: ImportWorkspaceImageInputs, ami: Any, looked_up: LookedUp
) -> None:
    ami.snapshots = [ami.ebs_snapshot, ami._extra_snapshot("data")]
    assert "has 2 volumes, expected only the root volume" in looked_up(lifecycle, run, inputs)["ec2ImageId"]


@pytest.mark.parametrize(
    ("process", "warnings"),
    [(IngestionProcess.BYOL_REGULAR_WSP, []), (IngestionProcess.BYOL_REGULAR_BYOP, ["allow-listed"])],
)
def test_preflight_warns_about_processes_that_need_an_allow_list(
    run: Any, inputs: ImportWorkspaceImageInputs, looked_up: LookedUp, process: IngestionProcess, warnings: list[str]
) -> None:
    assert looked_up(lifecycle, run, replace(inputs, ingestion_process=process)) == {}
    assert len(run.warnings) == len(warnings)
    assert all(words in text for words, text in zip(warnings, run.warnings, strict=True))


def test_preflight_reports_all_problems_at_once(
    run: Any, inputs: ImportWorkspaceImageInputs, aws: AwsSandbox, ami: Any
) -> None:
    aws.disable_byol()
    ami.owner_id, ami.platform = "210987654321", None
    assert [p.path for p in lifecycle.preflight(run, inputs)] == ["ingestionProcess", "ec2ImageId", "ec2ImageId"]
