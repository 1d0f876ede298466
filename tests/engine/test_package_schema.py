import json
import os
import subprocess
from pathlib import Path

from pulumi_vmimport_sandbox.toolchain import engine

SCHEMA = Path(__file__).parents[2] / "components" / "pulumi_vmimport" / "plugin" / "schema.json"


def check(schema: Path, home: Path) -> subprocess.CompletedProcess[str]:
    pulumi = engine()
    environment = {**os.environ, **pulumi.environment, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    command = (str(pulumi.path), "schema", "check", str(schema))
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_engine_accepts_the_schema_without_a_warning(tmp_path: Path) -> None:
    checked = check(SCHEMA, tmp_path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_engine_refuses_a_schema_that_names_an_unknown_type(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    del schema["types"]["vmimport:index:DiskContainer"]
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    assert "DiskContainer" in check(tmp_path / "schema.json", tmp_path).stderr
