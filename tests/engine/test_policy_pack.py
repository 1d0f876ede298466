"""The policy pack on the real engine, as `vmimport policy-pack` creates it."""

import io
import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest
from click.testing import CliRunner
from tests.engine.conftest import raw_disk
from tests.engine.prerequisites import DISTRIBUTION_ROLE, REGION, make_distribution_role

from pulumi_vmimport import DistributeImage, ImportImage
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.policies.rule_catalog import RULES
from pulumi_vmimport_sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
OTHER = "210987654321"
# One resource for each rule, which nothing else is wrong with.
FAULTY = """
import json
import pulumi
import pulumi_aws as aws
from pulumi_vmimport import DistributeImage, ImportImage

def image(name, *, bucket="images-of-web", **args):
    disk = {"format": "RAW", "user_bucket": {"s3_bucket": bucket, "s3_key": "web.raw"}}
    return ImportImage(name, disk_containers=[disk], **{"retain_on_delete": True, "platform": "Windows", **args})

def share(name, image, **audience):
    aws.ec2.AmiLaunchPermission(name, image_id=image.image_id, **audience)

share("everyone", image("licensed", license_type="BYOL"), group="all")
share("clones", image("clone", sysprep="none"), account_id="210987654321")
share("useless", image("encrypted", encrypted=True, kms_key_id="alias/aws/ebs"), account_id="210987654321")
share("others", image("undecided", retain_on_delete=None), account_id="210987654321")

disks = aws.s3.Bucket("disks", region="us-west-2")
image("far", bucket=disks.bucket)

uploads = aws.s3.Bucket("uploads")
aws.s3.BucketPublicAccessBlock("uploads", bucket=uploads.bucket, block_public_acls=True, ignore_public_acls=True)
image("near", bucket=uploads.bucket)

trust = {"Effect": "Allow", "Principal": {"Service": "vmie.amazonaws.com"}, "Action": "sts:AssumeRole"}
role = aws.iam.Role("trusting", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
aws.iam.RolePolicy("reads", role=role.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [reads]}))
"""
EXPECTED = [
    ("mandatory", "public-byol-image", "everyone"),
    ("advisory", "clone-without-sysprep", "clones"),
    ("advisory", "bucket-in-another-region", "far"),
    ("mandatory", "import-bucket-protection", "uploads"),
    ("advisory", "service-role-external-id", "trusting"),
    ("advisory", "s3-wildcard-resource", "reads"),
    ("advisory", "encrypted-image-key-access", "useless"),
    ("advisory", "shared-image-retention", "undecided"),
]
_FINDING = re.compile(r"\[(advisory|mandatory)\] \[severity: \w+\] +([\w-]+) +\(\S+: ([\w-]+)\)")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    created = CliRunner().invoke(vmimport, ["policy-pack", str(tmp_path / "policy")])
    assert created.exit_code == 0, created.output
    return tmp_path / "policy"


class Project:
    """A project in a folder, whose pulumi commands run as a user types them."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        # Without this variable, programs and packs run in the virtual environments that their settings name.
        self._environment = {k: v for k, v in sandbox.environment.items() if k != "PULUMI_PYTHON_CMD"}
        self._folder = folder
        assert self.pulumi("stack", "select", "--create", "dev")[0] == 0

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the output of a command."""
        executable = shutil.which("pulumi", path=self._environment["PATH"])
        assert executable is not None
        command = [executable, *arguments, "--stack", "dev"] if arguments[0] != "stack" else [executable, *arguments]
        ended = subprocess.run(
            [*command, "--non-interactive", "--color", "never"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout


def findings(output: str) -> list[tuple[str, ...]]:
    """The findings in the output of a command: level, rule and resource."""
    _, is_loaded, listed = output.partition("Policies:")
    assert is_loaded, output
    assert "pulumi-vmimport@" in listed
    return sorted(found.groups() for found in _FINDING.finditer(listed))


@pytest.mark.usefixtures("image_args")
def test_each_rule_reports_its_fault_and_up_ends_before_anything_is_created(
    sandbox: Sandbox, tmp_path: Path, pack: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "__main__.py").write_text(FAULTY)
    (folder / "Pulumi.yaml").write_text(
        f"name: faulty\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    everything = json.dumps(iam_documents.role_policy(import_buckets=["*"], kms_key_arns=["*"]))
    sandbox.aws.observer("iam").put_role_policy(RoleName="vmimport", PolicyName="all", PolicyDocument=everything)
    sandbox.clock.advance(3600)  # the policy has propagated
    project = Project(sandbox, folder)
    before = sandbox.aws.calls.writes()
    code, output = project.pulumi("up", "--yes", "--policy-pack", str(pack))
    assert findings(output) == sorted(EXPECTED), output
    assert [rule for _, rule, _ in EXPECTED] == [rule.id for rule in RULES]
    assert code != 0
    assert sandbox.aws.calls.writes() == before
    assert "resources" not in json.loads(project.pulumi("stack", "export")[1])["deployment"]


def test_the_main_stack_has_no_finding(vsphere_sandbox: Sandbox, tmp_path: Path, pack: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "stacks", checkout / "stacks", symlinks=True)
    shutil.copy(ROOT / "Pulumi.yaml", checkout)
    (checkout / ".venv").symlink_to(sys.prefix)
    vsphere_sandbox.vcenter.put_file("LocalDS_0", "iso/windows.iso", io.BytesIO(bytes(1 << 16)))
    project = Project(vsphere_sandbox, checkout)
    settings = {"datacenter": "DC0", "datastore": "LocalDS_0", "network": "VM Network", "cluster": "DC0_C0"}
    for key, value in settings.items():
        assert project.pulumi("config", "set", key, value)[0] == 0
    code, output = project.pulumi("preview", "--policy-pack", str(pack))
    assert findings(output) == []
    assert code == 0


def run(example: str) -> Callable[[], None]:
    """An example as a program."""

    def program() -> None:
        runpy.run_path(str(ROOT / "examples" / f"{example}.py"))

    return program


# The other examples need a vCenter, another Region or another account; the rules read no other kinds of resources there.
@pytest.mark.parametrize("example", ["copy_and_share", "export_machine", "import_existing", "upload_and_import"])
def test_an_example_has_no_finding(
    new_stack: Callable[..., Any], instance_id: str, image_id: str, tmp_path: Path, pack: Path, example: str
) -> None:
    (tmp_path / "disk.raw").write_bytes(raw_disk())
    config = {
        "account": OTHER,
        "bucket": "exports-of-web",
        "diskImage": str(tmp_path / "disk.raw"),
        "imageId": image_id,
        "instanceId": instance_id,
    }
    stack = new_stack(run(example), config=config)
    stack.preview(policy_packs=[str(pack)])
    assert findings("\n".join(stack.output)) == []


def test_a_deployed_stack_is_judged_by_its_outputs_and_by_the_configuration_of_the_pack(
    new_stack: Callable[..., Any], image_args: dict[str, Any], tmp_path: Path, pack: Path
) -> None:
    def program() -> None:
        web = ImportImage("web", retain_on_delete=False, **image_args)
        aws.ec2.AmiLaunchPermission("everyone", image_id=web.image_id, group="all")

    def preview(**options: Any) -> list[tuple[str, ...]]:
        printed = len(stack.output)
        stack.preview(policy_packs=[str(pack)], **options)
        return findings("\n".join(stack.output[printed:]))

    stack = new_stack(program)
    stack.up()
    advice = tmp_path / "policy.json"
    advice.write_text(json.dumps({"public-byol-image": "advisory"}))
    assert preview(policy_pack_configs=[str(advice)]) == [("advisory", "public-byol-image", "everyone")]
    failed = stack.fails(preview)
    assert findings(failed) == [("mandatory", "public-byol-image", "everyone")]
    advice.write_text(json.dumps({"all": "disabled"}))
    assert preview(policy_pack_configs=[str(advice)]) == []


@pytest.mark.usefixtures("image_args")
def test_a_setting_in_the_configuration_of_the_pack_changes_what_a_rule_requires(
    new_stack: Callable[..., Any], tmp_path: Path, pack: Path
) -> None:
    (tmp_path / "disk.raw").write_bytes(raw_disk())
    stack = new_stack(run("upload_and_import"), config={"diskImage": str(tmp_path / "disk.raw")})
    settings = tmp_path / "policy.json"

    def preview(**required: str) -> None:
        settings.write_text(json.dumps({"import-bucket-protection": required}))
        stack.preview(policy_packs=[str(pack)], policy_pack_configs=[str(settings)])

    preview(enforcementLevel="advisory", encryption="aws:kms")
    assert findings("\n".join(stack.output)) == [("advisory", "import-bucket-protection", "images")]
    assert "encryption must be one of the following" in stack.fails(lambda: preview(encryption="DES"))


def test_a_distribution_is_judged_by_its_configuration_and_by_the_import_of_its_source(
    new_stack: Callable[..., Any], sandbox: Sandbox, image_args: dict[str, Any], pack: Path
) -> None:
    make_distribution_role(sandbox.aws)
    sandbox.clock.advance(3600)  # the role has propagated

    def program() -> None:
        web = ImportImage("web", **image_args)
        everyone: aws.imagebuilder.DistributionConfigurationDistributionArgsDict = {
            "region": REGION,
            "ami_distribution_configuration": {
                "name": "web {{ imagebuilder:buildDate }}",
                "launch_permission": {"user_groups": ["all"]},
            },
        }
        public = aws.imagebuilder.DistributionConfiguration("public", distributions=[everyone])
        DistributeImage(
            "distributed",
            source_image=web.image_id,
            distribution_configuration_arn=public.arn,
            execution_role=DISTRIBUTION_ROLE,
        )

    stack = new_stack(program)
    failed = stack.fails(lambda: stack.preview(policy_packs=[str(pack)]))
    assert findings(failed) == [
        ("advisory", "shared-image-retention", "distributed"),
        ("mandatory", "public-byol-image", "distributed"),
    ]


def test_fails_with_the_packages_to_install_where_the_environment_lacks_them(
    new_stack: Callable[..., Any], pack: Path
) -> None:
    (pack / "pulumi_policy.py").write_text("raise ModuleNotFoundError('No module named pulumi_policy')\n")
    stack = new_stack(lambda: None)
    failed = stack.fails(lambda: stack.preview(policy_packs=[str(pack)]))
    assert "pip install pulumi-policy" in failed
