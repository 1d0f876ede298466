"""prepare.ps1: the PowerShell that prepares Windows, assembled from functions.ps1, the steps and runner.ps1."""

import re
from collections.abc import Iterable
from importlib import resources

from pulumi_vmimport.guest.preparation_steps import GuestProfile, PreparationStep, Restart, steps_of
from pulumi_vmimport.guest.windows_preparation import ExtraScript, WindowsPreparation

_PLACE_OF_STEPS = "\n# STEPS\n"
_FIRST_STEP_AFTER_SCRIPTS = "no-auto-logon"
"""Scripts run while the network is up, after the updates; what they change is then set and verified"""
_STEP_THAT_RUNS_A_PROGRAM = "byol-checker"
SCRIPT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")


def prepare_ps1(preparation: WindowsPreparation) -> str:
    """The script, in ASCII with Windows line ends."""
    steps = [*steps_of(preparation.profile)]
    place = next(number for number, step in enumerate(steps) if step.id == _FIRST_STEP_AFTER_SCRIPTS)
    steps[place:place] = [_step_of(script) for script in preparation.extra_scripts]
    return _assembled("runner.ps1", map(_entry, steps))


def check_ps1(profile: GuestProfile) -> str:
    """The script that tests the guest without a change, in ASCII with Windows line ends."""
    steps = (step for step in steps_of(profile) if step.codes and step.id != _STEP_THAT_RUNS_A_PROGRAM)
    return _assembled("check.ps1", map(_test_entry, steps))


def start_ps1() -> str:
    """The script that the first logon runs once, with Windows line ends."""
    return script_text("start.ps1").replace("\n", "\r\n")


def script_text(name: str) -> str:
    """A file of the folder scripts."""
    return resources.files(__package__).joinpath("scripts", name).read_text(encoding="ascii")


def _assembled(name: str, entries: Iterable[str]) -> str:
    """A file of the folder scripts after the functions, with the entries of its steps."""
    table = ",\n".join(entries)
    text = (
        "Set-StrictMode -Version Latest\n$ErrorActionPreference = 'Stop'\n"
        + script_text("functions.ps1")
        + script_text(name).replace(_PLACE_OF_STEPS, f"\n$Steps = @(\n{table}\n)\n")
    )
    return text.replace("\n", "\r\n")


def _test_entry(step: PreparationStep) -> str:
    codes = ", ".join(f"'{code}'" for code in step.codes)
    return f"    [pscustomobject]@{{ Id = '{step.id}'; Codes = @({codes}); Test = {{\n{step.test}}} }}"


def _entry(step: PreparationStep) -> str:
    blocks = "; ".join(
        f"{name} = {{\n{snippet}}}"
        for name, snippet in (("Test", step.test), ("Set", step.set), ("Verify", step.verify))
    )
    return f"    [pscustomobject]@{{ Id = '{step.id}'; Restart = '{step.restart}'; {blocks} }}"


def _step_of(script: ExtraScript) -> PreparationStep:
    """The step that runs a script of the user. A script that requests a restart asks with the exit code 3010."""
    name = f"script-{script.name}"
    return PreparationStep(
        id=name,
        profiles=(GuestProfile.BYOL_WORKSPACES, GuestProfile.EC2_WINDOWS),
        kind="set",
        summary=f"The script {script.name} has run.",
        test=f"return (Get-PrepState -Name '{name}') -eq 'done'\n",
        set=(
            f"$file = $Prep.Root + '\\scripts\\{script.name}.ps1'\n"
            "$program = $env:SystemRoot + '\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'\n"
            "$arguments = @('-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', $file)\n"
            "$result = Invoke-Native -FilePath $program -ArgumentList $arguments -SuccessCodes @(0, 3010)\n"
            f"Set-PrepState -Name '{name}' -Value 'done'\n"
            f"if ($result.ExitCode -eq 3010) {{ Request-PrepRestart -Why '{name}' }}\n"
        ),
        verify=f"return (Get-PrepState -Name '{name}') -eq 'done'\n",
        restart=Restart.NO,
        codes=(),
        evidence=(),
        effects=(),
        source="",
        doubts="",
    )
