"""The files on the answer ISO of Windows."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from pulumi_vmimport.guest.answer_file import OneTimePasswords, WindowsSetup, autounattend_xml, sysprep_unattend_xml
from pulumi_vmimport.guest.answer_iso import ANSWER_FILE, SCRIPTS, SECRETS, secrets_json
from pulumi_vmimport.guest.preparation_script import check_ps1, prepare_ps1, start_ps1
from pulumi_vmimport.guest.preparation_steps import Effect, steps_of
from pulumi_vmimport.guest.windows_preparation import Sysprep, WindowsPreparation


def answer_files(
    setup: WindowsSetup, preparation: WindowsPreparation, passwords: OneTimePasswords, secrets: Mapping[str, str]
) -> dict[str, bytes]:
    """Path and content of each file. `secrets` has the final passwords, and the product key if there is one."""
    scripts = {
        "start.ps1": start_ps1(),
        "prepare.ps1": prepare_ps1(preparation),
        "check.ps1": check_ps1(preparation.profile),
        "settings.json": preparation.settings_json(),
        "steps.json": _steps_json(preparation),
        **({"unattend.xml": sysprep_unattend_xml()} if preparation.sysprep is Sysprep.BEFORE_EXPORT else {}),
        **{f"scripts/{script.name}.ps1": script.content for script in preparation.extra_scripts},
    }
    return {
        ANSWER_FILE: autounattend_xml(setup, passwords).encode(),
        SECRETS: secrets_json(secrets),
        **{f"{SCRIPTS}/{name}": text.encode() for name, text in scripts.items()},
    }


def _steps_json(preparation: WindowsPreparation) -> str:
    """The steps and their effects, for a person who reads the ISO image; the scripts do not use it."""
    steps = [
        {"id": step.id, "summary": step.summary, "effects": [_members(effect) for effect in step.effects]}
        for step in steps_of(preparation.profile)
    ]
    return json.dumps(steps, indent=1)


def _members(effect: Effect) -> dict[str, object]:
    return {name: value for name, value in asdict(effect).items() if value is not None and value is not False}
