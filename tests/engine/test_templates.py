"""The templates as `pulumi new` creates projects of them, previewed in the sandbox."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import BUCKET, KEY, REGION
from tests.engine.foreign_objects import make_machine

from pulumi_vmimport_sandbox import Sandbox

TEMPLATES = Path(__file__).parents[2] / "templates"


class NewProject:
    """A project that `pulumi new` creates of a template, with a stack."""

    def __init__(self, sandbox: Sandbox, folder: Path, template: str) -> None:
        self._environment = {k: v for k, v in sandbox.environment.items() if k != "PULUMI_PYTHON_CMD"}
        self.folder = folder / "project"
        options = ("--generate-only", "--yes", "--name", "web", "--description", "A test", "--dir", str(self.folder))
        self.pulumi("new", str(TEMPLATES / template), *options, cwd=folder)
        # `pulumi new` without --generate-only installs requirements.txt from a package index into it.
        (self.folder / "venv").symlink_to(sys.prefix)
        self.pulumi("stack", "init", "dev")

    def pulumi(self, *arguments: str, cwd: Path | None = None) -> str:
        executable = shutil.which("pulumi", path=self._environment["PATH"])
        assert executable is not None
        command = [executable, *arguments, "--non-interactive"]
        done = subprocess.run(
            command, cwd=cwd or self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def previewed(self, **config: str) -> dict[str, Any]:
        """The resources that the preview creates, by type."""
        for key, value in config.items():
            self.pulumi("config", "set", key, value, "--stack", "dev")
        steps = json.loads(self.pulumi("preview", "--json", "--stack", "dev"))["steps"]
        return {step["newState"]["type"]: step for step in steps if step["op"] == "create"}


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.iterdir()))
def test_a_new_project_has_its_own_name_and_requires_the_library(
    sandbox: Sandbox, tmp_path: Path, template: str
) -> None:
    project = NewProject(sandbox, tmp_path, template)
    settings = (project.folder / "Pulumi.yaml").read_text()
    assert "name: web\n" in settings
    assert "A test" in settings
    assert "displayName" not in settings
    assert (project.folder / "requirements.txt").read_text().startswith("pulumi-vmimport>=")


def test_the_template_of_an_image_import_is_previewed(
    sandbox: Sandbox, tmp_path: Path, image_args: dict[str, Any]
) -> None:
    sandbox.aws.observer("iam").delete_role_policy(RoleName="vmimport", PolicyName="vmimport")
    sandbox.aws.observer("iam").delete_role(RoleName="vmimport")
    project = NewProject(sandbox, tmp_path, "vmimport-import-image")
    values = {"aws:region": REGION, "bucket": BUCKET, "key": KEY, "format": "RAW", "licenseType": "BYOL"}
    assert any(kind.endswith("ImportImage") for kind in project.previewed(**values))


def test_the_template_of_a_byol_image_is_previewed(vsphere_sandbox: Sandbox, tmp_path: Path, disk: Path) -> None:
    make_machine(vsphere_sandbox, "windows-byol", disk)
    project = NewProject(vsphere_sandbox, tmp_path, "vmimport-byol")
    values = {"aws:region": REGION, "virtualMachine": "DC0/vm/windows-byol", "imageName": "windows-byol"}
    kinds = project.previewed(**values, ingestionProcess="BYOL_REGULAR_WSP")
    assert any(kind.endswith("ImportWorkspaceImage") for kind in kinds)
