"""The files on the answer ISO of Windows."""

from collections.abc import Mapping

from pulumi_vmimport.guest.answer_file import OneTimePasswords, WindowsSetup, autounattend_xml, sysprep_unattend_xml
from pulumi_vmimport.guest.answer_iso import ANSWER_FILE, SCRIPTS, SECRETS, secrets_json
from pulumi_vmimport.guest.preparation_script import prepare_ps1, start_ps1
from pulumi_vmimport.guest.windows_preparation import Sysprep, WindowsPreparation


def answer_files(
    setup: WindowsSetup, preparation: WindowsPreparation, passwords: OneTimePasswords, secrets: Mapping[str, str]
) -> dict[str, bytes]:
    """Path and content of each file. `secrets` has the final passwords, and the product key if there is one."""
    scripts = {
        "start.ps1": start_ps1(),
        "prepare.ps1": prepare_ps1(preparation),
        "settings.json": preparation.settings_json(),
        **({"unattend.xml": sysprep_unattend_xml()} if preparation.sysprep is Sysprep.BEFORE_EXPORT else {}),
        **{f"scripts/{script.name}.ps1": script.content for script in preparation.extra_scripts},
    }
    return {
        ANSWER_FILE: autounattend_xml(setup, passwords).encode(),
        SECRETS: secrets_json(secrets),
        **{f"{SCRIPTS}/{name}": text.encode() for name, text in scripts.items()},
    }
