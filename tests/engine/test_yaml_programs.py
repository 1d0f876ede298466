"""The programs of examples/yaml on Pulumi's YAML language host and the native provider."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from tests.engine.conftest import BUCKET, KEY, REGION, raw_disk
from tests.engine.foreign_objects import make_machine
from tests.engine.pulumi_project import PulumiProject

from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport_sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples" / "yaml"


@pytest.fixture
def example(sandbox: Sandbox, tmp_path: Path) -> Callable[[str], PulumiProject]:
    """Creates the project of an example."""
    return lambda name: PulumiProject(sandbox, tmp_path / name, EXAMPLES / name / "Pulumi.yaml")


def converges(project: PulumiProject) -> None:
    """A second `up` and a refresh change nothing."""
    project.up("--expect-no-changes")
    project.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.usefixtures("image_args")  # the bucket, the object and the role that the example names
def test_an_image_is_imported_and_destroyed(example: Callable[[str], PulumiProject], sandbox: Sandbox) -> None:
    existing = sandbox.remaining_resources()
    project = example("import_existing")
    assert "vmimport:index:ImportImage" in project.run("preview")
    assert "$PATH" not in project.up()  # the engine warns about a language host or provider that is only on PATH
    assert project.outputs()["amiId"].startswith("ami-")
    converges(project)
    project.run("destroy", "--yes", "--skip-preview")
    assert sandbox.remaining_resources() == existing


@pytest.mark.usefixtures("image_args")
def test_fails_in_preview_with_the_path_of_a_wrong_argument(example: Callable[[str], PulumiProject]) -> None:
    project = example("import_existing")
    settings = (project.folder / "Pulumi.yaml").read_text("utf-8")
    (project.folder / "Pulumi.yaml").write_text(settings.replace("BYOL", "MINE"), "utf-8")
    printed = project.run("preview", is_failing=True)
    assert "licenseType: expected" in printed
    assert "MINE" in printed


def test_the_program_that_an_import_generates_changes_nothing(
    example: Callable[[str], PulumiProject], sandbox: Sandbox, image_id: str
) -> None:
    project = example("import_existing")
    file = project.folder / "Pulumi.yaml"
    settings = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump({**settings, "resources": {}, "outputs": {}}), "utf-8")
    generated = project.folder / "generated.yaml"
    words = ("--yes", "--skip-preview", "--protect=false", "--out", str(generated))
    project.run("import", "vmimport:index:ImportImage", "web", image_id, *words)
    program = yaml.safe_load(generated.read_text("utf-8"))
    assert program["resources"]["web"]["properties"]["diskContainers"][0]["userBucket"]["s3Bucket"] == BUCKET
    file.write_text(yaml.safe_dump({**settings, **program, "outputs": {}}), "utf-8")
    project.up("--expect-no-changes")
    project.run("destroy", "--yes", "--skip-preview")
    assert sandbox.aws.observer("ec2", REGION).describe_images(Owners=["self"])["Images"] == []


@pytest.fixture
def bucket_with_image(sandbox: Sandbox) -> list[str]:
    """The bucket and the object that the example names, without a service role. Returns what then exists."""
    s3 = sandbox.aws.observer("s3", REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=raw_disk())
    return sandbox.remaining_resources()


def test_components_create_what_a_resource_needs_and_a_function_returns_its_task(
    example: Callable[[str], PulumiProject], sandbox: Sandbox, bucket_with_image: list[str]
) -> None:
    project, iam = example("import_only"), sandbox.aws.observer("iam")
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    printed = project.run("preview", is_failing=True)
    assert "role_name: role 'vmimport' exists in account" in printed
    assert "VmimportRole vmimport: not completed because the run ended; " in printed  # not "connection is closing"
    assert (
        "exited prematurely" not in printed
    )  # of pulumi-aws, if this provider does not exit when the engine closes it
    iam.delete_role(RoleName="vmimport")
    project.up()
    assert project.outputs()["amiId"].startswith("ami-")
    assert project.outputs()["taskStatus"] == "completed"
    assert {"vmimport:index:ImportBucket", "vmimport:index:VmimportRole", "aws:iam/role:Role"} <= set(project.types())
    converges(project)
    project.run("destroy", "--yes", "--skip-preview")
    assert sandbox.remaining_resources() == bucket_with_image


def test_the_whole_line_from_vsphere_to_a_workspaces_image_is_one_component(
    vsphere_sandbox: Sandbox, tmp_path: Path, disk: Path
) -> None:
    make_machine(vsphere_sandbox, "windows-byol", disk)
    project = PulumiProject(vsphere_sandbox, tmp_path / "embed", EXAMPLES / "embed" / "Pulumi.yaml")
    project.up()
    assert project.outputs()["workspaceImageId"].startswith("wsi-")
    # The resources of the component are those of the native provider, too.
    assert [kind for kind in project.types() if "dynamic" in kind] == []
    converges(project)
    project.run("destroy", "--yes", "--skip-preview")
    assert vsphere_sandbox.aws.remaining_resources() == []
