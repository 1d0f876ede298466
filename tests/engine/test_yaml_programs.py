"""The programs of examples/yaml on Pulumi's YAML language host and the native provider."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.pulumi_project import PulumiProject

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
