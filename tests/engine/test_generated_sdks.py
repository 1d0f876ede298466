"""SDKs that `pulumi package gen-sdk` generates from the package schema, and the examples in their languages."""

import compileall
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.engine import sdk_tools
from tests.engine.pulumi_project import PulumiProject

from pulumi_vmimport_sandbox import Sandbox, toolchain

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SCHEMA = ROOT / "components" / "pulumi_vmimport" / "plugin" / "schema.json"
GO_MODULE = "github.com/pulumi-vmimport/pulumi-vmimport/sdk/go"


def modules(file: Path) -> dict[str, str]:
    """The versions of the modules that a go.mod requires."""
    lines = (line.strip().removeprefix("require ").split() for line in file.read_text("utf-8").splitlines())
    return {line[0]: line[1] for line in lines if len(line) > 1 and line[1].startswith("v")}


def generate(language: str, out: Path) -> Path:
    """The folder of a generated SDK."""
    engine = toolchain.engine()
    environ = {
        **os.environ,
        "PATH": f"{sdk_tools.language_hosts()}{os.pathsep}{engine.environment['PATH']}",
        "PULUMI_HOME": str(out / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    options = ["--language", language, "--out", str(out / "sdk")]
    command = [str(engine.path), "package", "gen-sdk", str(SCHEMA), *options]
    completed = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return out / "sdk" / language


def type_check(workspace: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [workspace / "node_modules" / ".bin" / "tsc", "--project", workspace],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the TypeScript SDK and the examples."""
    workspace = tmp_path_factory.mktemp("typescript")
    generate("nodejs", workspace)
    (workspace / "node_modules").symlink_to(sdk_tools.node_modules())
    shutil.copy(sdk_tools.TYPESCRIPT / "tsconfig.json", workspace)
    shutil.copytree(EXAMPLES / "typescript", workspace / "examples")
    return workspace


def test_the_generators_are_those_of_the_engine() -> None:
    engine = modules(ROOT / "sandbox" / "toolchain" / "engine" / "go.mod")
    generators = modules(sdk_tools.GENERATOR_SOURCES / "go.mod")
    assert generators["github.com/pulumi/pulumi/pkg/v3"] == engine["github.com/pulumi/pulumi/pkg/v3"]
    # The compiled packages of the engine's build are reused only if every version is the same.
    assert {name: version for name, version in generators.items() if engine.get(name, version) != version} == {}


def test_the_typescript_examples_type_check_against_the_generated_sdk(typescript: Path) -> None:
    checked = type_check(typescript)
    assert checked.returncode == 0, checked.stdout


def test_fails_in_typescript_for_an_argument_that_the_schema_does_not_have(typescript: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    shutil.copytree(typescript, wrong, symlinks=True)
    program = wrong / "examples" / "import_existing" / "index.ts"
    program.write_text(program.read_text("utf-8").replace("platform:", "platfrm:"), "utf-8")
    checked = type_check(wrong)
    assert "'platfrm' does not exist in type 'ImportImageArgs'" in checked.stdout


def test_the_typescript_program_that_an_import_generates_type_checks(
    typescript: Path, sandbox: Sandbox, image_id: str, tmp_path: Path
) -> None:
    settings = tmp_path / "Pulumi.yaml"
    settings.write_text("name: web\nruntime: nodejs\n", "utf-8")
    project = PulumiProject(sandbox, tmp_path / "web", settings)
    hosts = {"PATH": f"{sdk_tools.language_hosts()}{os.pathsep}{sandbox.environment['PATH']}"}
    words = ("--yes", "--skip-preview", "--protect=false", "--out", "index.ts")
    project.run("import", "vmimport:index:ImportImage", "web", image_id, *words, environment=hosts)
    workspace = tmp_path / "typescript"
    shutil.copytree(typescript, workspace, symlinks=True, ignore=shutil.ignore_patterns("examples"))
    program = workspace / "examples" / "imported" / "index.ts"
    program.parent.mkdir(parents=True)
    shutil.copy(project.folder / "index.ts", program)
    assert "new vmimport.ImportImage" in program.read_text("utf-8")
    checked = type_check(workspace)
    assert checked.returncode == 0, checked.stdout


def test_the_go_examples_compile_against_the_generated_sdk(tmp_path: Path) -> None:
    sdk = generate("go", tmp_path)
    workspace = tmp_path / "examples"
    shutil.copytree(EXAMPLES / "go", workspace)
    # The modules of the generators, which are those of the engine: their compiled packages are in Go's cache.
    modules = (sdk_tools.GENERATOR_SOURCES / "go.mod").read_text("utf-8")
    own = f"require {GO_MODULE} v0.0.0\nreplace {GO_MODULE} => {sdk}\n"
    (workspace / "go.mod").write_text(modules + own, "utf-8")
    shutil.copy(sdk_tools.GENERATOR_SOURCES / "go.sum", workspace)
    sdk_tools.go(workspace, "vet", "-mod=mod", *toolchain.COMPILER_FLAGS, "./...")


def test_the_python_sdk_compiles_and_has_another_name_than_the_library(tmp_path: Path) -> None:
    sdk = generate("python", tmp_path)
    assert compileall.compile_dir(sdk, quiet=1)
    assert (sdk / "pulumi_vmimport_sdk" / "import_image.py").is_file()
    assert not (sdk / "pulumi_vmimport").exists()
