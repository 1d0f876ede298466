"""A project whose program is not Python, in a folder of its own, on the engine of a sandbox."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_vmimport_sandbox import Sandbox

EXECUTABLES = Path(sys.prefix) / "bin"
"""The folder with `pulumi-resource-vmimport`, the console script of the library's installation."""
_NOTHING: Mapping[str, str] = {}


class PulumiProject:
    """A copy of a Pulumi.yaml.

    Args:
        sandbox: What the project runs in.
        folder: The folder of the project; must not exist.
        source: The Pulumi.yaml.
        provider: The folder of the vmimport plugin, as `plugins.providers.path`. None adds nothing to the project.
    """

    stack = "dev"

    def __init__(self, sandbox: Sandbox, folder: Path, source: Path, provider: Path | None = EXECUTABLES) -> None:
        self.sandbox, self.folder = sandbox, folder
        folder.mkdir()
        settings = source.read_text("utf-8")
        if provider is not None:
            settings += f"plugins:\n  providers:\n    - name: vmimport\n      path: {provider}\n"
        (folder / "Pulumi.yaml").write_text(settings, "utf-8")
        self.run("stack", "init", self.stack)

    def run(self, *arguments: str, is_failing: bool = False, environment: Mapping[str, str] = _NOTHING) -> str:
        """The output of a command, which must succeed, or fail if `is_failing`."""
        command = [str(self.sandbox.engine.path), *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command, cwd=self.folder, env={**self.sandbox.environment, **environment}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert (done.returncode != 0) == is_failing, done.stdout
        return done.stdout

    def up(self, *options: str) -> str:
        return self.run("up", "--yes", "--skip-preview", *options)

    def outputs(self) -> dict[str, Any]:
        printed: dict[str, Any] = json.loads(self.run("stack", "output", "--json"))
        return printed

    def types(self) -> list[str]:
        """The types of the resources in the state."""
        deployment = json.loads(self.run("stack", "export"))["deployment"]
        return [resource["type"] for resource in deployment.get("resources", [])]
