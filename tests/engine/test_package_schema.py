import json
import os
import subprocess
from pathlib import Path

from tests.engine.stack import native_plugin

from pulumi_vmimport_sandbox.toolchain import engine

SCHEMA = Path(__file__).parents[2] / "components" / "pulumi_vmimport" / "plugin" / "schema.json"


def pulumi(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    of = engine()
    environment = {**os.environ, **of.environment, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    command = (str(of.path), *arguments)
    # Commands of packages fail in the root of this repository, which has a Pulumi.yaml and a PulumiPlugin.yaml.
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, env=environment)


def test_the_engine_accepts_the_schema_without_a_warning(tmp_path: Path) -> None:
    checked = pulumi("schema", "check", str(SCHEMA), home=tmp_path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_engine_refuses_a_schema_that_names_an_unknown_type(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    del schema["types"]["vmimport:index:DiskContainer"]
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    checked = pulumi("schema", "check", str(tmp_path / "schema.json"), home=tmp_path)
    assert "DiskContainer" in checked.stderr


def test_the_provider_serves_the_schema_to_the_engine(tmp_path: Path) -> None:
    command = native_plugin(tmp_path) / "pulumi-resource-vmimport"
    served = pulumi("package", "get-schema", str(command), home=tmp_path)
    assert served.returncode == 0, served.stderr
    assert json.loads(served.stdout) == json.loads(SCHEMA.read_text(encoding="utf-8"))
