"""The stacks and examples as a user runs them: pulumi commands, Pulumi.yaml, `pulumi config`."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engine.foreign_objects import make_machine, put_object, put_ova
from tests.engine.installed_machine import ISO_PATH, PASSWORDS, PLACE, put_windows_iso

from pulumi_vmimport_sandbox import Sandbox, SandboxClock

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
EXAMPLES = {path.name: path.read_text() for path in (ROOT / "examples").glob("*.py")}
# The tests of their resources, and tests/unit/test_mocks.py, run these with the prerequisites that they create.
RUN_ELSEWHERE = {
    "unattended_windows.py",
    "attach_volume.py", "copy_and_share.py", "distribute_image.py", "distribution_accounts.py",
    "distribution_fast_launch.py", "distribution_organizations.py", "distribution_roles.py",
    "distribution_s3_export.py", "distribution_update.py", "export_machine.py", "fast_launch.py", "fleet.py", "functions.py", "import_existing.py", "iso_to_workspaces.py", "operator_policy.py",
    "share_between_accounts.py", "two_regions.py", "unit_test.py", "upload_and_import.py", "vm_image.py",
}  # fmt: skip


@pytest.fixture
def sandbox(vsphere_sandbox: Sandbox) -> Sandbox:
    return vsphere_sandbox


class Project:
    """A copy of a project and its stack. The checkout is not modified.

    PULUMI_PYTHON_CMD is unset: programs run in the virtual environment that their Pulumi.yaml names, as they do for a
    user who has only run `make setup`.
    """

    def __init__(self, sandbox: Sandbox, folder: Path, config: dict[str, str]) -> None:
        self._environment = {k: v for k, v in sandbox.environment.items() if k != "PULUMI_PYTHON_CMD"}
        self._folder = folder
        self.pulumi("stack", "select", "--create", "dev")
        for key, value in config.items():
            self.pulumi("config", "set", key, value, "--stack", "dev")

    def pulumi(self, *arguments: str) -> str:
        executable = shutil.which("pulumi", path=self._environment["PATH"])
        assert executable is not None
        command = [executable, *arguments, "--non-interactive"]
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self, *options: str) -> dict[str, str]:
        self.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", *options)
        outputs: dict[str, str] = json.loads(self.pulumi("stack", "output", "--json", "--stack", "dev"))
        return outputs

    def destroy(self) -> None:
        self.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the projects of the checkout, with the virtual environment that `make setup` creates."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "stacks", folder / "stacks", symlinks=True)
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_the_main_stack_is_previewed_deployed_and_destroyed_in_the_root_folder(
    sandbox: Sandbox, checkout: Path
) -> None:
    sandbox.vcenter.put_file("LocalDS_0", "iso/windows.iso", io.BytesIO(bytes(1 << 16)))
    config = {"datacenter": "DC0", "datastore": "LocalDS_0", "network": "VM Network", "cluster": "DC0_C0"}
    project = Project(sandbox, checkout, config)
    assert "to create" in project.pulumi("preview", "--stack", "dev")
    outputs = project.up()
    assert outputs["workspaceImageId"].startswith("wsi-")
    assert outputs["ovaChecksum"].startswith("CRC32:")
    project.up("--expect-no-changes")
    project.destroy()
    assert sandbox.aws.remaining_resources() == []


def test_the_main_stack_installs_windows_from_its_iso_with_nobody_at_the_console(
    tmp_path: Path, checkout: Path
) -> None:
    with Sandbox(tmp_path / "sandbox", clock=SandboxClock.fast(600), installs_guests=True) as sandbox:
        put_windows_iso(sandbox)
        project = Project(sandbox, checkout, {**PLACE, "datacenter": "DC0"})
        values = {"windowsIso.path": ISO_PATH, "guest.windowsRelease": "10-22H2", "guest.timeZone": "UTC"}
        for key, value in values.items():
            project.pulumi("config", "set", "--path", key, value, "--stack", "dev")
        for key, value in zip(("administratorPassword", "byolAccountPassword"), PASSWORDS, strict=True):
            project.pulumi("config", "set", "--secret", key, value, "--stack", "dev")
        assert project.up()["workspaceImageId"].startswith("wsi-")
        project.up("--expect-no-changes")
        project.destroy()
        assert sandbox.remaining_resources() == []


def test_the_import_ova_stack_imports_an_existing_object(sandbox: Sandbox, checkout: Path, disk: Path) -> None:
    put_ova(sandbox, disk, "images-of-web", "web.ova")
    project = Project(sandbox, checkout / "stacks" / "import_ova", {"bucket": "images-of-web", "key": "web.ova"})
    assert project.up()["amiId"].startswith("ami-")
    project.up("--expect-no-changes")
    project.destroy()
    assert not [x for x in sandbox.aws.remaining_resources() if "images-of-web" not in x]


@pytest.mark.parametrize("example", sorted(EXAMPLES.keys() - RUN_ELSEWHERE))
def test_each_example_is_deployed_unchanged_and_destroyed(
    sandbox: Sandbox, tmp_path: Path, disk: Path, example: str
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "examples" / example, folder / "__main__.py")
    (folder / "Pulumi.yaml").write_text(
        f"name: example\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    make_machine(sandbox, "windows-byol", disk)
    put_raw_disk(sandbox, "images-of-web", "web.raw")
    project = Project(sandbox, folder, {})
    assert project.up()
    project.up("--expect-no-changes")
    project.destroy()
    assert not [x for x in sandbox.aws.remaining_resources() if "images-of-web" not in x]


@pytest.mark.parametrize("example", sorted(EXAMPLES))
def test_a_document_contains_the_example_verbatim_or_refers_to_its_file(example: str) -> None:
    pages = [page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]]
    assert any(EXAMPLES[example] in page or f"`examples/{example}`" in page for page in pages)


def put_raw_disk(sandbox: Sandbox, bucket: str, key: str) -> None:
    head = bytearray(1 << 20)
    head[446:462] = bytes.fromhex("80000200 07feffff 01000000 ff070000")
    head[510:512] = b"\x55\xaa"
    put_object(sandbox, bucket, key, bytes(head))
